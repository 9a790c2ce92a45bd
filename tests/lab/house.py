"""The demo in this process: platform, shop and server as ``saccade demo`` puts them together."""

import contextlib
import itertools
import sqlite3
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from saccade import treatment
from saccade.domain import Arm, Identity, JsonObject, Moment, Preview
from saccade.preview import signed
from saccade.state import State, ViewKey
from saccade_demo import lab, shop, storefronts
from saccade_server.buckets import Buckets
from saccade_server.house import House
from saccade_server.keys import master_secret
from saccade_server.listening import bound, url_of
from saccade_server.serving import serving
from saccade_server.settings import Settings
from saccade_server.tenancy import adapter_factory, install

SECRET = SecretStr("a secret of the lab's own, for tests")
"""Fixed, and so is the arm of every visitor."""
_DECIDED = frozenset({"saccade_decisions", "saccade_stage_seconds", "saccade_batch_size"})
UNSHED_MS = 60_000.0
"""A busy machine sheds nothing here."""


@dataclass
class Clock:
    """The server's time of day: the real one, and what a test has passed."""

    ahead_s: float = 0.0

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.ahead_s


class Lab:
    """A running demo, and how tests look into it."""

    def __init__(self, folder: Path, platform: str) -> None:
        self.clock = Clock()
        self._settings = Settings(
            port=0, data=folder, secret=SECRET, log_level="error", shed_lag_ms=UNSHED_MS
        )
        tenant, campaigns = lab.demo_tenant(platform)
        master = master_secret(self._settings)
        self._master = master
        self._installed = install(tenant, campaigns, adapter_factory(tenant.platform), master)
        self.shops: dict[str, storefronts.Storefront] = {}
        self._all = {tenant.name: self._installed}
        self._stack = contextlib.AsyncExitStack()
        self.url = ""
        self._house: House | None = None

    async def start(self) -> None:
        """Serve on a free port."""
        listener = bound(self._settings, shared=False)
        self._stack.callback(listener.close)
        self.url = url_of(listener)
        shops = await self._stack.enter_async_context(storefronts.opened(self.url))
        self.shops = {one.name: one for one in shops}
        others = [
            install(one.tenant, one.campaigns, storefronts.factory, self._master) for one in shops
        ]
        self._all = {one.tenant.name: one for one in (self._installed, *others)}
        self._house = await self._stack.enter_async_context(
            serving(
                self._settings,
                tuple(self._all.values()),
                listener,
                extra=shop.routes(),
                clock=self.clock,
            )
        )
        self._house.buckets = Buckets(clock=self.clock)  # or minutes in seconds are a flood

    async def stop(self) -> None:
        """Stop the server; the platform goes on. May be called again."""
        await self._stack.aclose()

    def visitor(self, arm: Arm, shop: str = "demo") -> str:
        """A visitor's id whose side of a shop's holdout is this."""
        return next(self.visitors(arm, shop))

    def visitors(self, arm: Arm, shop: str = "demo") -> Iterator[str]:
        """All of them."""
        installed = self._all[shop]
        secret, holdout = installed.runtime.secret, installed.tenant.decisioning.holdout
        names = (f"{number:032x}" for number in itertools.count(1))
        return (name for name in names if treatment.arm(secret, name, holdout) is arm)

    async def known(self, visitor: str, session: str, shop: str = "demo") -> State:
        """What is remembered of somebody."""
        assert self._house is not None
        key = ViewKey(shop, Identity(visitor, session), Moment.PRODUCT)
        (state,) = await self._house.state.read([key])
        return state

    def preview(self, shop: str, forced: Preview) -> str:
        """The token of a link to one of its pages."""
        secret = self._all[shop].runtime.secret
        return signed(secret, shop, forced, self.clock() + 3_600)

    def counted(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """What `/metrics` says of decisions, by name and labels."""
        assert self._house is not None
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in self._house.metrics.registry.collect()
            for sample in family.samples
            if family.name in _DECIDED and not sample.name.endswith("_created")
        }

    async def kept(self) -> dict[str, int]:
        """Rows in the journal, once what is on its way has arrived."""
        assert self._house is not None
        await self._house.engine.close()
        await self._house.journal.find("demo", "none")  # behind what was handed over
        file = self._settings.records_url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(file)) as journal:
            return {
                table: journal.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608 - our own three names
                for table in ("decisions", "exposures", "outcomes")
            }

    async def journaled(self, decision_id: str, shop: str = "demo") -> JsonObject:
        """A decision's record."""
        assert self._house is not None
        record = await self._house.journal.find(shop, decision_id)
        assert record is not None
        return record


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[Lab]:
    """The demo until the block ends; what it remembers stands in ``folder``."""
    platform, base_url = await lab.start_platform()
    try:
        one = Lab(folder, base_url)
        await one.start()
        try:
            yield one
        finally:
            await one.stop()
    finally:
        await platform.cleanup()
