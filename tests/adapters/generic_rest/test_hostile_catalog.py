"""A hostile or broken catalog: what it sends is counted, the rest is read, and pages go on."""

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from adapters.generic_rest.platforms import catalog, platform, says
from adapters.generic_rest.served import served
from adapters.generic_rest.test_catalog import ONE
from saccade.catalog import CatalogError, CatalogIndex
from saccade.domain import Product
from saccade_gateway.calls import UnreadableError
from saccade_generic_rest import paging
from saccade_generic_rest.catalog import MOST_PRODUCTS

SCRIPT = "</script><script>alert(1)</script>"

HOSTILE: list[tuple[object, Product | None, tuple[str, ...]]] = [
    ({"id": "ok", "name": SCRIPT}, Product("ok", SCRIPT, currency="EUR"), ()),
    ({"name": "nobody"}, None, ("id_missing",)),
    ({"id": {"a": 1}}, None, ("id_of_wrong_type",)),
    ({"id": True}, None, ("id_of_wrong_type",)),
    ({"id": 1.5}, None, ("id_of_wrong_type",)),
    ({"id": ""}, None, ("id_unusable",)),
    ({"id": "x" * 129}, None, ("id_unusable",)),
    ({"id": "a\nb"}, None, ("id_unusable",)),
    ("not an object", None, ("id_missing",)),
    (None, None, ("id_missing",)),
    ([[[1]]], None, ("id_missing",)),
    ({"id": "n", "name": ["x"]}, Product("n", currency="EUR"), ("name_of_wrong_type",)),
    ({"id": "l", "name": "x" * 1_001}, Product("l", currency="EUR"), ("name_too_long",)),
    ({"id": "p", "price": "1e9999999"}, Product("p", currency="EUR"), ("price_no_amount",)),
    ({"id": "q", "price": -1}, Product("q", currency="EUR"), ("price_no_amount",)),
    ({"id": "r", "price": {}}, Product("r", currency="EUR"), ("price_of_wrong_type",)),
    ({"id": "s", "price": "1,299.00"}, Product("s", currency="EUR"), ("price_no_amount",)),
    ({"id": "t", "stock": []}, Product("t", currency="EUR"), ("in_stock_of_wrong_type",)),
    ({"id": "v", "stock": "12"}, Product("v", currency="EUR", in_stock=True), ()),
    ({"id": "w", "stock": "-3"}, Product("w", currency="EUR", in_stock=False), ()),
    ({"id": "u", "stock": "maybe"}, Product("u", currency="EUR"), ("in_stock_of_wrong_type",)),
]


async def test_each_thing_that_cannot_be_read_is_counted_and_the_rest_is_read(
    tmp_path: Path,
) -> None:
    async with platform(lambda _: says({"rows": [row for row, _, _ in HOSTILE]})) as shop:
        page = await catalog(tmp_path, ONE, shop.url).changes(None)
    assert page.products == tuple(product for _, product, _ in HOSTILE if product is not None)
    assert page.skipped == tuple(reason for _, _, told in HOSTILE for reason in told)


@pytest.mark.parametrize(
    "number", [b"1e400", b"1e-400", b"9" * 60, b"0." + b"1" * 200, b"-0.0", b"1E+30"]
)
async def test_numbers_beyond_all_prices(number: bytes, tmp_path: Path) -> None:
    body = b'{"rows":[{"id":"a","price":%b}]}' % number
    async with platform(lambda _: says(body)) as shop:
        page = await catalog(tmp_path, ONE, shop.url).changes(None)
    (product,) = page.products
    assert product.price is None or Decimal(product.price) == 0
    assert product.price is not None or page.skipped == ("price_no_amount",)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"<html>", "not_json"),
        (b'{"rows":[{"id":NaN}]}', "not_json"),
        (b'{"rows":' + b"[" * 50_000, "not_json"),
        (b'{"rows":[{"id":"\\ud800"}]}', "not_json"),
        (b'{"rows":"none"}', "no_list"),
        (b'{"rows":{"0":{"id":1}}}', "no_list"),
        (b"[]", "no_list"),
        (b'{"rows":[' + b",".join([b"1"] * (MOST_PRODUCTS + 1)) + b"]}", "too_many"),
        (b'{"rows":[{"id":"a","name":"' + b"x" * 10_000_000 + b'"}]}', "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:24]),
)
async def test_a_page_that_is_none_says_why(body: bytes, reason: str, tmp_path: Path) -> None:
    async with platform(lambda _: says(body)) as shop:
        with pytest.raises(UnreadableError) as raised:
            await catalog(tmp_path, ONE, shop.url).changes(None)
    assert raised.value.reason == reason


