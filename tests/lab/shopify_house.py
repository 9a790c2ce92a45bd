"""The stand-in Shopify and the server in this process, as ``saccade demo shopify`` has them."""

import contextlib
import json
import sqlite3
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

from lab.house import SECRET, UNSHED_MS, Clock
from lab.waiting import until
from saccade.domain import JsonObject, Product
from saccade_demo.shopify import Clock as ShopClock
from saccade_demo.shopify.scene import NAME, Scene, opened
from saccade_server.buckets import Buckets
from saccade_server.house import House
from saccade_server.keys import master_secret
from saccade_server.listening import bound, url_of
from saccade_server.serving import serving
from saccade_server.settings import Settings
from saccade_server.tenancy import install_all


class ShopifyLab:
    """A shop of Shopify's and the server, and how tests look into them. Nobody is held out."""

    def __init__(self, scene: Scene, house: House, clock: Clock, journal: Path) -> None:
        self.scene, self.clock = scene, clock
        self.url = scene.url
        """Of the shop: shoppers know no other."""
        self.server = scene.server
        self._house = house
        self._journal = journal

    async def install(self) -> None:
        """As a merchant; returns when the shop's products are known."""
        await self.scene.install()
        await until(lambda: self.count > 0)

    @property
    def count(self) -> int:
        """Products the server knows."""
        return self._house.engine.catalog.count(NAME)

    @property
    def is_served(self) -> bool:
        """Whether the shop is a tenant now."""
        return any(site.name == NAME for site in self._house.sites.all)

    def known(self, product: int) -> Product:
        """What it knows of one."""
        found = self._house.engine.catalog.find(NAME, str(product))
        assert found is not None
        return found

    async def journaled(self, decision_id: str) -> JsonObject:
        """A decision's record."""
        record = await self._house.journal.find(NAME, decision_id)
        assert record is not None
        return record

    async def outcome(self) -> JsonObject:
        """The one of this shop, once it is there."""
        await until(lambda: bool(self._outcomes()))
        (found,) = self._outcomes()
        return found

    def _outcomes(self) -> list[JsonObject]:
        with contextlib.closing(sqlite3.connect(self._journal)) as records:
            rows = records.execute("SELECT record FROM outcomes").fetchall()
        return [json.loads(record) for (record,) in rows]


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[ShopifyLab]:
    """Both until the block ends; what is remembered stands in ``folder``."""
    clock = Clock()
    settings = Settings(
        port=0,
        data=folder / "data",
        config=folder / "tenants",
        secret=SECRET,
        log_level="error",
        shed_lag_ms=UNSHED_MS,
    )
    with contextlib.closing(bound(settings, shared=False)) as listener:
        server = url_of(listener)
        async with opened(server, settings.config, clock=ShopClock(clock)) as scene:
            everybody = settings.config / "shopify.tenant.toml"
            everybody.write_text(everybody.read_text().replace("holdout = 0.10", "holdout = 0.0"))
            read = partial(install_all, settings.config, (), master_secret(settings))
            async with serving(settings, read(), listener, read=read, clock=clock) as house:
                house.buckets = Buckets(clock=clock)
                yield ShopifyLab(scene, house, clock, settings.data / "saccade.db")
