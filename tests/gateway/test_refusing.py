"""Calls that are not forwarded, and answers that are no answers: problem documents (RFC 9457)."""

import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request

from faults import upstream as up
from faults.page import PRODUCT, SHOPPER, Measured, SteeredEngine, identities, page_path
from faults.upstream import Script
from faults.wire import Caller, Wire, call, exchange, request
from making import tenant
from saccade_gateway import Gateway, Platform, Site, Sites
from saccade_sap_occ import factory

PREFIX = "/occ/v2/electronics"


def problem(answer: Wire, status: int) -> str:
    """Checks the document; returns its detail."""
    assert answer.status == status
    assert answer.value(b"content-type") == b"application/problem+json"
    assert answer.value(b"cache-control") == b"no-store"
    document = msgspec.json.decode(answer.body)
    assert set(document) == {"type", "title", "status", "detail"}
    assert document["status"] == status
    assert "127.0.0.1" not in document["detail"]
    return str(document["detail"])


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/occ/v2/electronics/products/1",
        "https://127.0.0.1/occ/v2/electronics/products/1",
        "http://shop.example/occ/v2/electronics/products/1",
        f"{PREFIX}/products/1#fragment",
    ],
)
async def test_only_paths_are_served(target: str) -> None:  # sap-occ 15
    async with page_path(up.json(b"{}")) as page:
        problem(await call(page.port, target, SHOPPER), 400)
        assert page.asked_upstream == []


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/occ/v2/",
        "/occ/v2/apparel/products/1",
        "/occ/v2/electronics",
        "/occ/v2/electronicsx/products/1",
        "/occ/v1/electronics/products/1",
        "/authorizationserver/oauth/token",
        "//evil.example/occ/v2/electronics/products/1",
        f"{PREFIX}/../apparel/products/1",
        f"{PREFIX}/%2e%2e/apparel/products/1",
        f"{PREFIX}/%2E./apparel",
        f"{PREFIX}/..%2fapparel",
        f"{PREFIX}/..%5capparel",
        f"{PREFIX}/%252e%252e/apparel",
        f"{PREFIX}/..;x=1/apparel",
        f"{PREFIX}/..%3Bx/apparel",
        f"{PREFIX}/./products",
        f"{PREFIX}/products/%00",
        f"{PREFIX}/..",
        "/api/product/",
        "/api/product/..",
        "/api/product/%2e%2e",
        "/api/product/a/b",
        "/api/product/..%2Fusers",
    ],
)
async def test_nothing_leaves_the_base_site(target: str) -> None:  # sap-occ 15
    async with page_path(up.json(b"{}")) as page:
        problem(await call(page.port, target, SHOPPER), 404)
        assert page.asked_upstream == []


async def test_our_own_route_only_reads() -> None:
    async with page_path(up.json(b"{}")) as page:
        problem(await call(page.port, "/api/product/1", method="POST"), 404)
        assert page.asked_upstream == []


@pytest.mark.parametrize("target", [PRODUCT, f"{PREFIX}/a", "/api/product/1", "/"])
async def test_a_trace_is_refused(target: str) -> None:
    async with page_path(up.json(b"{}")) as page, await Caller.connect(page.port) as caller:
        await caller.send(request(target, SHOPPER, ("Cookie", "JSESSIONID=1"), method="TRACE"))
        answer = await caller.answer()
        problem(answer, 405)
        assert answer.value(b"allow") == b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
        assert await caller.reader.read() == b""  # nothing behind it is read as a call
        assert page.asked_upstream == []
        assert page.metrics.refusals == [405]


@pytest.mark.parametrize("target", [PRODUCT, "127.0.0.1:22"])
async def test_a_tunnel_is_refused(target: str) -> None:
    """By our door where a call comes to it: aiohttp's routes know no path in a CONNECT."""
    metrics, platform = Measured(), Platform(tenant().upstream)
    sites = Sites([Site(tenant(), factory.build(tenant()), platform)])
    gateway = Gateway(SteeredEngine(), sites, identities, metrics=metrics)
    response = await gateway.handle(make_mocked_request("CONNECT", target))
    assert (response.status, response.keep_alive) == (405, False)
    assert metrics.refusals == [405]
    await sites.close()
    async with page_path(up.json(b"{}")) as page:
        answer = await call(page.port, target, SHOPPER, method="CONNECT")
        assert answer.status in (404, 405)
        assert page.asked_upstream == []


