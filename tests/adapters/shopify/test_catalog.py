"""Shopify 12, 13, 17 and 18: the Admin API's products, within its costs, whole and resumed."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from adapters.shopify import making_shopify as making
from adapters.shopify.admin_api import STORAGE, AdminApi, answered, gid, jsonl, lamp, variant
from saccade.catalog import CatalogError, CatalogIndex, Walk
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade_shopify import catalog as catalogs
from saccade_shopify.bulk import BulkOperations
from saccade_shopify.calls import Calls
from saccade_shopify.catalog import ShopifyCatalog
from saccade_shopify.grants import Grants
from saccade_shopify.graphql import Admin, Bucket, Graphql
from saccade_shopify.products import Items
from saccade_shopify.tokens import ShopTokens
from saccade_shopify.vault import Tokens, Vault

LAMP = Product("1", "Lamp 1", ("Lighting", "warm"), "19.90", "EUR", in_stock=True)


class World:
    """One shop and all that asks it; sleeping is the clock going on."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.api = AdminApi(lambda: self.now)
        self.vault = Vault(f"sqlite:///{folder / 'r.db'}", (Fernet.generate_key().decode(),))
        self.vault.install(making.SHOP, Tokens("access-1", None), making.NOW)
        self.items = Items()

    def catalog(self, every_s: float = 3_600.0) -> ShopifyCatalog:
        calls = Calls(
            lambda: httpx.MockTransport(lambda request: answered(self.api, request)),
            attempts=2,
            longest_wait_s=0.0,
        )
        grants = Grants(making.CLIENT_ID, making.secrets, calls)
        admin = Admin(making.SHOP, f"https://{making.SHOP}", "2026-10")
        tokens = ShopTokens(self.vault, grants)
        bucket = Bucket(lambda: self.now)
        graphql = Graphql(admin, tokens, calls, bucket, self.sleep)
        bulk = BulkOperations(graphql, calls, clear=False)
        return ShopifyCatalog(
            graphql, bulk, self.items, every_s, sleep=self.sleep, clock=lambda: self.now
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.vault.close()


# --- by id ----------------------------------------------------------------------------------


async def test_products_by_id(world: World) -> None:
    world.api.products = {
        1: lamp(1),
        2: lamp(2, status="DRAFT"),
        3: lamp(3, variants=[variant(9, available=False)]),
        5: lamp(5, publishedAt=None),
    }
    assert await world.catalog().get(["1", "2", "3", "4", "no id"]) == [
        LAMP,
        Product("3", "Lamp 3", ("Lighting", "warm"), "19.90", "EUR", in_stock=False),
    ]


async def test_many_are_asked_for_a_few_at_a_time(world: World) -> None:
    world.api.products = {number: lamp(number) for number in range(1, 30)}
    found = await world.catalog().get([str(number) for number in range(1, 30)])
    assert [one.id for one in found] == [str(number) for number in range(1, 30)]
    assert max(len(one["variables"]["ids"]) for one in world.api.asked) == catalogs.AT_ONCE


async def test_shopify_12_an_inventory_item_leads_to_its_product(world: World) -> None:
    world.api.products = {1: lamp(1, variants=[variant(500), variant(501)])}
    names = [gid("InventoryItem", number) for number in (500, 501, 999)]
    assert await world.catalog().get(names) == [LAMP], "once, however many of its variants"
    assert world.items.product("501") == "1"
    assert len(world.api.asked) == 2, "one for all owners, one for the products"


async def test_shopify_13_a_product_of_more_variants_than_are_shown(world: World) -> None:
    """Variant 250 of 300 is the first that can be bought."""
    variants = [variant(number, available=number >= 250) for number in range(300)]
    world.api.products = {1: lamp(1, variants=variants)}
    assert await world.catalog().get(["1"]) == [LAMP]
    assert [one["variables"].get("after") for one in world.api.asked] == [None, "100", "200"]
    world.api.asked.clear()
    world.api.products = {1: lamp(1, variants=[variant(number) for number in range(300)])}
    assert await world.catalog().get(["1"]) == [LAMP]
    assert len(world.api.asked) == 1, "the first can be bought: no more is asked"


async def test_shopify_11_prices_are_decimal(world: World) -> None:
    price = {"minVariantPrice": {"amount": "0.30000000000000004", "currencyCode": "EUR"}}
    world.api.products = {1: lamp(1, priceRangeV2=price), 2: lamp(2, priceRangeV2=None)}
    first, second = await world.catalog().get(["1", "2"])
    assert first.price == "0.30000000000000004"
    assert (second.price, second.currency) == (None, None)


# --- throttling -----------------------------------------------------------------------------


async def test_shopify_17_throttled_is_a_retry_when_there_is_enough(world: World) -> None:
    world.api.products = {1: lamp(1)}
    world.api.held, world.api.cost, world.api.rate = 20.0, 300.0, 50.0
    assert await world.catalog().get(["1"]) == [LAMP]
    assert world.api.refused == 1
    assert sum(world.slept) == pytest.approx((300 - 20) / 50)


async def test_shopify_17_what_a_query_costs_is_waited_for_before_it_is_refused(
    world: World,
) -> None:
    world.api.products = {number: lamp(number) for number in range(1, 161)}
    found = await world.catalog().get([str(number) for number in range(1, 161)])
    assert len(found) == 160
    world.api.cost = 400.0
    await world.catalog().get([str(number) for number in range(1, 161)])
    assert world.api.refused <= 1, "only where the cost was not known yet"


async def test_shopify_17_a_bucket_that_stays_empty_ends_it(world: World) -> None:
    world.api.held, world.api.rate = 0.0, 1.0
    world.api.cost = 1e9
    with pytest.raises(CatalogError, match="bucket") as raised:
        await world.catalog().get(["1"])
    assert raised.value.after_s > 0
    assert max(world.slept) <= 30.0


async def test_errors_are_told_by_their_codes_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: httpx.Request) -> httpx.Response:
        error = {"message": "jo@example.com may not", "extensions": {"code": "ACCESS_DENIED"}}
        return httpx.Response(200, json={"errors": [error], "data": None})

    monkeypatch.setattr(world.api, "answer", refused)
    with pytest.raises(CatalogError, match="ACCESS_DENIED") as raised:
        await world.catalog().get(["1"])
    assert "jo@" not in str(raised.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"data":{"nodes":7}}', b"\xff"])
