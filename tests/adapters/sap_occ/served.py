"""A whole server before an OCC platform, from a tenant's own files to real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec

from adapters.serving_files import Served as Files
from adapters.serving_files import serving_files
from faults.upstream import Line, Received, Script
from faults.wire import Wire, call
from saccade.domain import Identity, JsonObject, Moment
from saccade.state import State, ViewKey
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


class Served(Files):
    """With what tests of OCC look at."""

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
    files = {
        "tenant.toml": TENANT.format(platform=platform, carrier=carrier, basis=basis),
        "campaigns.toml": campaigns,
    }
    async with serving_files(folder, "lab", files, **options) as found:
        yield Served(found.port, found.house, found.journal)
