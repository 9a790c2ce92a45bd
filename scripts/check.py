"""Everything that reads the code without running it: all of it, then a table of what failed.

`python3 dev.py check` runs this inside the environment it made.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
TRACKER = ROOT / "tracker"

OK, FAILED, SKIPPED = "ok", "FAILED", "skipped"


def ran(*command: str, folder: Path = ROOT) -> str:
    """A program of the environment, or of the path."""
    own = BIN / command[0]
    program = str(own) if own.exists() else command[0]
    return FAILED if subprocess.call([program, *command[1:]], cwd=folder) else OK


def pyright() -> str:
    """pyright runs on Node; where there is none its wrapper would download one."""
    if not shutil.which("node"):
        return f"{SKIPPED}: no node on the path (apt-get install nodejs)"
    return ran("pyright")


def lock_problems(text: str) -> list[str]:
    """Every requirement of a lock without exact version or hash, and every address."""
    lines = text.replace("\\\n", " ").splitlines()
    exact = re.compile(r"[\w.-]+==[\w.]+ .*--hash=sha256:[0-9a-f]{64}")
    loose = [line.split()[0] for line in lines if line.strip() and not exact.match(line)]
    return [
        *(f"no exact version or no hash: {name}" for name in loose),
        *(f"an address: {line.strip()}" for line in lines if "://" in line),
    ]


def locks() -> str:
    """Versions, hashes, and no address of any index."""
    files = sorted(ROOT.glob("requirements/*.lock"))
    found = [f"{file.name}: {each}" for file in files for each in lock_problems(file.read_text())]
    if "://" in (TRACKER / "package-lock.json").read_text():
        found.append("tracker/package-lock.json: an address")
    print("\n".join(found) or f"{len(files) + 1} locks read")
    return FAILED if found else OK


def tracker() -> str:
    """Types of the browser script, and that the built file is what its source builds."""
    if not shutil.which("npm"):
        return f"{SKIPPED}: no npm on the path (apt-get install nodejs npm)"
    if not (TRACKER / "node_modules").exists() and ran("npm", "ci", folder=TRACKER) == FAILED:
        return f"{FAILED}: npm ci"
    if ran("npm", "run", "--silent", "check", folder=TRACKER) == FAILED:
        return f"{FAILED}: types"
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch, "tracker.js")
        if ran("node", "build.mjs", str(built), folder=TRACKER) == FAILED:
            return f"{FAILED}: build"
        if built.read_bytes() != (TRACKER / "dist" / "tracker.js").read_bytes():
            return f"{FAILED}: dist is not what src builds (npm --prefix tracker run build)"
    return OK


def shopify() -> str:
    """The Shopify extensions: their types, Shopify's own check of the theme's, their sizes."""
    if not shutil.which("npm"):
        return f"{SKIPPED}: no npm on the path (apt-get install nodejs npm)"
    folder = ROOT / "adapters" / "shopify"
    if not (folder / "node_modules").exists() and ran("npm", "ci", folder=folder) == FAILED:
        return f"{FAILED}: npm ci"
    return ran("npm", "run", "--silent", "check", folder=folder)


CHECKS: dict[str, Callable[[], str]] = {
    "format": lambda: ran("ruff", "format", "--check", "."),
    "lint": lambda: ran("ruff", "check", "."),
    "mypy": lambda: ran("mypy"),
    "pyright": pyright,
    "layers": lambda: ran("lint-imports"),
    "locks": locks,
    "tracker": tracker,
    "shopify": shopify,
}


def main(names: list[str]) -> int:
    """The checks named, or all; 1 where any failed."""
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"no check is called {unknown[0]!r}; there are: {', '.join(CHECKS)}")
        return 2
    os.environ["PYRIGHT_PYTHON_IGNORE_WARNINGS"] = "1"  # else it asks an index for a newer one
    results: list[tuple[str, str, float]] = []
    for name in names or CHECKS:
        print(f"\n=== {name}", flush=True)
        started = time.monotonic()
        results.append((name, CHECKS[name](), time.monotonic() - started))
    print("\n=== summary")
    for name, result, seconds in results:
        print(f"  {name:<9}{seconds:6.1f} s  {result}")
    return 1 if any(result.startswith(FAILED) for _, result, _ in results) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