@pytest.mark.parametrize("name", ["search", "suggestions", "expressupdate"])
async def test_a_search_is_no_product_of_our_own_route(name: str) -> None:
    async with page_path(up.json(b'{"products":[]}')) as page:
        problem(await page.get(f"/api/product/{name}?query=x"), 404)
        assert page.engine.asked == []
        assert page.asked_upstream == []


POST = b"POST /occ/v2/electronics/a HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /occ/v2/electronics/a HTTP/1.1\r\n"
LENGTH, CHUNKED = b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n"

DOUBTFUL = {
    "length, then chunked": POST + LENGTH + CHUNKED + b"\r\n0\r\n\r\n",
    "chunked, then length": POST + CHUNKED + LENGTH + b"\r\n0\r\n\r\n",
    "two lengths": POST + LENGTH + b"Content-Length: 4\r\n\r\nabcd",
    "one length twice": POST + LENGTH + LENGTH + b"\r\nabc",
    "signed length": POST + b"Content-Length: +3\r\n\r\nabc",
    "unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n",
    "coding after chunked": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "space before the colon": GET + b"Host: x\r\nContent-Length : 3\r\n\r\nabc",
    "bare CR": GET + b"Host: x\r\nX: a\rb\r\n\r\n",
    "bare LF": GET + b"Host: x\nX: y\r\n\r\n",
    "folded": GET + b"Host: x\r\nX: a\r\n Content-Length: 3\r\n\r\nabc",
    "no host": GET + b"\r\n",
    "two hosts": GET + b"Host: x\r\nHost: y\r\n\r\n",
}


@pytest.mark.parametrize("name", DOUBTFUL)
async def test_a_message_of_doubtful_framing_is_refused(name: str) -> None:  # F19
    async with page_path(up.json(b"{}")) as page, await Caller.connect(page.port) as caller:
        await caller.send(DOUBTFUL[name])
        answer = await caller.answer()
        assert answer.status in (400, 501)
        assert page.asked_upstream == []
        if answer.status == 400:
            assert await caller.reader.read() == b""  # and the connection is dropped


async def test_a_coding_we_do_not_speak_is_not_passed_on_half() -> None:
    async with page_path(up.json(b"{}")) as page:
        data = request(f"{PREFIX}/a", ("Transfer-Encoding", "gzip, chunked"), method="POST")
        problem(await exchange(page.port, data + b"0\r\n\r\n"), 501)
        assert page.asked_upstream == []


BAD_ANSWERS: dict[str, Script] = {
    "garbage": up.raw(b"\x16\x03\x01 no HTTP at all\r\n\r\n"),
    "half a head": up.then(up.raw(b"HTTP/1.1 200 OK\r\nConte"), lambda line: line.close()),
    "both framings": up.raw(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "two lengths": up.raw(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello"
    ),
    "split head": up.raw(b"HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b=1\r\nContent-Length: 0\r\n\r\n"),
    "switched": up.raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "too many headers": up.raw(
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 1_100 + b"Content-Length: 0\r\n\r\n"
    ),
    "no end of head": up.raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
async def test_an_answer_that_is_none_becomes_502(name: str) -> None:
    async with page_path(BAD_ANSWERS[name]) as page:
        problem(await call(page.port, f"{PREFIX}/a"), 502)
        problem(await page.get(), 502)
        assert page.engine.deliveries == [False]


async def test_a_platform_that_is_not_there_becomes_502() -> None:
    async with page_path(up.json(b"{}")) as page:
        await page.upstream.__aexit__()
        answer = await page.get(PRODUCT)
        problem(answer, 502)
        assert page.engine.deliveries == [False]
