#!/usr/bin/env python3
"""What a developer types. Needs Python 3.11 or newer with venv, and nothing else.

Makes .venv beside this file, installs what the hash-pinned lock names, and then becomes the command
asked for. Later starts install only what a changed lock or pyproject.toml asks for.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

USAGE = """python3 dev.py COMMAND [arguments of the command]

  demo            the demo shop; see `demo --help` for what it takes
  test            the tests, 5 minutes at most; takes what pytest takes
  test --full     with fuzz, chaos and statistics, an hour at most
  check           format, lint, types, layers, locks, the built tracker, Shopify's extensions
  bench NAME      a benchmark; without NAME, which there are
"""

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "installed.json"
LOCKS = ROOT / "requirements"
OLDEST = (3, 11)


COMPILE = """
import compileall, sysconfig
compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2, workers=0)
"""
# Not while installing, where it takes as long as all else, and not for the demo, which compiles
# what it imports. But before the tests: there the compiler's warnings about a package are errors.


class Stop(Exception):  # noqa: N818 - an end foreseen, told in one line without a trace
    """Ends the run: what happened and what to do, and the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


# --- what is installed, and what is missing ----------------------------------------------------


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wanted(lock: Path, root: Path) -> dict[str, str]:
    """What the stamp says once everything of ``lock`` is installed for ``root``.

    dev.lock holds all that run.lock holds (a test says so), so it stands for both.
    """
    covered = [lock, lock.with_name("run.lock")] if lock.name == "dev.lock" else [lock]
    marks = {each.name: fingerprint(each) for each in covered}
    return {**marks, "pyproject.toml": fingerprint(root / "pyproject.toml"), "root": str(root)}


def missing(stamp: dict[str, str], want: dict[str, str]) -> list[str]:
    """The parts to install, in order: venv, packages, project."""
    differing = {name for name, value in want.items() if stamp.get(name) != value}
    if "root" in differing:  # new, or copied from elsewhere: its scripts name another folder
        return ["venv", "packages", "project"]
    parts = ["packages"] if any(name.endswith(".lock") for name in differing) else []
    return [*parts, "project"] if "pyproject.toml" in differing else parts


def read_stamp(path: Path) -> dict[str, str]:
    """The stamp, or an empty one where there is none to be read."""
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


# --- installing --------------------------------------------------------------------------------


