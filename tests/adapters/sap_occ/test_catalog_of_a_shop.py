"""The catalog of the whole stand-in shop, over real sockets, into the core's index."""

import contextlib
from collections.abc import AsyncGenerator

import httpx
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from making import tenant
from saccade.catalog import CatalogError, CatalogIndex, Walk
from saccade.ports import CatalogPort
from saccade_demo import catalog, occ
from saccade_demo.catalog import Catalog
from saccade_demo.occ.authorization import TOKEN_PATH, Authorization
from saccade_sap_occ import factory

SECRET = "a secret of the test's own"  # noqa: S105 - what it says


class Platform:
    """The stand-in, its products by token only, failing at one page when it is told to."""

    def __init__(self) -> None:
        self.catalog: Catalog = catalog.load()
        self.authorization = Authorization({"saccade": SECRET})
        self.pages: list[str] = []
        self.fails_at = ""
        self.url = ""

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != TOKEN_PATH and "Authorization" not in request.headers:
            return web.Response(status=401)
        page = request.query.get("currentPage", "")
        if request.path.endswith("/search"):
            self.pages.append(page)
            if page == self.fails_at:
                return web.Response(status=400)
        return await handler(request)


@contextlib.asynccontextmanager
async def opened() -> AsyncGenerator[Platform]:
    platform = Platform()
    app = occ.application(platform.catalog, platform.authorization)
    app.middlewares.insert(0, platform.watch)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    platform.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield platform
    finally:
        await runner.cleanup()


def reading(platform: Platform, environment: pytest.MonkeyPatch, size: int = 20) -> CatalogPort:
    environment.setenv("OCC_SECRET", SECRET)
    table = {
        "client_id": "saccade",
        "client_secret_env": "OCC_SECRET",
        "catalog_page_size": size,
    }
    return factory.build(tenant(url=platform.url).model_copy(update={"adapter": table})).catalog


async def test_every_product_comes_into_the_index(monkeypatch: pytest.MonkeyPatch) -> None:  # R37
    async with opened() as platform:
        index = CatalogIndex()
        walk = await index.sync("lab", reading(platform, monkeypatch))
        everything = platform.catalog.products
        assert len(everything) >= 60
        assert walk.seen == set(everything)
        assert (walk.number, walk.pages, walk.skipped) == (4, 4, {})
        assert platform.pages == ["0", "1", "2", "3"]
        assert platform.authorization.granted == 1
        for code, document in everything.items():
            found = index.find("lab", code)
            assert found is not None
            assert found.name == document["name"]
            assert found.price == str(document["price"]["value"])
            assert found.currency == document["price"]["currencyIso"]
            assert found.categories == tuple(one["code"] for one in document["categories"])
            assert found.in_stock is (document["stock"]["stockLevelStatus"] != "outOfStock")


async def test_a_fault_costs_no_page_twice_and_what_vanished_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened() as platform:
        index, walk = CatalogIndex(), Walk()
        shop = reading(platform, monkeypatch)
        await index.sync("lab", shop)
        platform.pages.clear()
        platform.fails_at = "2"
        gone = next(reversed(platform.catalog.products))
        monkeypatch.delitem(platform.catalog.products, gone)  # the lab's one catalog, for all tests
        with pytest.raises(CatalogError, match="400"):
            await index.sync("lab", shop, walk)
        assert walk.cursor == "2/4"
        assert index.find("lab", gone) is not None
        platform.fails_at = ""
        await index.sync("lab", shop, walk)
        assert platform.pages == ["0", "1", "2", "2", "3"]
        assert index.find("lab", gone) is None
        assert index.count("lab") == len(platform.catalog.products)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_private_address_is_not_connected_to(host: str) -> None:
    async with opened() as platform:
        shop = tenant(url=platform.url.replace("127.0.0.1", host))
        upstream = shop.upstream.model_copy(update={"allow_private": False})
        closed = factory.build(shop.model_copy(update={"upstream": upstream})).catalog
        with pytest.raises(CatalogError, match=r"forbidden address.*upstream\.allow_private"):
            await closed.changes(None)
        assert platform.pages == []


async def test_single_products(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as platform:
        found = await reading(platform, monkeypatch).get(["816324", "none"])
        assert [product.id for product in found] == ["816324"]


async def test_a_forgotten_token_is_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as platform:
        shop = reading(platform, monkeypatch)
        await shop.changes(None)
        platform.authorization.revoke_all()
        assert (await shop.changes("1/4")).products
        assert platform.authorization.granted == 1


@pytest.mark.parametrize("grant", ["password", "refresh_token", ""])
async def test_the_stand_in_knows_no_other_grant(grant: str) -> None:  # OCC 17
    async with opened() as platform, httpx.AsyncClient(trust_env=False) as client:
        form = {"grant_type": grant, "client_id": "saccade", "client_secret": SECRET}
        answer = await client.post(platform.url + TOKEN_PATH, data=form)
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
        answer = await client.post(platform.url + TOKEN_PATH, auth=("saccade", "wrong"), data=form)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
