"""A PostgreSQL of a test's own, in a folder, reached by its socket."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

VERSIONS = Path("/usr/lib/postgresql")


def cluster() -> Iterator[str]:
    """Its URL. Runs as another user where the tests run as root, for it refuses that."""
    found = shutil.which("initdb")
    programs = [Path(found).parent] if found else sorted(VERSIONS.glob("*/bin"))
    if not programs or not (programs[-1] / "initdb").exists():
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    home = Path(mkdtemp(prefix="saccade-postgres-"))
    become: list[str] = []
    if os.geteuid() == 0:
        user = next((one for one in ("postgres", "nobody") if _is_user(one)), None)
        if user is None:
            pytest.skip("PostgreSQL runs not as root, and there is no other user")
        shutil.chown(home, user)
        become = ["runuser", "-u", user, "--"]
    data = home / "data"

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [*become, str(programs[-1] / program), *arguments],
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("initdb", "-D", str(data), "-U", "saccade", "-A", "trust", "--no-sync", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(home / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://saccade@/postgres?host={home}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


def _is_user(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_uid != 0
    except KeyError:
        return False
