"""A PostgreSQL of the test's own: a cluster in a temporary folder, gone with it."""

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

SERVER = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def postgres() -> Generator[str]:
    """Its URL, without a database. Skips, and says so, where no server is installed.

    Not in pytest's own folder: every pytest that starts closes that to other users.
    """
    with (
        tempfile.TemporaryDirectory(prefix="saccade-postgres-") as folder,
        _running(Path(folder)) as url,
    ):
        yield url


@contextmanager
def _running(folder: Path) -> Generator[str]:
    initdb, pg_ctl = (
        shutil.which(name, path=f"{SERVER}{os.pathsep}{os.environ['PATH']}")
        for name in ("initdb", "pg_ctl")
    )
    if initdb is None or pg_ctl is None:
        pytest.skip("no PostgreSQL server: apt-get install postgresql")
    data, sockets = folder / "data", folder / "run"
    sockets.mkdir()
    user = getpass.getuser()
    become: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        user = "postgres" if _exists("postgres") else "nobody"
        become = ["runuser", "-u", user, "--"]
        for path in (folder, sockets):
            shutil.chown(path, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _run([*become, initdb, "-D", str(data), "-A", "trust", "-U", "saccade", "--no-sync"])
    options = f"-p {port} -k {sockets} -h 127.0.0.1"
    log = str(folder / "log")
    _run([*become, pg_ctl, "-D", str(data), "-w", "-l", log, "-o", options, "start"])
    try:
        yield f"postgresql+psycopg://saccade@127.0.0.1:{port}"
    finally:
        _run([*become, pg_ctl, "-D", str(data), "-w", "-m", "immediate", "stop"])


def _exists(user: str) -> bool:
    return any(one.pw_name == user for one in pwd.getpwall())


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")  # noqa: S603 - the server's own programs