async def test_a_numbered_page_that_is_none_is_lost_and_the_others_are_read(tmp_path: Path) -> None:
    def answer(request: web.Request) -> web.Response:
        page = int(request.query["p"])
        return says(b"{" if page == 2 else {"rows": [{"id": f"a{page}"}], "pages": 3})

    text = ONE + 'pages = { kind = "page", param = "p", pages = "pages" }\n'
    async with platform(answer) as shop:
        walk = await CatalogIndex().sync("lab", catalog(tmp_path, text, shop.url))
    assert walk.seen == {"a1", "a3"}
    assert walk.skipped == {"not_json": 1}
    assert not walk.whole


def bomb(megabytes: int) -> bytes:
    return gzip.compress(b" " * (megabytes * 1_048_576), 9)


@pytest.mark.parametrize("coding", ["gzip", "GZip"])
async def test_a_zip_bomb_unfolds_no_further_than_the_limit(  # security: zip bombs
    coding: str, tmp_path: Path
) -> None:
    body = bomb(64)
    lying = body[:-4] + (1_000).to_bytes(4, "little")  # says that it is small
    for sent in (body, lying):
        async with platform(lambda _, sent=sent: says(sent, Content_Encoding=coding)) as shop:  # type: ignore[misc]  # the default is the body
            with pytest.raises(UnreadableError) as raised:
                await catalog(tmp_path, ONE, shop.url).changes(None)
            assert raised.value.reason == "coding"


@pytest.mark.parametrize("coding", ["deflate", "br", "gzip, gzip"])
async def test_a_coding_that_was_not_asked_for_is_not_unfolded(coding: str, tmp_path: Path) -> None:
    async with platform(lambda _: says(bomb(1), Content_Encoding=coding)) as shop:
        with pytest.raises(UnreadableError):
            await catalog(tmp_path, ONE, shop.url).changes(None)
        assert shop.headers[0]["accept-encoding"] == "gzip"


async def test_an_answer_without_end_is_left_at_the_limit(tmp_path: Path) -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 2**30:
            await response.write(b" " * 65_536)
            sent += 65_536
        return response

    async with platform(answer) as shop:
        with pytest.raises(UnreadableError) as raised:
            await catalog(tmp_path, ONE, shop.url).changes(None)
    assert raised.value.reason == "too_large"
    assert sent < 32 * 1_048_576  # what the sockets' buffers took beyond 1 MB


NEXT: dict[str, object] = {
    "itself": "x",
    "two": "two",
    "wrong type": {"cursor": 1},
    "too long": "x" * 5_000,
    "controls": "a\r\nHost: b",
}


@pytest.mark.parametrize("name", NEXT)
async def test_a_cycle_of_pages_ends(name: str, tmp_path: Path) -> None:
    def answer(request: web.Request) -> web.Response:
        other = "y" if request.query.get("after") == "x" else "x"
        return says({"rows": [{"id": "a"}], "next": other if name == "two" else NEXT[name]})

    text = ONE + 'pages = { kind = "cursor", param = "after", next = "next" }\n'
    index = CatalogIndex()
    async with platform(answer) as shop:
        with pytest.raises(CatalogError):
            await index.sync("lab", catalog(tmp_path, text, shop.url))
        assert len(shop.asked) < 10
    assert index.count("lab") <= 1


async def test_pages_made_up_for_ever_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 12)

    def answer(request: web.Request) -> web.Response:
        page = int(request.query["p"])
        return says({"rows": [{"id": f"made-up-{page}"}]})

    text = ONE + 'pages = { kind = "page", param = "p" }\n'
    async with platform(answer) as shop:
        with pytest.raises(CatalogError, match="does not end within 12 pages"):
            await CatalogIndex().sync("lab", catalog(tmp_path, text, shop.url))
        assert len(shop.asked) == 12


async def test_shoppers_of_a_shop_with_a_hostile_catalog_see_its_pages(tmp_path: Path) -> None:
    """The page is the platform's own, with the experience in it; the catalog is counted."""
    item: dict[str, object] = {"id": "1", "name": SCRIPT, "price": {}, "big": "x" * 1_000_000}
    text = ONE + '[[pages]]\ncall = "GET /api/items/{product}"\nmoment = "product"\n'

    def answer(request: web.Request) -> web.Response:
        if request.path.startswith("/api/items/"):
            return says(item)
        return says({"rows": [item, {"name": SCRIPT}, 7, None, {"id": "2"}]})

    async with platform(answer) as shop, served(tmp_path, shop.url, text) as server:
        assert server.house.engine.catalog.count("rest") == 2
        async with httpx.AsyncClient(trust_env=False, timeout=30) as shopper:
            document = await decided(shopper, f"http://127.0.0.1:{server.port}/api/items/1")
    assert document.pop("saccade")["instructions"][0]["slot"] == "promise"
    assert document == item


async def decided(shopper: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """A page; on a machine short of time one without a decision is asked for again."""
    for _ in range(100):
        page = await shopper.get(url, headers={"x-session-id": "s"})
        assert page.status_code == 200
        document: dict[str, Any] = page.json()
        if document.get("saccade", {}).get("instructions"):
            return document
    raise AssertionError(f"{url} was never decided in time")
