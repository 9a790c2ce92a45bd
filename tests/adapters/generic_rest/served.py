"""A whole server before a REST platform, from a tenant's own files to real sockets."""

import contextlib
import sqlite3
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

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

TENANT = """\
name = "rest"
platform = "generic_rest"
upstream = {{ url = "{platform}", allow_private = true }}
consent = {{ basis = "opt_out" }}
site = {{ key = "rest", open = true }}
decisioning = {{ phase = "live", holdout = 0.0, exposure = "assumed" }}
adapter = {{ mapping = "./mapping.toml" }}
slots.promise.moment = "product"
"""

CAMPAIGNS = """\
[[campaign]]
id = "promise-everybody"
moment = "product"
slot = "promise"
template = "steady"
parameters = { text = "30-day guarantee" }
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, and how tests look into it."""

    port: int
    house: House
    journal: Path

    def rows(self, table: str) -> list[JsonObject]:
        """Every record of one of the journal's tables, in order of arrival."""
        with contextlib.closing(sqlite3.connect(self.journal)) as opened:
            found = opened.execute(f"SELECT record FROM {table} ORDER BY rowid").fetchall()  # noqa: S608 - a name of the test's own
        return [msgspec.json.decode(text, type=JsonObject) for (text,) in found]


@contextlib.asynccontextmanager
async def served(
    folder: Path, platform: str, mapping: str, *, sync_s: float = 30.0
) -> AsyncGenerator[Served]:
    """The server of one tenant whose platform is at ``platform``, until the block ends.

    It begins when the catalog was read to its end, which may take ``sync_s``.
    """
    own = folder / "tenants" / "rest"
    own.mkdir(parents=True)
    (own / "tenant.toml").write_text(TENANT.format(platform=platform), "utf-8")
    (own / "campaigns.toml").write_text(CAMPAIGNS, "utf-8")
    (own / "mapping.toml").write_text(mapping, "utf-8")
    secret = SecretStr("a secret of the tests' own, to be known")
    settings = Settings(port=0, data=folder / "data", secret=secret)
    tenants = install_all(folder / "tenants", (), master_secret(settings))
    with contextlib.closing(bound(settings, shared=False)) as listener:
        async with serving(settings, tenants, listener) as house:
            await until(lambda: "rest" in house.synced and not house.pulse.late, sync_s)
            await house.journal.find("rest", "none")  # the tables are made with the first write
            yield Served(int(listener.getsockname()[1]), house, folder / "data" / "saccade.db")
