"""The house's own rules (CONTRIBUTING.md), over every file that is or will be tracked."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

VAGUE = {"util", "utils", "helper", "helpers", "base", "impl", "common", "misc"}
SOURCES = {".py", ".js", ".mjs", ".ts", ".lua", ".sh", ".css", ".html"}
NOT_OURS = {"dist", "vendor", "vendored", "node_modules"}
TEXT = SOURCES | {".md", ".toml", ".yaml", ".yml", ".json", ".lock", ".cfg", ".txt", ".svg", ""}

# Written in parts, or this file would break the rules it states.
HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
HOMES = re.compile(r"""(?:^|[\s"'=(`])/(?:work|farm|root|home|Users)/\w""")
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*ignore)(.*)")
# A code, then a reason: `noqa: X - why`, `type: ignore[x]  # why`.
EXPLAINED = re.compile(r"^(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|\[[\w, -]+\])\s*(-|#)\s*\w+")


def tracked() -> list[Path]:
    """Files git tracks or would track."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, or git is not installed: apt-get install git")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git, looked for above
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and not NOT_OURS & set(path.parts)]


def texts(kinds: set[str]) -> Iterator[tuple[str, str]]:
    """Name and text of each tracked file of these kinds."""
    for path in tracked():
        if path.suffix in kinds:
            yield str(path.relative_to(ROOT)), path.read_text("utf-8", errors="replace")


def lines(kinds: set[str]) -> Iterator[tuple[str, str]]:
    """Place and text of each of their lines."""
    for name, text in texts(kinds):
        for number, line in enumerate(text.splitlines(), 1):
            yield f"{name}:{number}", line


def unexplained(line: str) -> bool:
    """Whether a line silences a tool without a code and a reason."""
    found = SILENCED.search(line)
    return found is not None and EXPLAINED.match(found[2].strip()) is None


def test_names_say_what_is_inside() -> None:
    named = [path for path in tracked() if path.suffix in SOURCES]
    assert len(named) > 50
    assert [str(p.relative_to(ROOT)) for p in named if p.stem.lower() in VAGUE] == []


def test_a_source_file_is_one_room() -> None:
    long = [
        f"{name}: {count} lines"
        for name, text in texts({".py", ".js", ".mjs", ".ts", ".lua"})
        if (count := len(text.splitlines())) > 300
        and not name.startswith(("tests/", "benchmarks/"))
    ]
    assert long == []


def test_no_path_of_a_machine() -> None:
    assert [place for place, line in lines(TEXT) if HOMES.search(line)] == []


def test_no_address_of_a_package_index() -> None:
    found = [place for place, line in lines(TEXT) for host in HOSTS if host in line]
    assert found == []


def test_no_lock_holds_an_address() -> None:
    """Who asks for money is one as well; npm writes that into its locks."""
    locks = [(name, text) for name, text in texts({".json", ".lock"}) if "lock" in Path(name).name]
    assert len(locks) > 5
    assert [name for name, text in locks if "://" in text] == []


def test_what_is_silenced_says_why() -> None:
    assert [place for place, line in lines({".py"}) if unexplained(line)] == []


@pytest.mark.parametrize(
    ("comment", "says_why"),
    [
        ("noqa: S311 - seeds, not secrets", True),
        ("noqa: S311, PLR2004 - seeds, not secrets", True),
        ("type: ignore[arg-type]  # the names are the struct's own", True),
        ("pyright: ignore[reportX] - its stub says so", True),
        ("noqa", False),
        ("noqa: S311", False),
        ("noqa - S311 is wrong here", False),
        ("type: ignore", False),
        ("type: ignore  # because I say so", False),
        ("type: ignore[arg-type]", False),
    ],
)
def test_a_reason_is_recognised(comment: str, says_why: bool) -> None:
    assert unexplained(f"x = 1  # {comment}") is not says_why


def test_every_package_is_typed() -> None:
    packages = {path.parent for path in tracked() if path.name == "__init__.py"}
    tops = [package for package in packages if not (package.parent / "__init__.py").exists()]
    assert len(tops) >= 5
    assert [str(top) for top in tops if not (top / "py.typed").exists()] == []


@pytest.mark.parametrize("name", ["dev.py", ".ci/run", "scripts/lock.sh", "scripts/three_curls.sh"])
def test_programs_may_be_run(name: str) -> None:
    path = ROOT / name
    assert path.stat().st_mode & 0o111, f"chmod +x {name}"
    assert path.read_text("utf-8").startswith("#!/usr/bin/env ")


def test_every_chromium_of_the_tests_is_the_cheap_one() -> None:
    """Started with other switches it loads what nobody sees, for thrice the time of a page."""
    launched = [
        (name, text)
        for name, text in texts({".py"})
        if name.startswith("tests/") and "chromium." + "launch" in text
    ]
    assert len(launched) >= 3
    assert [name for name, text in launched if "CHROMIUM_SWITCHES" not in text] == []
