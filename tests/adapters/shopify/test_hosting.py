"""What the hosted app does in its shops aside, and that nothing of it outlives them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet
from pydantic import SecretStr
from structlog.testing import capture_logs

from adapters.shopify.hosted import APP, FakeDesk
from adapters.shopify.standing_in import SECRET, StandIn, standing_in
from saccade.tenants import ConfigurationError, Tenant, read_tenants
from saccade_shopify import ShopifyFactory
from saccade_shopify.app import SCOPES
from saccade_shopify.hosting import Hosting
from saccade_shopify.session_tokens import SessionTokens
from saccade_shopify.tokens import NotInstalledError


class App:
    """The app in one server, before a stand-in shop, over real HTTP."""

    def __init__(self, here: StandIn, desk: FakeDesk) -> None:
        self.here, self.shop, self.desk = here, here.shop, desk
        self.factory = ShopifyFactory()
        self.factory.host(desk)

    @property
    def hosting(self) -> Hosting:
        hosting = self.factory._hosting
        assert hosting is not None
        return hosting

    async def install(self) -> Tenant:
        """As the page in the shop's admin does."""
        tokens = SessionTokens("client", lambda: (SecretStr(SECRET),), self.shop.clock)
        token = tokens.read(self.shop.session_token())
        assert token is not None
        await self.hosting.installing.by_session_token(token)
        (tenant,) = read_tenants(self.desk.folder).values()
        return tenant

    async def walk(self, tenant: Tenant) -> None:
        """Through the shop's catalog, to its end."""
        catalog = self.factory.build(tenant).catalog
        cursor = (await catalog.changes(None)).cursor
        while cursor is not None:
            cursor = (await catalog.changes(cursor)).cursor

    def rows(self) -> list[tuple[str, ...]]:
        """Of shops that offers are written in."""
        with closing(sqlite3.connect(self.desk.records_url.removeprefix("sqlite:///"))) as records:
            return records.execute("SELECT shop FROM shopify_offers").fetchall()


@pytest_asyncio.fixture
async def app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[App]:
    monkeypatch.setenv("TEST_SHOPIFY_SECRET", SECRET)
    monkeypatch.setenv("TEST_SHOPIFY_KEYS", Fernet.generate_key().decode())
    async with standing_in(tmp_path, scopes=getattr(request, "param", SCOPES)) as here:
        config = tmp_path / "tenants"
        config.mkdir()
        told = f'client_id = "client"\nadmin_url = "{here.url}"\n{APP.partition(chr(10))[2]}'
        told = told.replace('former_secret_env = "TEST_SHOPIFY_FORMER"\n', "")
        (config / "shopify.toml").write_text(told, "utf-8")
        made = App(here, FakeDesk(config, f"sqlite:///{tmp_path / 'records.db'}"))
        yield made
        await made.factory.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for tells no event of ours
            await asyncio.sleep(0.02)


async def test_an_install_switches_the_pixel_on_with_the_shops_own_key(app: App) -> None:
    tenant = await app.install()
    await until(lambda: app.shop.pixel is not None)
    told = f'{{"server": "https://app.example", "site": "{tenant.site.key}"}}'
    assert (app.shop.pixel or {})["settings"] == told
    file = app.desk.folder / tenant.name / "tenant.toml"
    whole = file.read_text("utf-8")
    file.write_text(whole.replace(tenant.site.key, "another"), "utf-8")
    await app.hosting._keep_pixel(app.shop.domain)
    assert '"another"' in (app.shop.pixel or {})["settings"]
    file.write_text(whole.replace(tenant.site.key, ""), "utf-8")
    with pytest.raises(ConfigurationError, match=r"site\.key"):
        await app.hosting._keep_pixel(app.shop.domain)


@pytest.mark.full
async def test_after_an_install_and_each_walk_the_offers_follow_and_an_uninstall_ends_it(
    app: App,
) -> None:
    # R72, Shopify 15
    dear = max(app.shop.products.values(), key=lambda one: one.price)
    other = next(
        one
        for one in app.shop.products.values()
        if dear.price / 20 <= one.price <= dear.price / 2 and one.variants[0].available > 0
    )
    app.here.sold(*[(dear.id, other.id)] * 8)
    tenant = await app.install()
    await until(lambda: not app.hosting.upkeep._tasks)
    assert app.shop.metafields != {}
    app.shop.metafields.clear()
    app.hosting._offers.drop(app.shop.domain)  # its turn would come in half an hour
    await app.walk(tenant)
    await until(lambda: not app.hosting.upkeep._tasks)
    assert app.shop.metafields != {}
    assert app.rows() == [(app.shop.domain,)]
    await app.factory.departed(tenant.name, purge=False)
    assert app.rows() == []
    with pytest.raises(NotInstalledError):
        await app.hosting._keep_offers(app.shop.domain)


@pytest.mark.parametrize("app", [("read_products", "read_orders")], indirect=True)
async def test_what_a_shop_has_not_granted_keeps_nobody_from_installing(app: App) -> None:
    with capture_logs() as told:
        await app.install()
        await until(lambda: len(told) > 1)
    said = {one["part"]: one["error"] for one in told if one["event"] == "upkeep_waits"}
    assert "did not grant read_customer_events, write_pixels" in said["the web pixel"]
    assert "write_products" in said["the offers"]
