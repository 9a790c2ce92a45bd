"""The program as a process of its own, and the folder it serves."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aiohttp import ClientError, ClientSession

NONE: Mapping[str, str] = MappingProxyType({})

TENANT = """\
name = "lab"
platform = "sap_occ"
platform_site = "electronics"
upstream = {{ url = "{platform}", allow_private = true }}
consent = {{ basis = "opt_out" }}
site = {{ key = "lab", open = true }}
decisioning = {{ phase = "live", holdout = 0.0 }}
slots.battery-guarantee.moment = "product"
slots.reviews.moment = "product"
slots.cta.moment = "product"
slots.comparison.moment = "product"
"""

CAMPAIGNS = """\
[[campaign]]
id = "battery-fear"
moment = "product"
slot = "battery-guarantee"
template = "reassure"
modes = ["hesitating"]
parameters = { topic = "battery", cta = "Add to cart — 30-day battery guarantee" }
"""


def write_tenant(folder: Path, platform: str) -> None:
    """A tenant of the lab under ``folder/tenants``."""
    own = folder / "tenants" / "lab"
    own.mkdir(parents=True)
    (own / "tenant.toml").write_text(TENANT.format(platform=platform), "utf-8")
    (own / "campaigns.toml").write_text(CAMPAIGNS, "utf-8")


class Program:
    """``saccade`` with arguments, run in ``folder``. What it logs is read from a file.

    ``prefix`` is a command that runs it, such as one that sets limits.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        log: str = "log.jsonl",
        settings: Mapping[str, str] = NONE,
        prefix: Sequence[str] = (),
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if "SACCADE_" not in name}
        self._log = folder / log
        with self._log.open("wb") as out:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [*prefix, sys.executable, "-m", "saccade_server.cli", *arguments],
                cwd=folder,
                env={**kept, "SACCADE_LOG_FORMAT": "json", **settings},
                stdout=out,
                stderr=out,
            )

    def lines(self) -> list[str]:
        """All it has written so far."""
        return self._log.read_text("utf-8").splitlines()

    def events(self, name: str) -> list[dict[str, Any]]:
        """What was logged under a name so far."""
        lines = self._log.read_text("utf-8").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in told if event["event"] == name]

    async def logged(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until something was logged so often."""
        for _ in range(1_500):
            if len(found := self.events(name)) >= count:
                return found
            if self.process.poll() is not None:
                break
            await asyncio.sleep(0.02)
        raise AssertionError(f"no {name!r} in:\n{self._log.read_text('utf-8')}")

    async def ready(self, url: str) -> None:
        """Wait until it is."""
        async with ClientSession() as client:
            for _ in range(1_500):
                try:
                    async with client.get(f"{url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except ClientError:
                    pass
                if self.process.poll() is not None:
                    break
                await asyncio.sleep(0.02)
        raise AssertionError(f"not ready:\n{self._log.read_text('utf-8')}")

    async def ended(self, patience_s: float = 20.0) -> int:
        """Wait for its end; the exit code."""
        return await asyncio.to_thread(self.process.wait, patience_s)

    def stop(self) -> None:
        """Ask it to stop."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, however it is."""
        self.process.kill()
        self.process.wait(timeout=10)
