"""Calls that are not decided: not a byte changes but what belongs to one hop (R27, R32)."""

import asyncio
from ipaddress import ip_network

import pytest

from faults import upstream as up
from faults.page import PRODUCT, SHOPPER, page_path
from faults.upstream import Line, Received
from faults.wire import Caller, Wire, call, exchange, request
from saccade_gateway.arrival import TrustedHops

CART = "/occ/v2/electronics/users/anonymous/carts"


def same(direct: Wire, through: Wire) -> None:
    """The page contract: status, end-to-end headers and body."""
    assert through.status == direct.status
    assert through.reason == direct.reason
    assert through.end_to_end == direct.end_to_end
    assert through.body == direct.body
    assert through.complete
    assert direct.complete


async def test_a_call_without_identity_passes_and_stays_cacheable() -> None:
    headers = (
        (b"ETag", b'"abc"'),
        (b"Cache-Control", b"public, max-age=300"),
        (b"Last-Modified", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    )
    async with page_path(up.json(b'{"code":"816324"}', *headers)) as page:
        same(await call(page.upstream.port, PRODUCT), await call(page.port, PRODUCT))
        assert page.engine.asked == []


@pytest.mark.parametrize(
    "target",
    [
        "/occ/v2/electronics/products/search?query=a%20b:relevance&currentPage=0",
        "/occ/v2/electronics/products/816324/references?fields=a(b),c",
        "/occ/v2/electronics/products/AB%2FCD%20%7E~?x=%2f&y=+&&z",
        "/occ/v2/electronics/a//b/./c".replace("/./", "/"),
        "/occ/v2/electronics/products/1?",
        "/occ/v2/electronics/products/%e4?q=%E4",
        "/occ/v2/basesites?fields=FULL",
    ],
)
async def test_path_and_query_go_byte_for_byte(target: str) -> None:  # sap-occ 1
    async with page_path(up.json(b"{}")) as page:
        await call(page.port, target)
        assert page.asked_upstream == [target.encode()]


async def test_our_marks_are_taken_off() -> None:
    async with page_path(up.json(b"{}")) as page:
        await call(
            page.port,
            f"{CART}?lang=en&saccade_session=abc&saccade_view=v1&site=lab&curr=USD",
            SHOPPER,
            ("x-saccade-view", "v1"),
            ("Cookie", "a=1; saccade_session=abc; b=2"),
            ("X-Custom", "kept"),
        )
        received = page.upstream.last
        assert received.target == f"{CART}?lang=en&curr=USD".encode()
        assert received.values(b"cookie") == [b"a=1; b=2"]
        assert received.values(b"x-custom") == [b"kept"]
        assert received.values(b"x-session-id") == []
        assert received.values(b"x-saccade-view") == []
        assert b"saccade" not in received.raw_head
        assert b"abc" not in received.raw_head


async def test_the_platform_hears_its_own_host_and_who_forwarded() -> None:
    async with page_path(up.json(b"{}")) as page:
        await call(page.port, CART, ("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Host", "evil"))
        received = page.upstream.last
        assert received.values(b"host") == [f"127.0.0.1:{page.upstream.port}".encode()]
        assert received.values(b"x-forwarded-for") == [b"127.0.0.1"]
        assert received.values(b"x-forwarded-host") == [b"shop.example"]


async def test_a_trusted_hop_is_believed() -> None:
    hops = TrustedHops((ip_network("127.0.0.0/8"),))
    async with page_path(up.json(b"{}"), hops=hops) as page:
        said = (("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"))
        await call(page.port, CART, *said)
        received = page.upstream.last
        assert received.values(b"x-forwarded-for") == [b"6.6.6.6, 127.0.0.1"]
        assert received.values(b"x-forwarded-proto") == [b"https"]


async def test_nothing_is_added_for_the_platform() -> None:
    async with page_path(up.json(b"{}")) as page:
        await exchange(page.port, request(CART, ("X-Only", "1")))
        names = [name.lower() for name, _ in page.upstream.last.headers]
        assert names == [
            b"host",
            b"x-only",
            b"x-forwarded-for",
            b"x-forwarded-proto",
            b"x-forwarded-host",
        ]


async def test_nothing_is_added_for_the_shopper() -> None:
    async with page_path(up.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")) as page:
        through = await call(page.port, CART)
        assert through.headers == ((b"Content-Length", b"2"),)


async def test_several_cookies_stay_apart_in_their_order() -> None:  # sap-occ, F18
    cookies = ((b"Set-Cookie", b"a=1; Path=/"), (b"X", b"y"), (b"set-cookie", b"b=2, c=3"))
    async with page_path(up.answer(b"x", *cookies)) as page:
        same(await call(page.upstream.port, CART), await call(page.port, CART))


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified", b"205 Reset Content"])
async def test_answers_without_a_body(status: bytes) -> None:  # F18
    script = up.answer(b"", (b"ETag", b'"1"'), status=status, framed=status[:3] == b"205")
    async with page_path(script) as page:
        same(*await page.both())
        same(*await page.both())  # and the connections are still in order
        assert page.engine.deliveries == [False, False]


async def test_a_head_tells_the_length_it_spares() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    async with page_path(up.raw(head)) as page:
        data = request(PRODUCT, SHOPPER, method="HEAD")
        direct = await exchange(page.upstream.port, data, method="HEAD")
        async with await Caller.connect(page.port) as caller:
            for _ in range(2):
                await caller.send(data)
                through = await caller.answer(b"HEAD")
                same(direct, through)
                assert through.value(b"content-length") == b"5000"
        assert page.engine.asked == []
        assert page.upstream.connections == 2  # the direct one, and one for both


@pytest.mark.parametrize(
    "status",
    [
        b"299 Whatever You Say",
        b"400 Bad Request",
        b"401 Unauthorized",
        b"404 Not Found",
        b"429 Too Many Requests",
        b"500 Internal Server Error",
        b"503 Service Unavailable",
    ],
)
async def test_errors_pass_unchanged(status: bytes) -> None:  # F10, sap-occ 5
    body = b'{"errors":[{"type":"InvalidTokenError","message":"Invalid access token"}]}'
    retry = (b"Retry-After", b"120")
    async with page_path(up.json(body, retry, status=status)) as page:
        same(*await page.both())
        assert page.engine.deliveries == [False]


async def test_an_unknown_product_is_the_platforms_own_404() -> None:
    body = b'{"errors":[{"type":"UnknownIdentifierError","reason":"notFound"}]}'
    async with page_path(up.json(body, status=b"404 Not Found")) as page:
        direct = await call(page.upstream.port, PRODUCT)
        same(direct, await page.get("/api/product/nope"))
        same(direct, await page.get(PRODUCT))


async def test_redirects_are_passed_and_never_followed() -> None:  # F15
    inward = (b"Location", b"http://169.254.169.254/latest/meta-data/")
    async with page_path(up.answer(b"", inward, status=b"302 Found")) as page:
        same(*await page.both())
        assert len(page.upstream.received) == 2


async def test_a_body_goes_up_in_the_framing_it_came_in() -> None:
    async with page_path(up.json(b"{}", status=b"201 Created")) as page:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            await exchange(page.port, request(CART, method=method, body=b'{"a":1}'))
            received = page.upstream.last
            assert (received.method, received.body) == (method.encode(), b'{"a":1}')
            assert received.values(b"content-length") == [b"7"]
            assert received.values(b"transfer-encoding") == []
        await exchange(
            page.port,
            request(CART, ("Transfer-Encoding", "chunked"), method="POST")
            + b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
        )
        assert page.upstream.last.body == b"abcdefg"
        assert page.upstream.last.values(b"transfer-encoding") == [b"chunked"]
        assert page.upstream.last.values(b"content-length") == []


async def test_an_encoded_request_body_is_not_decoded() -> None:
    body = b"\x1f\x8b not really gzip"
    async with page_path(up.json(b"{}")) as page:
        await exchange(
            page.port, request(CART, ("Content-Encoding", "gzip"), method="POST", body=body)
        )
        assert page.upstream.last.body == body
        assert page.upstream.last.values(b"content-encoding") == [b"gzip"]


async def test_a_call_with_no_body_gets_no_framing() -> None:
    async with page_path(up.json(b"{}")) as page:
        for method in ("DELETE", "POST", "OPTIONS"):
            await call(page.port, CART, method=method)
            assert page.upstream.last.values(b"content-length") == []
            assert page.upstream.last.values(b"transfer-encoding") == []


async def test_bodies_stream_both_ways_at_once() -> None:
    """An echo that answers while it is still being sent to proves that nothing is gathered."""

    async def echo(_: Received, line: Line) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while (size := int(await line.reader.readuntil(b"\r\n"), 16)) > 0:
            piece = (await line.reader.readexactly(size + 2))[:-2]
            await line.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        await line.reader.readuntil(b"\r\n")
        await line.send(b"0\r\n\r\n")

    async with (
        page_path(echo, reads_body=False) as page,
        await Caller.connect(page.port) as caller,
    ):
        await caller.send(request(CART, ("Transfer-Encoding", "chunked"), method="POST"))
        assert (await caller.head())[0] == 200
        for piece in (b"one", b"two"):
            await caller.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            expected = b"%x\r\n%b\r\n" % (len(piece), piece)
            assert await caller.reader.readexactly(len(expected)) == expected
        await caller.send(b"0\r\n\r\n")
        assert await caller.reader.readexactly(5) == b"0\r\n\r\n"


async def test_the_head_does_not_wait_for_the_body() -> None:  # F9
    go = asyncio.Event()

    async def slow(_: Received, line: Line) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n")
        await go.wait()
        await line.send(b"hi")

    async with page_path(slow) as page, await Caller.connect(page.port) as caller:
        await caller.send(request(CART))
        assert (await caller.head())[0] == 200
        go.set()
        assert await caller.reader.readexactly(2) == b"hi"


async def test_a_call_for_http_1_0_ends_with_its_connection() -> None:
    async with page_path(up.chunked(b'{"a":', b"1}")) as page:
        through = await exchange(page.port, request(CART, version="1.0"))
        assert (through.status, through.body) == (200, b'{"a":1}')
        assert through.values(b"transfer-encoding") == []


async def test_one_connection_carries_many_calls() -> None:
    async with page_path(up.json(b'{"a":1}')) as page, await Caller.connect(page.port) as caller:
        for _ in range(5):
            await caller.send(request(CART))
            assert (await caller.answer()).body == b'{"a":1}'
        assert page.upstream.connections == 1


async def test_a_body_that_ends_with_its_connection_is_framed_anew() -> None:
    old = up.raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold ", b"server")
    async with page_path(up.then(old, Line.close)) as page:
        through = await call(page.port, CART)
        assert (through.body, through.complete) == (b"old server", True)
        assert through.value(b"transfer-encoding") == b"chunked"


async def test_two_shoppers_never_share_a_cookie() -> None:  # sap-occ 23
    async def cookies(received: Received, line: Line) -> None:
        # A name, not an address, and a cookie for its domain: what a jar would keep and send on.
        who = received.values(b"x-who")[0]
        seen = b";".join(received.values(b"cookie"))
        await up.answer(
            b'{"who":"%b","seen":"%b"}' % (who, seen),
            (b"Content-Type", b"application/json"),
            (b"Set-Cookie", b"JSESSIONID=secret-of-%b; Path=/" % who),
        )(received, line)

    async with page_path(cookies) as page:
        for who in ("alice", "bob") * 3:
            through = await call(page.port, CART, ("X-Who", who))
            assert through.body == b'{"who":"%b","seen":""}' % who.encode()
            assert page.upstream.last.values(b"cookie") == []
