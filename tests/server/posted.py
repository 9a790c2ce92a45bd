"""``saccade serve`` with the tests' own platform, as a process; and that platform's sender."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession

from conftest import unused_port
from faults.serving import installed_beside
from saccade.domain import JsonObject
from server.program import NONE, Program, write_tenant
from webhooks import posting


class PostedServer:
    """``saccade serve`` with the tests' own platform."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str] = NONE, prefix: Sequence[str] = ()
    ) -> None:
        write_tenant(folder, "http://127.0.0.1:9")
        tenant = folder / "tenants" / "lab" / "tenant.toml"
        tenant.write_text(tenant.read_text("utf-8").replace("sap_occ", "posting"), "utf-8")
        source = Path(posting.__file__).read_text("utf-8")
        self.folder = folder
        self.data = Path(settings.get("SACCADE_DATA", folder / ".saccade"))
        self.environment = {
            **settings,
            "PYTHONPATH": str(installed_beside(folder, "posting_platform", "posting", source)),
        }
        self._prefix = prefix
        self.port = unused_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = self.start()

    def start(self) -> Program:
        """Serve."""
        return Program(
            self.folder,
            *("serve", "--adapter", "posting", "--port", str(self.port)),
            settings=self.environment,
            prefix=self._prefix,
        )

    def killed(self) -> None:
        """End it where it stands, and serve again."""
        self.program.kill()
        self.program = self.start()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``saccade webhooks`` on its records."""
        return subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "saccade_server.cli", "webhooks", *arguments],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def outcomes(self) -> list[dict[str, Any]]:
        """What was journaled."""
        with closing(sqlite3.connect(self.data / "saccade.db")) as journal:
            try:
                rows = journal.execute("SELECT record FROM outcomes").fetchall()
            except sqlite3.OperationalError:  # nothing was journaled yet
                return []
            return [json.loads(row[0]) for row in rows]

    async def send(self, body: bytes | JsonObject, key: str, **options: Any) -> int:
        """One delivery on a connection of its own: the status, 0 where nobody answers."""
        headers, raw = posting.signed(body, key, **options)
        try:
            async with (
                ClientSession() as client,
                client.post(f"{self.url}/webhooks/posting", data=raw, headers=headers) as answer,
            ):
                return answer.status
        except ClientError:
            return 0

    async def ordered(self, *wanted: str, patience_s: float = 60.0) -> None:
        """Return once these orders are journaled; each is once."""
        found: list[str] = []
        async with asyncio.timeout(patience_s):
            while not set(wanted).issubset(found):
                await asyncio.sleep(0.05)
                found = [one["order_id"] for one in await asyncio.to_thread(self.outcomes)]
        assert len(found) == len(set(found))
