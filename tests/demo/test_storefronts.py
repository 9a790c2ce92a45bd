"""The storefronts as they are served, without a browser."""

import re

import aiohttp
import pytest

from saccade.campaigns import read_campaigns
from saccade.domain import DO_NOTHING
from saccade.templates import TEMPLATES
from saccade.tenants import Phase
from saccade_demo import catalog, storefronts

SERVER = "http://127.0.0.1:4711"
OURS = {"reassure", "compare", "simplify", "steady"}
"""Templates older than the catalogue of actions."""


async def test_each_shop_has_an_origin_and_a_tenant_that_is_held_to_it() -> None:  # R5
    async with storefronts.opened(SERVER) as shops:
        assert [shop.name for shop in shops] == list(storefronts.NAMES)
        assert len({shop.url for shop in shops}) == 3
        for shop in shops:
            assert shop.tenant.site.origins == (shop.url,)
            assert (shop.tenant.site.key, shop.tenant.site.open) == (shop.name, True)
            assert shop.tenant.decisioning.phase is Phase.LIVE


@pytest.mark.parametrize(
    ("place", "path"), [(0, "/"), (0, "/de"), (1, "/"), (2, "/")], ids=["en", "de", "cx", "dawn"]
)
async def test_a_page_holds_one_tag_and_no_other_mark_of_ours(place: int, path: str) -> None:  # R5
    async with storefronts.opened(SERVER) as shops, aiohttp.ClientSession() as client:
        shop = shops[place]
        async with client.get(shop.url + path) as answer:
            page = await answer.text()
        assert page.count(SERVER) == 1
        without = re.sub(r"<script src=.*?</script>", "", page)
        assert "saccade" not in without.lower()
        linked = re.findall(r'(?:src|href)="(/(?:medias/[^"]+|[a-z]+\.css))"', without)
        assert len(linked) > 5
        for file in set(linked):
            async with client.get(shop.url + file) as answer:
                assert answer.status == 200, file


async def test_the_foreign_page_is_under_a_policy_of_its_own() -> None:  # F37
    async with (
        storefronts.opened(SERVER) as shops,
        aiohttp.ClientSession() as client,
        client.get(shops[0].url) as answer,
    ):
        policy = answer.headers["Content-Security-Policy"]
    assert f"script-src {SERVER};" in policy
    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy


def test_the_campaigns_hold_and_offer_the_whole_catalogue() -> None:  # R84
    used: set[str] = set()
    for name in storefronts.NAMES:
        tenant = storefronts.shop_tenant(name, "http://127.0.0.1:1")
        operations = storefronts.factory.build(tenant).capabilities.operations
        found = read_campaigns(storefronts.folder(name), tenant, operations).all
        assert any(not campaign.paused for campaign in found)
        used |= {campaign.template for campaign in found}
    assert used == TEMPLATES.keys() - OURS
    assert DO_NOTHING in used


async def test_its_products_are_the_labs() -> None:
    adapter = storefronts.factory.build(storefronts.shop_tenant("dawn", "http://127.0.0.1:1"))
    page = await adapter.catalog.changes(None)
    assert {product.id for product in page.products} == catalog.load().products.keys()
    assert page.cursor is None
    (one,) = await adapter.catalog.get(("650404", "nothing"))
    assert one.name == "Sola Room Wood"