def step(title: str, command: list[str]) -> None:
    """Run quietly and say how long it took. Raises `Stop` with the last lines it printed."""
    started = time.monotonic()
    print(f"  {title} ...", end="", flush=True)
    live = sys.stdout.isatty()
    tail: deque[str] = deque(maxlen=20)
    with subprocess.Popen(
        command,
        cwd=ROOT,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        for line in process.stdout or ():
            tail.append(line)
            if live and line.strip():
                print(f"\r\033[K  {title} ... {line.strip()[:60]}", end="", flush=True)
    if process.returncode:
        print(" failed")
        raise Stop(f"{title} failed:\n\n{''.join(tail)}")
    print(("\r\033[K" + f"  {title} ..." if live else "") + f" {time.monotonic() - started:.1f} s")


def installers() -> list[list[str]]:
    """Commands that install into .venv, the quickest first."""
    python = str(BIN / "python")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    uv = shutil.which("uv")
    return [*([[uv, "pip", "install", "--python", python]] if uv else []), pip]


def install(title: str, *arguments: str) -> None:
    """By uv where it is on the path, and by pip where it is not or could not."""
    first, *others = installers()
    try:
        step(f"{title}, by {'uv' if others else 'pip'}", [*first, *arguments])
    except Stop as stop:
        if not others:
            raise
        print(f"{stop}\n  uv could not; now by pip")
        step(f"{title}, by pip", [*others[0], *arguments])


def make_venv() -> None:
    """An empty .venv. Raises `Stop` where this Python has no venv."""
    version = "{}.{}".format(*sys.version_info)
    uv = shutil.which("uv")
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    elif uv:
        command = [uv, "venv", "--clear", "--python", sys.executable, str(VENV)]
    else:
        raise Stop(
            "this Python cannot make virtual environments. On Debian and Ubuntu:\n"
            f"  apt-get install python3-venv      (or python{version}-venv)"
        )
    step(f"making .venv with Python {version}", command)


def prepare(lock_name: str) -> None:
    """Have .venv hold what a lock names, and this project."""
    lock = LOCKS / lock_name
    want = wanted(lock, ROOT)
    stamp = read_stamp(STAMP) if (BIN / "python").exists() else {}
    parts = missing(stamp, want)
    if not parts:
        return
    print(f"Preparing {VENV.name} (once, and again when {lock_name} or pyproject.toml changes):")
    STAMP.unlink(missing_ok=True)  # an interrupted installation is begun anew
    if "venv" in parts:
        stamp = {}
        make_venv()
    if "packages" in parts:
        count = lock.read_text("utf-8").count("==")
        title = f"up to {count} packages of requirements/{lock_name}"
        install(title, "--require-hashes", "--no-deps", "-r", str(lock))
    if "packages" in parts and lock_name == "dev.lock":
        step("compiling them", [str(BIN / "python"), "-c", COMPILE])
    if "project" in parts:
        install("saccade itself, editable", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    STAMP.write_text(json.dumps({**stamp, **want}, indent=1), "utf-8")


def become(program: str, *arguments: str) -> int:
    """Run a program of .venv in place of this process, so that signals reach it."""
    command = [str(BIN / program), *arguments]
    # Where it is forbidden to keep bytecode, every start of a server would compile for 3 s, and
    # every worker of the tests for 8 s.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.stdout.flush()
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(command[0], command)  # noqa: S606 - a program of our own environment
    return 0


# --- commands ----------------------------------------------------------------------------------


def demo(arguments: list[str]) -> int:
    """The demo shop. What renders the theme of Shopify's is in dev.lock alone."""
    prepare("dev.lock" if "shopify" in arguments else "run.lock")
    return become("saccade", "demo", *arguments)


def pytest_arguments(arguments: list[str], processors: int) -> list[str]:
    """Without fuzz, chaos and statistics unless they are asked for; in parallel unless that
    would disturb what is asked for."""
    chosen = [each for each in arguments if each != "--full"]
    marks = [] if "--full" in arguments else ["-m", "not full"]
    alone = ("-n", "--numprocesses", "--dist", "-s", "--capture=no", "--pdb", "--collect-only")
    if any(each.startswith(alone) for each in chosen):
        return [*marks, *chosen]
    # In the order of their names, and not those with few tests last: these are often the long
    # ones, and a worker that still has one leaves the others idle.
    spread = ("--dist", "loadfile", "--no-loadscope-reorder")
    return [*marks, "-n", str(min(4, max(2, processors))), *spread, "--durations=10", *chosen]


def processors() -> int:
    """How many this process may use, which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def test(arguments: list[str]) -> int:
    """The tests."""
    prepare("dev.lock")
    os.chdir(ROOT)
    return become("pytest", *pytest_arguments(arguments, processors()))


def bench(arguments: list[str]) -> int:
    """One benchmark by name."""
    files = sorted((ROOT / "benchmarks").glob("*.py"))
    names = [file.stem for file in files if "__main__" in file.read_text("utf-8")]
    if not arguments or arguments[0] not in names:
        raise Stop(f"python3 dev.py bench NAME, where NAME is one of: {', '.join(names)}", 2)
    prepare("dev.lock")
    return become("python", str(ROOT / "benchmarks" / f"{arguments[0]}.py"), *arguments[1:])


def check(arguments: list[str]) -> int:
    """Everything that reads the code without running it."""
    prepare("dev.lock")
    return become("python", str(ROOT / "scripts" / "check.py"), *arguments)


COMMANDS = {"demo": demo, "test": test, "check": check, "bench": bench}


def too_old(version: tuple[int, int]) -> str | None:
    """What to say to a Python that is too old, naming a newer one where there is one."""
    if version >= OLDEST:
        return None
    names = [f"python3.{minor}" for minor in range(14, OLDEST[1] - 1, -1)]
    newer = next((name for name in names if shutil.which(name)), None)
    fix = f"{newer} dev.py ..." if newer else "install Python 3.11 or newer"
    return f"this is Python {version[0]}.{version[1]}; Saccade needs 3.11 or newer. Try: {fix}"


def run(arguments: list[str]) -> int:
    """The exit code. Raises `Stop`."""
    old = too_old((sys.version_info[0], sys.version_info[1]))
    if old:
        raise Stop(old)
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(USAGE)
        return 0 if arguments else 2
    if arguments[0] not in COMMANDS:
        raise Stop(f"{arguments[0]!r} is no command.\n\n{USAGE}", 2)
    return COMMANDS[arguments[0]](arguments[1:])


def main() -> int:
    """As `run`, with every end foreseen told in a line."""
    try:
        return run(sys.argv[1:])
    except Stop as stop:
        print(f"dev.py: {stop}", file=sys.stderr)
        return stop.code
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
