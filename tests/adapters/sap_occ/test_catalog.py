"""The catalog by OCC's search: pages, single products, faults."""

from collections.abc import Iterable
from typing import Any, cast

import httpx
import pytest
import respx

from making import tenant
from saccade.domain import Product
from saccade_sap_occ.catalog import CatalogError, OccCatalog
from saccade_sap_occ.settings import read_settings

SITE = "http://127.0.0.1:9/occ/v2/electronics"
SEARCH = f"{SITE}/products/search"

LAPTOP = {
    "code": "816324",
    "name": "Laptop",
    "price": {"value": 1249.0, "currencyIso": "EUR"},
    "stock": {"stockLevelStatus": "inStock"},
    "categories": [{"code": "576", "name": "Laptops"}, {"code": "brand_1"}],
}


def catalog(platform: respx.Router, *, attempts: int = 3) -> OccCatalog:
    """Over a platform that is played by respx."""
    settings = read_settings(tenant().model_copy(update={"adapter": {"catalog_page_size": 2}}))
    return OccCatalog(
        settings,
        lambda: httpx.MockTransport(platform.async_handler),
        attempts=attempts,
        longest_wait_s=0.0,
    )


async def test_pages_follow_one_another_to_the_end() -> None:
    platform = respx.Router()
    route = platform.get(SEARCH)
    route.side_effect = [
        httpx.Response(
            200, json={"products": [LAPTOP, {"code": "2"}], "pagination": {"totalPages": 2}}
        ),
        httpx.Response(200, json={"products": [{"code": "3"}], "pagination": {"totalPages": 2}}),
    ]
    shop = catalog(platform)
    first = await shop.changes(None)
    assert first.products == (
        Product("816324", "Laptop", ("576", "brand_1"), "1249.0", "EUR", True),
        Product("2"),
    )
    assert first.cursor == "1"
    last = await shop.changes(first.cursor)
    assert (last.products, last.cursor) == ((Product("3"),), None)
    requests = [cast("httpx.Request", one.request) for one in cast("Iterable[Any]", route.calls)]
    assert [request.url.params["currentPage"] for request in requests] == ["0", "1"]
    assert {request.url.params["pageSize"] for request in requests} == {"2"}
    assert "authorization" not in requests[0].headers


async def test_prices_keep_their_digits_and_absent_facts_stay_absent() -> None:
    body = (
        b'{"products":[{"code":"1","price":{"value":0.10000000000000000001}},'
        b'{"code":"2","stock":{"stockLevelStatus":"outOfStock"}},{"code":"3","stock":{}}]}'
    )
    platform = respx.Router()
    platform.get(SEARCH).respond(200, content=body)
    products = (await catalog(platform).changes(None)).products
    assert products[0].price == "0.10000000000000000001"
    assert [product.in_stock for product in products] == [None, False, None]


async def test_single_products_by_code() -> None:
    platform = respx.Router()
    platform.get(f"{SITE}/products/816324").respond(200, json=LAPTOP)
    platform.get(f"{SITE}/products/A%2FB").respond(200, json={"code": "A/B"})
    for status, code in ((404, "gone"), (400, "unknown")):
        platform.get(f"{SITE}/products/{code}").respond(status, json={"errors": []})
    found = await catalog(platform).get(["816324", "gone", "A/B", "unknown"])
    assert [product.id for product in found] == ["816324", "A/B"]


@pytest.mark.parametrize("trouble", [429, 500, 503, httpx.ConnectError("refused")])
async def test_what_may_pass_is_tried_again(trouble: int | Exception) -> None:
    platform = respx.Router()
    first = httpx.Response(trouble) if isinstance(trouble, int) else trouble
    platform.get(SEARCH).side_effect = [first, httpx.Response(200, json={"products": []})]
    assert (await catalog(platform).changes(None)).products == ()


async def test_it_is_given_up_after_a_few_times() -> None:
    platform = respx.Router()
    route = platform.get(SEARCH).respond(503)
    with pytest.raises(CatalogError, match="503"):
        await catalog(platform, attempts=3).changes(None)
    assert route.call_count == 3


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"products": [{"name": "without a code"}]}),
        httpx.Response(302, headers={"location": "http://169.254.169.254/"}),
    ],
    ids=range(5),
)
async def test_what_will_not_pass_is_said_at_once(answer: httpx.Response) -> None:
    platform = respx.Router()
    route = platform.get(SEARCH).mock(return_value=answer)
    with pytest.raises(CatalogError) as caught:
        await catalog(platform).changes(None)
    assert route.call_count == 1
    assert "127.0.0.1" not in str(caught.value)