async def test_no_answer_raises_anything_else(
    world: World, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=body)

    monkeypatch.setattr(world.api, "answer", answer)
    with pytest.raises(CatalogError):
        await world.catalog().get(["1"])


async def test_a_token_that_is_refused_names_the_fix(world: World) -> None:
    world.api.tokens = set()
    with pytest.raises(CatalogError, match="Fix: open the app"):
        await world.catalog().get(["1"])


@pytest.mark.parametrize(("status", "fix"), [(402, "frozen"), (404, "api_version"), (418, None)])
async def test_a_shop_that_answers_nobody_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch, status: int, fix: str | None
) -> None:
    def closed(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status)

    monkeypatch.setattr(world.api, "answer", closed)
    with pytest.raises(CatalogError, match=f"answered {status}") as raised:
        await world.catalog().get(["1"])
    assert (f"{fix}" in str(raised.value)) == ("Fix: " in str(raised.value)) == (fix is not None)


async def test_a_token_that_is_refused_is_refreshed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it seems good: the shop did something to it."""
    world.vault.install(making.SHOP, Tokens("revoked", 9e12, "refresh-1"), making.NOW)
    world.api.products, answer = {1: lamp(1)}, world.api.answer

    def granted(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/admin/oauth/access_token":
            pair = {"access_token": "access-1", "refresh_token": "refresh-2"}
            return httpx.Response(200, json={**pair, "expires_in": 3_600})
        return answer(request)

    monkeypatch.setattr(world.api, "answer", granted)
    assert await world.catalog().get(["1"]) == [LAMP]


# --- looking ---------------------------------------------------------------------------------


async def test_looking_begins_nothing(world: World) -> None:
    await world.catalog().look()
    assert (world.api.begun, len(world.api.asked)) == (0, 1)
    world.api.scopes = ("write_products", "write_inventory")
    await world.catalog().look()  # whoever may write may read
    world.api.tokens = set()
    with pytest.raises(CatalogError, match="Fix: open the app"):
        await world.catalog().look()


async def test_a_scope_the_shop_did_not_grant_is_named(world: World) -> None:
    world.api.scopes = ("read_products", "read_orders")
    with pytest.raises(CatalogError, match=r"did not grant read_inventory\. Fix: `shopify app dep"):
        await world.catalog().look()


# --- the walk -------------------------------------------------------------------------------


async def walked(world: World, index: CatalogIndex, walk: Walk | None = None) -> Walk:
    return await index.sync("acme", world.catalog(), walk)


def stocked(world: World, count: int, **changed: object) -> None:
    world.api.file = jsonl(lamp(number, **changed) for number in range(1, count + 1))


async def test_shopify_18_reconciliation_is_a_bulk_query(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogs, "PAGE_PRODUCTS", 10)
    stocked(world, 25)
    world.api.states = ["CREATED", "RUNNING", "RUNNING", "COMPLETED"]
    index, pages = CatalogIndex(), list[CatalogPage]()

    async def took(page: CatalogPage) -> None:
        pages.append(page)

    index.apply("acme", [Product("99")])
    walk = await index.sync("acme", world.catalog(), None, took)
    assert (index.count("acme"), index.find("acme", "1")) == (25, LAMP)
    assert index.find("acme", "99") is None, "what the walk did not meet is gone"
    assert walk.whole
    assert [(len(page.products), page.pages) for page in pages] == [
        (0, None),
        (10, 3),
        (10, 3),
        (5, 3),
    ]
    assert world.slept == [0.5, 1.0, 2.0], "it is looked at less and less often"
    assert world.items.product("1007") == "7", "a change of stock finds its product"


async def test_what_the_online_store_does_not_have_is_not_of_the_catalog(world: World) -> None:
    """Active products may be sold elsewhere only: here their pages answer 404."""
    shown = lamp(1, publishedAt="2026-01-01T00:00:00Z")
    world.api.file = jsonl([shown, lamp(2, publishedAt=None), lamp(3, status="DRAFT")])
    index = CatalogIndex()
    index.apply("acme", [Product("2")])
    walk = await walked(world, index)
    assert (index.find("acme", "1"), index.count("acme")) == (LAMP, 1)
    assert walk.skipped == {}


async def test_what_a_webhook_tells_while_the_file_is_made_is_newer(world: World) -> None:
    stocked(world, 3)
    world.api.states = ["RUNNING", "COMPLETED"]
    index = CatalogIndex()
    new = Product("1", "Lamp 1", price="9.90", currency="EUR")

    async def took(page: CatalogPage) -> None:
        if not page.products:
            index.tell("acme", [new, Product("77")], ["2"])

    await index.sync("acme", world.catalog(), None, took)
    assert index.find("acme", "1") == new
    assert [one for one in ("2", "3", "77") if index.find("acme", one)] == ["3", "77"]


async def test_shopify_18_it_is_resumed_by_another_process_where_it_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The storage's connection breaks in the third page: what was read is not read again."""
    monkeypatch.setattr(catalogs, "PAGE_PRODUCTS", 10)
    stocked(world, 40)
    index, walk = CatalogIndex(), Walk()
    catalog = world.catalog()
    for _ in range(3):
        page = await catalog.changes(walk.cursor)
        index.apply("acme", page.products)
        walk.take(page)
    offset = int((walk.cursor or "").split("/")[1])
    world.api.cut_at = offset + 300
    with pytest.raises(CatalogError, match="cannot be reached"):
        await index.sync("acme", catalog, walk)
    world.api.fetched.clear()
    walk = await index.sync("acme", world.catalog(), walk)
    assert (index.count("acme"), walk.whole, world.api.begun) == (40, True, 1)
    assert world.api.fetched[0] == f"bytes={offset}-"


