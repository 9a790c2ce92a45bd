"""The stand-in Shopify and the server in this process, as ``saccade demo shopify`` has them."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from lab.house import SECRET, UNSHED_MS, Clock
from lab.waiting import until
from saccade import treatment
from saccade.domain import Arm, JsonObject, Product
from saccade.state import Trail
from saccade_demo.shopify import Clock as ShopClock
from saccade_demo.shopify.scene import NAME, Scene, opened
from saccade_server.buckets import Buckets
from saccade_server.house import House
from saccade_server.keys import master_secret, tenant_secret
from saccade_server.listening import bound, url_of
from saccade_server.serving import serving
from saccade_server.settings import Settings
from saccade_server.tenancy import install_all
from saccade_shopify import factory

YES = {"shopify": {"analyticsProcessingAllowed": True, "preferencesProcessingAllowed": True}}


class ShopifyLab:
    """A shop of Shopify's and the server, and how tests look into them."""

    def __init__(
        self, scene: Scene, house: House, clock: Clock, journal: Path, holdout: float
    ) -> None:
        self._holdout = holdout
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

    async def left_alone(self) -> None:
        """What the server does in the shop aside is given up until it is reconciled again."""
        hosting = factory._hosting
        assert hosting is not None
        await hosting.upkeep.forget(self.scene.shop.domain)

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

    def arm(self, token: str) -> Arm:
        """The side of the holdout a session's visitor is on."""
        secret = tenant_secret(SECRET.get_secret_value().encode(), NAME)
        return treatment.arm(secret, token.partition(".")[0], self._holdout)

    async def journaled(self, decision_id: str) -> JsonObject:
        """A decision's record."""
        record = await self._house.journal.find(NAME, decision_id)
        assert record is not None
        return record

    async def trail(self, token: str) -> Trail:
        """All that is kept of a visitor."""
        return await self._house.state.trail(NAME, token.partition(".")[0])

    async def named(self, visitor: str) -> int:
        """How many of the journal's records name them."""
        found = await self._house.journal.about(NAME, [visitor], ())
        return sum(map(len, found.values()))

    async def told_of(self, topic: str) -> None:
        """Wait until a delivery of the topic was taken in and worked off."""
        inbox = self._house.inbox
        assert inbox is not None
        outbox = self.scene.shop.outbox
        await until(
            lambda: any(one.subscription.topic == topic and one.is_taken for one in outbox.sent)
        )
        async with asyncio.timeout(30):
            while (await inbox.backlog())[0]:  # noqa: ASYNC110 - a database tells nobody
                await asyncio.sleep(0.02)

    async def outcome(self) -> JsonObject:
        """The one of this shop, once it is there."""
        await until(lambda: bool(self._outcomes()))
        (found,) = self._outcomes()
        return found

    def _outcomes(self) -> list[JsonObject]:
        with contextlib.closing(sqlite3.connect(self._journal)) as records:
            rows = records.execute("SELECT record FROM outcomes").fetchall()
        return [json.loads(record) for (record,) in rows]


class Browser:
    """A shopper's, without a window: calls the server as a page of the shop does."""

    def __init__(self, shop: ShopifyLab, client: ClientSession) -> None:
        self._shop, self._client = shop, client

    async def tell(self, path: str, body: dict[str, Any]) -> Any:
        """POST to the server; the answer's JSON."""
        return await self._call("POST", path, json=body)

    async def ask(self, path: str, **query: str) -> Any:
        """GET from it."""
        return await self._call("GET", path, params=query)

    async def _call(self, method: str, path: str, **asked: Any) -> Any:
        params = {"site": NAME, **asked.pop("params", {})}
        url, headers = self._shop.server + path, {"Origin": self._shop.url}
        async with self._client.request(
            method, url, params=params, headers=headers, **asked
        ) as answer:
            assert answer.status in (200, 204), await answer.text()
            return await answer.json() if answer.status == 200 else None

    async def through_the_proxy(self, path: str, signed: dict[str, str]) -> Any:
        """As Shopify passes a call on: nothing is in it but what it signed."""
        url = f"{self._shop.server}/apps/saccade/{path}"
        async with self._client.post(url, params=signed) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def shop(self, path: str, body: dict[str, Any] | None = None) -> None:
        """A call of the shop's own."""
        async with self._client.post(self._shop.url + path, json=body) as answer:
            assert answer.status == 200


@contextlib.asynccontextmanager
async def running(
    folder: Path, campaigns: str = "", holdout: float = 0.0
) -> AsyncGenerator[ShopifyLab]:
    """Both until the block ends; what is remembered stands in ``folder``.

    ``campaigns`` take the place of those that every shop gets.
    """
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
            everybody.write_text(
                everybody.read_text().replace("holdout = 0.10", f"holdout = {holdout}")
            )
            if campaigns:
                (settings.config / "shopify.campaigns.toml").write_text(campaigns)
            read = partial(install_all, settings.config, (), master_secret(settings))
            async with serving(settings, read(), listener, read=read, clock=clock) as house:
                house.buckets = Buckets(clock=clock)
                yield ShopifyLab(scene, house, clock, settings.data / "saccade.db", holdout)
