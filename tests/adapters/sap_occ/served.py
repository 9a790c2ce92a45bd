"""A whole server before an OCC platform, from a tenant's own files to real sockets."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr

from faults.upstream import Line, Received, Script
from faults.wire import Wire, call
from saccade.domain import Identity, JsonObject, Moment
from saccade.state import State, ViewKey
from saccade_server.house import House
from saccade_server.keys import master_secret
from saccade_server.listening import bound
from saccade_server.serving import serving
from saccade_server.settings import Settings
from saccade_server.tenancy import install_all
from server.shopfront import until

TENANT = """\
name = "lab"
platform = "sap_occ"
platform_site = "electronics"
upstream = {{ url = "{platform}", allow_private = true }}
consent = {{ basis = "{basis}" }}
site = {{ key = "lab", open = true }}
decisioning = {{ phase = "live", holdout = 0.0 }}
adapter = {{ carrier = "{carrier}" }}
slots.promise.moment = "product"
slots.results-note.moment = "listing"
"""

CAMPAIGNS = """\
[[campaign]]
id = "promise-everybody"
moment = "product"
slot = "promise"
template = "steady"
parameters = { text = "30-day guarantee" }

[[campaign]]
id = "note-everybody"
moment = "listing"
slot = "results-note"
template = "steady"
parameters = { text = "Free returns on all of these" }
"""

KEY = "saccade"
MISHAPS = frozenset({"TIMEOUT", "ERROR"})

SYNC = b"pageSize=100"
"""In every call of the catalog sync, and in no other of these tests."""

_NO_CATALOG = (
    b'{"products":[],"pagination":{"currentPage":0,"pageSize":100,"totalPages":0,"totalResults":0}}'
)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, and how tests look into it."""

    port: int
    url: str
    house: House
    journal: Path

    def rows(self, table: str) -> list[JsonObject]:
        """Every record of one of the journal's tables, in order of arrival."""
        with contextlib.closing(sqlite3.connect(self.journal)) as opened:
            found = opened.execute(f"SELECT record FROM {table} ORDER BY rowid").fetchall()  # noqa: S608 - a name of the test's own
        return [msgspec.json.decode(text, type=JsonObject) for (text,) in found]

    def decisions(self) -> list[JsonObject]:
        """Every decision in the journal that its page waited for."""
        found = self.rows("decisions")
        return [row for row in found if row["experience"]["reason"] not in MISHAPS]

    async def decided(self, target: str, *headers: tuple[str, str]) -> Wire:
        """A call that is decided; on a machine short of time one that is not is asked again."""
        for _ in range(100):
            answer = await call(self.port, target, *headers)
            document = msgspec.json.decode(answer.body)
            experience = document.get(KEY, document)  # beside a page it is the whole answer
            if experience.get("reason", "TIMEOUT") not in MISHAPS:
                return answer
            await asyncio.sleep(0.05)
        raise AssertionError(f"{target} was never decided in time")

    async def outcomes(self, count: int) -> list[JsonObject]:
        """Wait for so many outcomes."""
        await self.house.journal.find("lab", "none")  # the tables are made with the first write
        await until(lambda: len(self.rows("outcomes")) >= count)
        return self.rows("outcomes")

    async def settled(self) -> None:
        """Wait until all decisions handed over are in the journal."""
        await self.house.journal.find("lab", "none")

    async def known(self, session: str) -> State:
        """What is stored of a bare session."""
        key = ViewKey("lab", Identity(session, session), Moment.PRODUCT)
        (state,) = await self.house.state.read([key])
        return state


def beside_the_sync(script: Script) -> Script:
    """``script`` for the calls of shoppers; the catalog sync is told that there are no products."""

    async def either(received: Received, line: Line) -> None:
        if SYNC not in received.target:
            await script(received, line)
            return
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        await line.send(head % len(_NO_CATALOG) + _NO_CATALOG)

    return either


@contextlib.asynccontextmanager
async def served(
    folder: Path,
    platform: str,
    *,
    carrier: str = "proxied_json",
    basis: str = "opt_out",
    campaigns: str = CAMPAIGNS,
    **options: Any,  # Any: as the settings themselves
) -> AsyncGenerator[Served]:
    """The server of one tenant whose platform is at ``platform``, until the block ends."""
    own = folder / "tenants" / "lab"
    own.mkdir(parents=True, exist_ok=True)
    text = TENANT.format(platform=platform, carrier=carrier, basis=basis)
    (own / "tenant.toml").write_text(text, "utf-8")
    (own / "campaigns.toml").write_text(campaigns, "utf-8")
    secret = SecretStr("a secret of the tests' own, to be known")
    settings = Settings(port=0, data=folder / "data", secret=secret, **options)
    tenants = install_all(folder / "tenants", ("sap_occ",), master_secret(settings))
    with contextlib.closing(bound(settings, shared=False)) as listener:
        port = int(listener.getsockname()[1])
        async with serving(settings, tenants, listener) as house:
            await until(lambda: "lab" in house.synced and not house.pulse.late)
            journal = folder / "data" / "saccade.db"
            yield Served(port, f"http://127.0.0.1:{port}", house, journal)
