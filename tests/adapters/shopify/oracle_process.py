"""Shopify's own library in a Node process that lives as long as a test module."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "oracle"
_TIMEOUT_S = 300


def installed() -> str:
    """Empty once the library is there as its lock has it; else what is missing and the fix."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "no Node on the path: apt-get install nodejs npm (20 or newer)"
    marker, lock = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    if _versions(marker) == _versions(lock):
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - npm, looked for above
            [npm, "ci"], cwd=FOLDER, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm ci took longer than {_TIMEOUT_S} s"
    return f"npm ci failed: {done.stderr.strip()[-200:]}" if done.returncode else ""


def _versions(lock: Path) -> dict[str, str] | None:
    try:
        packages = json.loads(lock.read_text("utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return None
    return {name: one["version"] for name, one in packages.items() if name}


class Oracle:
    """Asks it. One at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, what: str, **asked: object) -> Any:
        """Its answer; ``None`` where it refuses by an error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"what": what, **asked}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline()).get("value")