@pytest.mark.parametrize("ranges", [True, False])
async def test_shopify_18_a_storage_that_knows_no_ranges(
    world: World, monkeypatch: pytest.MonkeyPatch, ranges: bool
) -> None:
    monkeypatch.setattr(catalogs, "PAGE_PRODUCTS", 7)
    stocked(world, 30)
    world.api.ranges = ranges
    index = CatalogIndex()
    walk = await walked(world, index)
    assert (index.count("acme"), walk.whole, len(world.api.fetched)) == (30, True, 5)


async def test_a_page_ends_after_so_many_bytes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saccade_shopify.bulk.PAGE_BYTES", 1_000)
    stocked(world, 30)
    index = CatalogIndex()
    await walked(world, index)
    assert index.count("acme") == 30
    assert len(world.api.fetched) > 5


async def test_a_product_whose_variants_are_all_sold(world: World) -> None:
    stocked(world, 1, variants=[variant(5, available=False)])
    index = CatalogIndex()
    await walked(world, index)
    found = index.find("acme", "1")
    assert found is not None
    assert found.in_stock is False


async def test_lines_that_cannot_be_read_are_counted(world: World) -> None:
    stocked(world, 2)
    orphan = b'{"id":"gid://shopify/ProductVariant/7","__parentId":"gid://shopify/Product/77"}\n'
    world.api.file += b"no json\n" + orphan + b'{"id":"gid://shopify/Shop/1"}\n{"half":'
    index = CatalogIndex()
    walk = await walked(world, index)
    assert index.count("acme") == 2
    assert walk.skipped == {"not_json": 2, "no_product": 1}


