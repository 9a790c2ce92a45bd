"""The catalog by OCC's search: pages, single products, faults."""

import gzip
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import respx

from adapters.sap_occ.playing import asked, playing
from making import tenant
from saccade.catalog import CatalogError, CatalogIndex
from saccade.domain import Product
from saccade_sap_occ.calls import PlatformCalls
from saccade_sap_occ.catalog import OccCatalog
from saccade_sap_occ.settings import read_settings

SITE = "http://127.0.0.1:9/occ/v2/electronics"
SEARCH = f"{SITE}/products/search"
BEYOND = "Thu, 01 Jan 1970 00:00:00"

LAPTOP = {
    "code": "816324",
    "name": "Laptop",
    "price": {"value": 1249.0, "currencyIso": "EUR"},
    "stock": {"stockLevelStatus": "inStock"},
    "categories": [{"code": "576", "name": "Laptops"}, {"code": "brand_1"}],
}


def catalog(
    platform: respx.Router, *, attempts: int = 3, longest_wait_s: float = 0.0, limit: int = 1 << 20
) -> OccCatalog:
    """Over a platform that is played by respx."""
    settings = read_settings(tenant().model_copy(update={"adapter": {"catalog_page_size": 2}}))
    calls = PlatformCalls(
        playing(platform),
        attempts=attempts,
        longest_wait_s=longest_wait_s,
        limit=limit,
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
    "trouble", [429, 500, 503, httpx.ConnectError("refused"), httpx.ReadTimeout("slow")]
)
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


async def test_a_platform_that_says_when_is_left_alone_until_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    platform = respx.Router()
    route = platform.get(SEARCH)
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=25), usegmt=True)
    route.side_effect = [
        httpx.Response(429, headers={"Retry-After": "7"}),
        httpx.Response(503, headers={"Retry-After": soon}),
        httpx.Response(503, headers={"Retry-After": "whenever"}),
        httpx.Response(503, headers={"Retry-After": f"{BEYOND} +{'9' * 20}"}),
        httpx.Response(200, json={}),
    ]
    await catalog(platform, attempts=5, longest_wait_s=30.0).changes(None)
    assert 7 <= slept[0] <= 10
    assert 20 <= slept[1] <= 25
    assert max(slept[2:]) <= 10


async def test_one_that_says_much_later_is_not_asked_again() -> None:
    platform = respx.Router()
    route = platform.get(SEARCH).respond(429, headers={"Retry-After": "1800"})
    with pytest.raises(CatalogError, match="429") as caught:
        await catalog(platform, longest_wait_s=30.0).changes(None)
    assert (route.call_count, caught.value.after_s) == (1, 1800)


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


class Broken(httpx.AsyncByteStream):
    """A body that begins and does not end."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"products":['
        raise httpx.RemoteProtocolError("peer closed connection")


class Endless(httpx.AsyncByteStream):
    """A body of whatever length is read of it."""

    sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.sent < 1 << 30:
            self.sent += 1 << 16
            yield b" " * (1 << 16)


@pytest.mark.parametrize(
    ("answer", "reason", "attempts"),
    [
        (lambda: httpx.Response(200, text="<html>"), "not_json", 1),
        (lambda: httpx.Response(200, stream=Broken()), "truncated", 3),
        (lambda: httpx.Response(200, stream=Endless()), "too_large", 1),
        (
            lambda: httpx.Response(
                200,
                headers={"Content-Encoding": "gzip"},
                stream=httpx.ByteStream(gzip.compress(b" " * (1 << 21))),
            ),
            "coding",
            1,
        ),
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


async def test_no_more_is_read_than_the_limit() -> None:
    body = Endless()
    platform = respx.Router()
    platform.get(SEARCH).mock(return_value=httpx.Response(200, stream=body))
    await catalog(platform, limit=1 << 20).changes("1/3")
    assert body.sent <= (1 << 20) + (1 << 16)


async def test_a_gzipped_page_is_read() -> None:
    packed = httpx.ByteStream(gzip.compress(b'{"products":[{"code":"1"}]}'))
    coding = {"Content-Encoding": "gzip"}
    platform = respx.Router()
    platform.get(SEARCH).mock(return_value=httpx.Response(200, headers=coding, stream=packed))
    assert (await catalog(platform).changes(None)).products == (Product("1"),)
