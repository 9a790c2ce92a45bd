"""A whole server of one tenant, from its own files to real sockets."""

import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr

from saccade.domain import JsonObject
from saccade_server.house import House
from saccade_server.keys import master_secret
from saccade_server.listening import bound
from saccade_server.serving import serving
from saccade_server.settings import Settings
from saccade_server.tenancy import install_all
from server.shopfront import until


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, and how tests look into it."""

    port: int
    house: House
    journal: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def rows(self, table: str) -> list[JsonObject]:
        """Every record of one of the journal's tables, in order of arrival."""
        with contextlib.closing(sqlite3.connect(self.journal)) as opened:
            found = opened.execute(f"SELECT record FROM {table} ORDER BY rowid").fetchall()  # noqa: S608 - a name of the test's own
        return [msgspec.json.decode(text, type=JsonObject) for (text,) in found]


@contextlib.asynccontextmanager
async def serving_files(
    folder: Path,
    name: str,
    files: Mapping[str, str],
    *,
    sync_s: float = 30.0,
    **options: Any,  # Any: as the settings themselves
) -> AsyncGenerator[Served]:
    """The tenant ``name`` of these files, until the block ends.

    It begins when the catalog was read to its end, which may take ``sync_s``.
    """
    own = folder / "tenants" / name
    own.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (own / file).write_text(text, "utf-8")
    secret = SecretStr("a secret of the tests' own, to be known")
    settings = Settings(port=0, data=folder / "data", secret=secret, **options)
    tenants = install_all(folder / "tenants", (), master_secret(settings))
    with contextlib.closing(bound(settings, shared=False)) as listener:
        port = int(listener.getsockname()[1])
        async with serving(settings, tenants, listener) as house:
            await until(lambda: name in house.synced and not house.pulse.late, sync_s)
            yield Served(port, house, folder / "data" / "saccade.db")
