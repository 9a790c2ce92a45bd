"""A real nginx of the test's own, without root, on a free port."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from conftest import unused_port


@contextlib.contextmanager
def nginx(folder: Path, http: str, *, workers: int = 1) -> Generator[int]:
    """Serves ``http``, the inside of its http block; ``@PORT@`` in it is the port yielded."""
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    home, port = folder / "nginx", unused_port()
    home.mkdir()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    own = "\n".join(f"  {kind}_temp_path {home}/{kind};" for kind in kinds)
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};\n" if os.getuid() == 0 else ""
    (home / "nginx.conf").write_text(
        f"{user}worker_processes {workers};\npid {home}/nginx.pid;\ndaemon off;\n"
        f"events {{ worker_connections 4096; }}\n"
        f"http {{\n  access_log off;\n{own}\n{http.replace('@PORT@', str(port))}\n}}\n",
        "utf-8",
    )
    process = subprocess.Popen(  # noqa: S603 - the program found on the path, our own configuration
        [program, "-p", str(home), "-e", str(home / "error.log"), "-c", str(home / "nginx.conf")],
        start_new_session=True,
    )
    try:
        _await(process, port, home / "error.log")
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its workers too
        process.wait(timeout=10)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(500):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    told = log.read_text("utf-8") if log.exists() else ""
    raise AssertionError(f"nginx does not listen: {told[-2_000:]}")
