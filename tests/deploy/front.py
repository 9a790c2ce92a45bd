"""The shipped ``deploy/nginx.conf`` with a test's own values in it, served by a real nginx."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import unused_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
VARIABLE = re.compile(r"\$\{([A-Z_]+)\}")


@dataclass(frozen=True, slots=True)
class Front:
    """An nginx that runs."""

    port: int
    errors: Path

    def told(self) -> str:
        """What it wrote into its log."""
        return self.errors.read_text("utf-8", errors="replace")


def values(folder: Path, middleware: int, platform: str, **others: str) -> dict[str, str]:
    """A value for every variable of the file."""
    scheme, _, rest = platform.partition("://")
    assert scheme in {"http", "https"}
    return {
        "LISTEN": f"127.0.0.1:{unused_port()}",
        "MIDDLEWARE": f"127.0.0.1:{middleware}",
        "PLATFORM_URL": platform,
        "PLATFORM_HOST": rest.partition("/")[0],
        "PLATFORM_SITE": "electronics",
        "PATIENCE": "180ms",
        "RESOLVER": "127.0.0.1",
        "AUTHORITIES": "/etc/ssl/certs/ca-certificates.crt",
        "RUN": str(folder),
        **others,
    }


def rendered(given: Mapping[str, str]) -> str:
    """The file as `envsubst` would make it: its own variables only, and every one of them."""
    return VARIABLE.sub(lambda found: given[found[1]], SHIPPED.read_text("utf-8"))


def program() -> str:
    """nginx, or a skip that says how to get it."""
    found = shutil.which("nginx")
    if found is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    return found


@contextlib.contextmanager
def run_folder() -> Generator[Path]:
    """For sockets, whose paths must be short; nginx's workers may be another user."""
    with tempfile.TemporaryDirectory(prefix="saccade-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def command(folder: Path, configuration: str) -> list[str]:
    """nginx in the foreground on this configuration."""
    file = folder / "nginx.conf"
    file.write_text(configuration, "utf-8")
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
    return [
        program(),
        "-e",
        str(folder / "early.log"),
        "-c",
        str(file),
        "-g",
        f"daemon off; {user}",
    ]


@contextlib.contextmanager
def front(middleware: int, platform: str, **others: str) -> Generator[Front]:
    """Before the middleware's port and the platform's base URL, until the block ends."""
    with run_folder() as folder:
        given = values(folder, middleware, platform, **others)
        port = int(given["LISTEN"].rpartition(":")[2])
        errors = folder / "errors.log"
        with errors.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - the program found on the path, the shipped file
                command(folder, rendered(given)), stdout=out, stderr=out, start_new_session=True
            )
        try:
            _await(process, port, errors)
            yield Front(port, errors)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its workers too
            process.wait(timeout=10)


def _await(process: "subprocess.Popen[bytes]", port: int, errors: Path) -> None:
    for _ in range(500):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nginx does not listen: {errors.read_text('utf-8')[-2_000:]}")