async def test_an_endless_line_is_not_read(world: World) -> None:
    world.api.file = b"x" * 3_000_000
    with pytest.raises(CatalogError, match="too long"):
        await walked(world, CatalogIndex())


@pytest.mark.parametrize("state", ["FAILED", "CANCELED", "EXPIRED"])
async def test_a_bulk_query_that_fails_is_told_and_begun_anew(world: World, state: str) -> None:
    stocked(world, 3)
    world.api.states = ["RUNNING", state, state, "COMPLETED"]
    index, walk, catalog = CatalogIndex(), Walk(), world.catalog()
    with pytest.raises(CatalogError, match="bulk query failed"):
        await index.sync("acme", catalog, walk)
    await index.sync("acme", catalog, walk)
    assert (index.count("acme"), world.api.begun) == (3, 2)


async def test_one_that_is_forgotten_is_begun_anew(world: World) -> None:
    stocked(world, 3)
    world.api.states = ["FORGOTTEN", "COMPLETED"]
    index = CatalogIndex()
    await index.sync("acme", world.catalog(), Walk(cursor="77/0/0/0"))
    assert (index.count("acme"), world.api.begun) == (3, 1)


async def test_a_shop_without_products_empties_nothing(world: World) -> None:
    index = CatalogIndex()
    index.apply("acme", [LAMP])
    walk = await walked(world, index)
    assert (walk.ended, index.count("acme")) == (True, 1)


async def test_too_many_bulk_queries_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [{"code": "OPERATION_IN_PROGRESS"}]

    def run(_: object) -> dict[str, object]:
        return {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": errors}}

    monkeypatch.setattr(world.api, "_run", run)
    with pytest.raises(CatalogError, match="OPERATION_IN_PROGRESS") as raised:
        await walked(world, CatalogIndex())
    assert raised.value.after_s == 60.0


async def test_between_two_walks_it_rests(world: World) -> None:
    stocked(world, 3)
    catalog, index = world.catalog(every_s=3_600.0), CatalogIndex()
    await index.sync("acme", catalog)
    ended, world.now = world.now, world.now + 300
    await index.sync("acme", catalog)
    assert world.now >= ended + 3_600
    assert world.api.begun == 2


async def test_a_file_must_be_behind_https(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked(world, 3)
    monkeypatch.setattr("adapters.shopify.admin_api.STORAGE", STORAGE.replace("https", "http"))
    with pytest.raises(CatalogError, match="https"):
        await walked(world, CatalogIndex())
    assert world.api.fetched == []
