"""Django Oscar made ready once, in an environment of its own, and a copy of it served."""

import hashlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
_SERVE = HERE / "serve.py"
_SEEDED = "seeded.sqlite3"
_INSTALL_S, _SEED_S, _START_S = 420.0, 240.0, 120.0


class NotInstalledError(Exception):
    """Oscar cannot be had here: why."""


def name() -> str:
    """Of the folder it is kept in: another where requirements or goods change."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + _SERVE.read_bytes())
    return f"oscar-{digest.hexdigest()[:16]}"


def is_ready(folder: Path) -> bool:
    """Whether it was installed and filled before."""
    return (folder / _SEEDED).exists()


def prepare(folder: Path) -> None:
    """Install and fill it, which takes a minute or two. Raises `NotInstalledError`."""
    python = folder / "venv" / "bin" / "python"
    half = folder / "half.sqlite3"
    half.unlink(missing_ok=True)
    steps: tuple[tuple[float, list[object]], ...] = (
        (_INSTALL_S, [sys.executable, "-m", "venv", "--clear", folder / "venv"]),
        (_INSTALL_S, [python, "-m", "pip", "install", "-q", "--no-input", "-r", REQUIREMENTS]),
        (_SEED_S, [python, "-W", "ignore", _SERVE, half, "seed"]),
    )
    for patience_s, step in steps:
        command = [str(word) for word in step]
        try:
            ran = subprocess.run(  # noqa: S603 - this interpreter and a constant program
                command, capture_output=True, check=False, text=True, timeout=patience_s
            )
        except subprocess.TimeoutExpired:
            raise NotInstalledError(f"{command[1:4]} took longer than {patience_s:g} s") from None
        if ran.returncode != 0:
            raise NotInstalledError(ran.stderr.strip()[-300:])
    half.rename(folder / _SEEDED)


@contextmanager
def running(folder: Path, scratch: Path) -> Generator[str]:
    """A shop of its own on loopback while the block runs; yields its base URL."""
    database = scratch / "oscar.sqlite3"
    shutil.copy(folder / _SEEDED, database)
    command = [str(folder / "venv" / "bin" / "python"), "-W", "ignore", str(_SERVE)]
    process = subprocess.Popen(  # noqa: S603 - as above
        [*command, str(database), "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    watchdog = threading.Timer(_START_S, process.kill)
    watchdog.start()
    try:
        url = process.stdout.readline().strip() if process.stdout else ""
        watchdog.cancel()
        if not url:
            raise NotInstalledError("the shop did not start")
        yield url
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()
