"""Processes a benchmark starts, pins to cores and accounts for, CPU as the kernel counts it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def free_port() -> int:
    """A loopback port nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Path of a program, or an end with the way to get it."""
    found = shutil.which(name)
    if found is None:
        sys.exit(f"{name} is not installed: apt-get install {name}")
    return found


class Server:
    """A server process listening on a port of loopback."""

    def __init__(
        self,
        arguments: Sequence[str],
        port: int,
        *,
        core: int,
        environment: dict[str, str] | None = None,
        folder: Path | None = None,
        log: Path,
    ) -> None:
        self.port = port
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                list(arguments),
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._pin(core)
        self._await_port()
        self._pin(core)  # children started since

    @property
    def name(self) -> str:
        """As its log is called."""
        return self._log.stem

    def pids(self) -> list[int]:
        """The process and its children, nginx's workers among them."""
        found = [self.process.pid]
        for parent in found:
            with suppress(FileNotFoundError):
                tasks = Path(f"/proc/{parent}/task").iterdir()
                for task in tasks:
                    found += [int(child) for child in (task / "children").read_text().split()]
        return found

    def cpu_ns(self) -> int:
        """CPU time used so far by all threads of all its processes, in nanoseconds."""
        total = 0
        for pid in self.pids():
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(FileNotFoundError):
                    total += int((task / "schedstat").read_text().split()[0])
        return total

    def resident_mb(self) -> float:
        """Resident memory of all its processes."""
        total = 0
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1])
        return total / 1_024

    def hang(self) -> None:
        """Stop it where it stands: it answers nothing and closes nothing."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGCONT)
            os.killpg(self.process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _pin(self, core: int) -> None:
        for pid in self.pids():
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):
                    os.sched_setaffinity(int(task.name), {core})

    def _await_port(self) -> None:
        for _ in range(600):
            if self.process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        sys.exit(f"a server did not start; it said:\n{self._log.read_text()[-2000:]}")


def cores() -> tuple[int, int]:
    """A core for the servers measured and another for client and upstream."""
    available = sorted(os.sched_getaffinity(0))
    return (available[1], available[0]) if len(available) > 1 else (available[0], available[0])


def redis(folder: Path, core: int, name: str = "redis") -> Server:
    """Redis without persistence."""
    port = free_port()
    arguments = [
        program("redis-server"),
        *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
        *("--dir", str(folder)),
    ]
    return Server(arguments, port, core=core, log=folder / f"{name}.log")


def nginx(folder: Path, name: str, http: str, port: int, core: int) -> Server:
    """nginx with one worker and the ``http`` block given."""
    configuration = folder / f"{name}.conf"
    home = folder / name
    home.mkdir()
    temporary = "\n".join(
        f"  {kind}_temp_path {home}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration.write_text(
        f"user {_user()};\nworker_processes 1;\npid {home}/nginx.pid;\ndaemon off;\n"
        f"events {{ worker_connections 1024; }}\n"
        f"http {{\n  access_log off;\n{temporary}\n{http}\n}}\n"
    )
    arguments = [program("nginx"), "-p", str(home), "-e", str(home / "error.log")]
    arguments += ["-c", str(configuration)]
    return Server(arguments, port, core=core, log=folder / f"{name}.log")


def _user() -> str:
    import pwd  # noqa: PLC0415 - POSIX only, as nginx here is

    return pwd.getpwuid(os.getuid()).pw_name
