"""The adapter against the stand-in, over real HTTP: Shopify 16, 17 and 18 with nobody mocked."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from cryptography.fernet import Fernet
from pydantic import SecretStr

from demo.shopify.conftest import SECRET, made
from saccade.catalog import CatalogError, CatalogIndex, Walk
from saccade.domain import Product
from saccade_demo.shopify import Served, Shop, served
from saccade_shopify.bulk import BulkOperations
from saccade_shopify.calls import Calls
from saccade_shopify.catalog import ShopifyCatalog
from saccade_shopify.grants import Grants
from saccade_shopify.graphql import Admin, Graphql
from saccade_shopify.products import Items
from saccade_shopify.tokens import ShopTokens
from saccade_shopify.vault import Vault

LAPTOP = "7000000816324"


class Adapted:
    """The adapter's own parts, as its factory puts them together."""

    def __init__(self, here: Served, folder: Path) -> None:
        self.here, self.shop = here, here.shop
        calls = Calls(httpx.AsyncHTTPTransport, attempts=2, longest_wait_s=0.1)
        self.vault = Vault(f"sqlite:///{folder / 'r.db'}", (Fernet.generate_key().decode(),))
        grants = Grants("client", lambda: (SecretStr(SECRET),), calls)
        self.tokens = ShopTokens(self.vault, grants, self.shop.clock)
        admin = Admin(self.shop.domain, here.url, "2026-10")
        graphql = Graphql(admin, self.tokens, calls)
        bulk = BulkOperations(graphql, calls, clear=True)
        self.catalog = ShopifyCatalog(graphql, bulk, Items(), 0.0)

    async def install(self) -> None:
        """As an embedded page does."""
        await self.tokens.exchange(self.shop.domain, self.here.url, self.shop.session_token())


@pytest_asyncio.fixture
async def adapted(tmp_path: Path) -> AsyncIterator[Adapted]:
    shop = Shop("lab.myshopify.com", made(), seed="t")
    shop.install()
    async with served(shop, delivering=False) as here:
        one = Adapted(here, tmp_path)
        await one.install()
        yield one
        one.vault.close()


async def test_the_whole_catalog_comes_by_a_bulk_operation(adapted: Adapted) -> None:
    index = CatalogIndex()
    await index.sync("lab", adapted.catalog)
    laptop = index.find("lab", LAPTOP)
    assert laptop is not None
    assert (laptop.name, laptop.price, laptop.currency) == ("Kestrel Aero 14", "1049.00", "USD")
    assert laptop.in_stock is True
    assert index.count("lab") == 69


async def test_a_result_that_breaks_off_is_read_on_to_its_end(adapted: Adapted) -> None:
    adapted.shop.faults.cut_results_at = 20_000
    index, walk = CatalogIndex(), Walk()
    for _ in range(3):
        try:
            walk = await index.sync("lab", adapted.catalog, walk)
        except CatalogError:
            continue
        break
    assert index.count("lab") == 69


async def test_products_are_asked_for_by_id_within_the_cost_of_one_query(
    adapted: Adapted,
) -> None:
    wanted = [str(number) for number in list(adapted.shop.products)[:20]]
    found = await adapted.catalog.get(wanted)
    assert {one.id for one in found} == set(wanted)
    item = adapted.shop.products[int(LAPTOP)].variants[0].item
    (laptop,) = await adapted.catalog.get([f"gid://shopify/InventoryItem/{item}"])
    assert isinstance(laptop, Product)
    assert laptop.id == LAPTOP


async def test_throttled_answers_are_waited_for(adapted: Adapted) -> None:
    adapted.shop.faults.throttled = 2
    assert len(await adapted.catalog.get([LAPTOP])) == 1


async def test_a_lost_refresh_costs_another_and_loses_nothing(adapted: Adapted) -> None:
    shop = adapted.shop
    before = await adapted.tokens.get(shop.domain, adapted.here.url)
    shop.clock.ahead(3_500)
    shop.faults.lost_token_answers = 1
    after = await adapted.tokens.get(shop.domain, adapted.here.url)
    assert after != before
    assert shop.credentials.scope(after) is not None


async def test_uninstalled_the_shop_gives_nothing_and_a_reinstall_starts_anew(
    adapted: Adapted,
) -> None:
    adapted.shop.uninstall()
    with pytest.raises(CatalogError):
        await adapted.catalog.get([LAPTOP])
    await adapted.tokens.drop(adapted.shop.domain)
    adapted.shop.install()
    await adapted.install()
    assert len(await adapted.catalog.get([LAPTOP])) == 1
