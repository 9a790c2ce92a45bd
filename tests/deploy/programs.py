"""``saccade serve`` as a process behind the shipped nginx, and what may become of it."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from conftest import unused_port
from faults.wire import call
from server.program import write_tenant

PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(3_600))
from saccade_server.cli import main
sys.argv = ["saccade", *sys.argv[1:]]
main()
"""
"""The program itself, and a way to make its event loop stand still for an hour."""


class Middleware:
    """One worker before a platform, its tenant written into ``folder``."""

    def __init__(self, folder: Path, platform: str) -> None:
        self.port = unused_port()
        self._folder = folder
        self._log = folder / "log.jsonl"
        write_tenant(folder, platform)
        self.process = self._started()

    async def ready(self) -> None:
        """Wait until it takes calls."""
        for _ in range(1_500):
            try:
                if (await call(self.port, "/readyz")).status == 200:
                    return
            except (OSError, asyncio.IncompleteReadError):
                pass
            if self.process.poll() is not None:
                break
            await asyncio.sleep(0.02)
        raise AssertionError(f"not ready:\n{self._log.read_text('utf-8')}")

    def fail(self, how: str) -> None:
        """Be ``killed``, ``stopped`` (SIGSTOP) or ``hung`` (its loop blocked)."""
        number = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP, "hung": signal.SIGUSR1}[how]
        self.process.send_signal(number)
        if how == "killed":
            self.process.wait(timeout=10)

    async def mended(self) -> None:
        """Continue a stopped one; start another in the place of one that is lost."""
        self.process.send_signal(signal.SIGCONT)
        try:
            async with asyncio.timeout(2):
                answer = await call(self.port, "/livez")
                assert answer.status == 200
        except (OSError, asyncio.IncompleteReadError):  # a TimeoutError is an OSError
            self.kill()
            self.process = self._started()
        await self.ready()

    def kill(self) -> None:
        """End it, however it is."""
        self.process.kill()
        self.process.wait(timeout=10)

    def _started(self) -> "subprocess.Popen[bytes]":
        kept = {name: value for name, value in os.environ.items() if "SACCADE_" not in name}
        with self._log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-c", PROGRAM, "serve", "--port", str(self.port)],
                cwd=self._folder,
                env={**kept, "SACCADE_LOG_FORMAT": "json"},
                stdout=out,
                stderr=out,
            )
