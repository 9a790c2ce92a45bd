"""The catalog by OCC's search: pages, single products, faults."""

from collections.abc import Callable

import httpx
import pytest
import respx

from gateway.calls_contract import Broken, Endless, packed
from gateway.playing import asked, playing
from making import tenant
from saccade.catalog import CatalogError, CatalogIndex
from saccade.domain import Product
from saccade_gateway.calls import Calls
from saccade_sap_occ.catalog import OccCatalog
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


def catalog(
    platform: respx.Router, *, attempts: int = 3, longest_wait_s: float = 0.0
) -> OccCatalog:
    """Over a platform that is played by respx."""
    settings = read_settings(tenant().model_copy(update={"adapter": {"catalog_page_size": 2}}))
    calls = Calls(
        playing(platform),
        attempts=attempts,
        longest_wait_s=longest_wait_s,
        limit=1 << 20,
    )
    return OccCatalog(settings, calls)


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
    assert (first.cursor, first.pages) == ("1/2", 2)
    last = await shop.changes(first.cursor)
    assert (last.products, last.cursor) == ((Product("3"),), None)
    requests = asked(route)
    assert [request.url.params["currentPage"] for request in requests] == ["0", "1"]
    assert {request.url.params["pageSize"] for request in requests} == {"2"}
    assert "authorization" not in requests[0].headers


@pytest.mark.parametrize("total", [3, 10**7, 10**12])
async def test_totals_that_lie_end_with_the_first_empty_page(total: int) -> None:
    platform = respx.Router()
    told = {"pagination": {"totalPages": total}}
    route = platform.get(SEARCH)
    route.side_effect = [
        httpx.Response(200, json={"products": [{"code": "1"}], **told}),
        httpx.Response(200, json={"products": [], **told}),
    ]
    index = CatalogIndex()
    index.apply("lab", [Product("2")])
    walk = await index.sync("lab", catalog(platform))
    assert [request.url.params["currentPage"] for request in asked(route)] == ["0", "1"]
    assert walk.skipped == {"empty": 1}
    assert index.count("lab") == 2  # what was not met may stand on a page that was not shown


@pytest.mark.parametrize("cursor", ["", "7", "a/b", "-1/2", "1/2/3", "٣/٤"])
async def test_what_is_no_cursor_starts_anew(cursor: str) -> None:
    platform = respx.Router()
    route = platform.get(SEARCH).respond(200, json={})
    await catalog(platform).changes(cursor)
    assert asked(route)[0].url.params["currentPage"] == "0"


async def test_prices_keep_their_digits_and_absent_facts_stay_absent() -> None:  # OCC 20
    body = (
        b'{"products":[{"code":"1","price":{"value":0.10000000000000000001}},'
        b'{"code":"2","stock":{"stockLevelStatus":"outOfStock"}},{"code":"3","stock":{}},'
        b'{"code":"4","price":null,"stock":null,"categories":null,"name":null}]}'
    )
    platform = respx.Router()
    platform.get(SEARCH).respond(200, content=body)
    products = (await catalog(platform).changes(None)).products
    assert products[0].price == "0.10000000000000000001"
    assert [product.in_stock for product in products] == [None, False, None, None]
    assert products[3] == Product("4")


async def test_a_product_that_cannot_be_read_costs_only_itself() -> None:
    body = (
        b'{"products":[{"code":"1","price":"dear"},{"name":"without a code"},7,{"code":"2"},'
        b'{"code":"3","price":{"value":"Infinity"}}],"pagination":{"totalPages":1}}'
    )
    platform = respx.Router()
    platform.get(SEARCH).respond(200, content=body)
    page = await catalog(platform).changes(None)
    assert page.products == (Product("1"), Product("2"), Product("3"))
    assert page.skipped == ("product_without_code",) * 2


async def test_single_products_by_code() -> None:
    platform = respx.Router()
    platform.get(f"{SITE}/products/816324").respond(200, json=LAPTOP)
    slashed = platform.get(f"{SITE}/products/A%2FB").respond(200, json={"code": "A/B"})
    for status, code in ((404, "gone"), (400, "unknown")):
        platform.get(f"{SITE}/products/{code}").respond(status, json={"errors": []})
    found = await catalog(platform).get(["816324", "gone", "A/B", "unknown"])
    assert [product.id for product in found] == ["816324", "A/B"]
    (request,) = asked(slashed)
    assert request.url.raw_path.startswith(b"/occ/v2/electronics/products/A%2FB?")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400),
        httpx.Response(401),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, content=b'{"products":[{"code":"1"}'),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(302, headers={"location": "http://169.254.169.254/"}),
    ],
    ids=range(7),
)
async def test_what_will_not_pass_is_said_at_once(answer: httpx.Response) -> None:
    platform = respx.Router()
    route = platform.get(SEARCH).mock(return_value=answer)
    with pytest.raises(CatalogError) as caught:
        await catalog(platform).changes(None)
    assert route.call_count == 1
    assert "127.0.0.1" not in str(caught.value)


async def test_a_401_without_a_client_names_the_setting() -> None:  # OCC 16
    platform = respx.Router()
    platform.get(SEARCH).respond(401)
    with pytest.raises(CatalogError, match=r"set adapter\.client_id"):
        await catalog(platform).changes(None)


@pytest.mark.parametrize(
    ("answer", "reason", "attempts"),
    [
        (lambda: httpx.Response(200, text="<html>"), "not_json", 1),
        (lambda: httpx.Response(200, stream=Broken()), "truncated", 3),
        (lambda: httpx.Response(200, stream=Endless()), "too_large", 1),
        (lambda: packed(b" " * (1 << 21)), "coding", 1),
    ],
)
async def test_a_page_that_cannot_be_read_is_lost_and_counted(
    answer: Callable[[], httpx.Response], reason: str, attempts: int
) -> None:
    platform = respx.Router()

    def answers(_: httpx.Request) -> httpx.Response:
        return answer()

    route = platform.get(SEARCH).mock(side_effect=answers)
    shop = catalog(platform)
    page = await shop.changes("1/3")
    assert (page.products, page.lost, page.cursor) == ((), reason, "2/3")
    assert route.call_count == attempts
    with pytest.raises(CatalogError):  # the first page says how many there are
        await shop.changes(None)
