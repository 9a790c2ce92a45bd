"""The checklist of a middleware before OCC, what passes: points 1, 2, 4, 5, 7, 10-13, 15 and 23.

Each through a real gateway, over real sockets; the platform is scripted byte for byte.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator
from ipaddress import ip_network
from pathlib import Path

import pytest

from adapters.sap_occ.served import beside_the_sync, served
from faults import upstream as up
from faults.page import PRODUCT, SHOPPER, SteeredEngine, gateway_before, page_path
from faults.upstream import Line, Received, ScriptedUpstream
from faults.wire import Caller, Wire, call, exchange, request
from making import tenant
from saccade.tenants import Upstream
from saccade_gateway import exchange as exchange_module
from saccade_gateway.arrival import TrustedHops
from saccade_gateway.collecting import MERGE_LIMIT

PREFIX = "/occ/v2/electronics"
CARTS = f"{PREFIX}/users/anonymous/carts"
BODY = b'{"code":"816324","price":{"value":1249.00}}'


def same(direct: Wire, through: Wire) -> None:
    """Status, reason, end-to-end headers and body, to the byte."""
    assert (through.status, through.reason) == (direct.status, direct.reason)
    assert through.end_to_end == direct.end_to_end
    assert through.body == direct.body
    assert through.complete is direct.complete is True


@pytest.mark.parametrize(
    "target",
    [
        f"{PREFIX}/products/AB%2FCD%20%7e?fields=code,price(FULL)&lang=de&curr=EUR",
        f"{PREFIX}/products/%c3%84?fields=code%2Cprice%28FULL%29&query=%3Arelevance",
        f"{PREFIX}/products/search?query=a+b%3arelevance&&sort=&x",
        f"{PREFIX}/products/suggestions?term=caf%E9&max=5",
        f"{CARTS}/4c1f-guid?fields=DEFAULT,entries(product(code))",
    ],
)
async def test_occ_1_path_and_query_byte_for_byte(target: str) -> None:
    async with page_path(up.json(BODY)) as page:
        await page.get(target)
        assert page.asked_upstream == [target.encode()]


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ("?fields=code,saccade,name", "?fields=code,name"),
        (
            "?fields=products(code,saccade(FULL)),sorts&lang=en",
            "?fields=products(code),sorts&lang=en",
        ),
        ("?fields=code%2Csaccade%28mode%29%2Cname", "?fields=code%2Cname"),
        ("?fields=code,%73accade", "?fields=code"),
        ("?lang=en&fields=saccade", "?lang=en"),
        ("?fields=saccade", ""),
    ],
)
async def test_occ_2_our_token_is_taken_out_of_fields(fields: str, kept: str) -> None:
    async with page_path(up.json(BODY)) as page:
        for path in (f"{PREFIX}/products/816324", f"{PREFIX}/products/search", CARTS):
            await page.get(path + fields)
            assert page.asked_upstream[-1] == (path + kept).encode()


TAGGED = ((b"ETag", b'"1"'), (b"Cache-Control", b"public, max-age=60"), (b"Content-MD5", b"x"))
XML = (b"Content-Type", b"application/xml;charset=UTF-8")
JSON = (b"Content-Type", b"application/json;charset=UTF-8")
UNTOUCHED = {
    "201": up.json(BODY, *TAGGED, status=b"201 Created"),
    "204": up.answer(b"", *TAGGED, status=b"204 No Content", framed=False),
    "304": up.answer(b"", *TAGGED, status=b"304 Not Modified", framed=False),
    "404": up.json(b'{"errors":[]}', *TAGGED, status=b"404 Not Found"),
    "xml": up.answer(b"<product><code>816324</code></product>", XML, *TAGGED),
    "html": up.answer(b"{}", (b"Content-Type", b"text/html"), *TAGGED),
    "no json": up.json(b'{"code":', *TAGGED),
    "oversized": up.json(b'{"a":"%b"}' % (b"x" * MERGE_LIMIT), *TAGGED),
}


@pytest.mark.parametrize("name", UNTOUCHED)
async def test_occ_4_what_is_no_small_json_answer_is_untouched(name: str) -> None:
    async with page_path(UNTOUCHED[name]) as page:
        direct, through = await page.both()
        # A body that was held back to be merged, and was not, says what it cost (OCC 24).
        cost = b"Server-Timing" if name == "no json" else b""
        rest = tuple(pair for pair in through.end_to_end if pair[0] != cost)
        assert (through.status, rest, through.body) == (
            direct.status,
            direct.end_to_end,
            direct.body,
        )
        assert through.complete


@pytest.mark.parametrize("target", [PRODUCT, "/api/product/816324"])
async def test_occ_4_a_head_is_untouched(target: str) -> None:
    head = up.raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    )
    async with page_path(head) as page:
        through = await call(page.port, target, SHOPPER, method="HEAD")
        assert through.headers == ((JSON[0], b"application/json"), (b"Content-Length", b"99"))
        assert page.upstream.last.method == b"HEAD"
        assert page.engine.asked == []


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        (b"application/xml", 10),
        (b"text/html", 10),
        (b"application/json", MERGE_LIMIT + 1),  # as long as none that is merged
    ],
)
async def test_occ_4_what_is_untouched_is_streamed(
    monkeypatch: pytest.MonkeyPatch, kind: bytes, length: int
) -> None:
    """The platform goes on only once the shopper has what came before: none of it is held back."""
    monkeypatch.setattr(exchange_module, "HOLD_S", 3_600.0)
    seen = asyncio.Event()

    async def in_halves(_: Received, line: Line) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n" % kind)
        await line.send(b"Content-Length: %d\r\n\r\n<a>.." % length)
        await seen.wait()
        await line.send(b"." * (length - 9) + b"</a>")

    async with page_path(in_halves) as page, await Caller.connect(page.port) as caller:
        await caller.send(request(PRODUCT, SHOPPER))
        async with asyncio.timeout(20):
            await caller.reader.readuntil(b"<a>..")
            seen.set()
            assert (await caller.reader.readexactly(length - 5)).endswith(b".</a>")


@pytest.mark.parametrize("status", [b"400 Bad Request", b"401 Unauthorized", b"503 Down"])
@pytest.mark.parametrize("target", [PRODUCT, CARTS])
async def test_occ_5_error_bodies_and_status_are_unchanged(status: bytes, target: str) -> None:
    """Front ends act upon ``errors[0].type``."""
    body = b'{ "errors" : [ {"type":"InvalidTokenError","message":"Invalid access token: x"} ] }'
    challenge = (b"WWW-Authenticate", b'Bearer realm="hybris", error="invalid_token"')
    async with page_path(up.json(body, challenge, (b"Retry-After", b"7"), status=status)) as page:
        same(*await page.both(target))


# --- OCC 7 -------------------------------------------------------------------------------------


@contextlib.contextmanager
def nobody_accepts() -> Generator[int]:
    """A port whose queue is full: the system lets further connections wait."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


async def test_occ_7_connecting_has_a_time_out_of_its_own() -> None:
    with nobody_accepts() as closed:
        limits = {"connect_timeout_s": 0.2, "read_timeout_s": 600}
        upstream = {"url": f"http://127.0.0.1:{closed}", "allow_private": True, **limits}
        shop = tenant().model_copy(update={"upstream": Upstream.model_validate(upstream)})
        async with gateway_before(closed, SteeredEngine(), shop=shop) as port:
            async with asyncio.timeout(20):
                assert (await call(port, CARTS)).status == 502


async def test_occ_7_the_read_time_out_is_a_setting() -> None:
    async with ScriptedUpstream(up.hang) as upstream:
        limits = {"url": upstream.url, "allow_private": True, "read_timeout_s": 0.1}
        shop = tenant().model_copy(update={"upstream": Upstream.model_validate(limits)})
        async with gateway_before(upstream.port, SteeredEngine(), shop=shop) as port:
            async with asyncio.timeout(20):
                assert (await call(port, CARTS)).status == 502
        assert len(upstream.received) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_occ_7_what_changes_something_is_never_sent_twice(method: str) -> None:
    async def lost_on_a_used_connection(received: Received, line: Line) -> None:
        if received.method == b"GET":
            await up.json(BODY)(received, line)
        else:
            line.close()

    async with page_path(lost_on_a_used_connection) as page:
        await call(page.port, CARTS)
        sent = request(CARTS, method=method, body=b"{}")
        assert (await exchange(page.port, sent, method=method)).status == 502
        assert [one.method for one in page.upstream.received] == [b"GET", method.encode()]


# --- OCC 10 to 13 ------------------------------------------------------------------------------


async def test_occ_10_conditions_reach_the_platform() -> None:
    async def judges(received: Received, line: Line) -> None:
        fresh = received.values(b"if-none-match") == [b'W/"1", "2"']
        status = b"304 Not Modified" if fresh else b"200 OK"
        await up.answer(b"", (b"ETag", b'"2"'), status=status, framed=False)(received, line)

    async with page_path(judges) as page:
        through = await page.get(PRODUCT, ("If-None-Match", 'W/"1", "2"'))
        assert (through.status, through.value(b"etag"), through.body) == (304, b'"2"', b"")


SECRETS = (
    ("Authorization", "Bearer canary-token"),
    ("X-Anonymous-Consents", "%5B%7B%22templateCode%22%3A%22canary-consent%22%7D%5D"),
    ("sap-commerce-cloud-user-id", "canary-customer"),
    ("sap-commerce-cloud-captcha-token", "canary-captcha"),
    ("Cookie", "ROUTE=.canary-node; JSESSIONID=canary-session"),
)


async def test_occ_11_commerce_headers_are_forwarded_and_never_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    cookies = ((b"Set-Cookie", b"a=1; Path=/"), (b"set-cookie", b"b=2; Secure"))
    exposed = (b"X-Anonymous-Consents", b"%5B%5D")
    for script in (up.json(BODY, *cookies, exposed), up.close):
        async with page_path(script) as page:
            through = await page.get(PRODUCT, *SECRETS)
            received = page.upstream.last
            for name, value in SECRETS:
                assert received.values(name.lower().encode()) == [value.encode()]
            if script is not up.close:
                assert through.values(b"set-cookie") == [b"a=1; Path=/", b"b=2; Secure"]
                assert through.value(b"x-anonymous-consents") == b"%5B%5D"
    logged = "".join(f"{record.getMessage()}{record.exc_text}" for record in caplog.records)
    assert "canary" not in logged


async def test_occ_12_headers_of_one_hop_end_here() -> None:
    answered = (
        (b"Connection", b"close, X-Inner"),
        (b"X-Inner", b"1"),
        (b"Keep-Alive", b"timeout=5"),
        (b"X-Kept", b"1"),
    )
    async with page_path(up.then(up.json(BODY, *answered), Line.close)) as page:
        sent = (
            ("Connection", "keep-alive, X-Hop"),
            ("X-Hop", "1"),
            ("TE", "trailers"),
            ("X-E", "1"),
        )
        through = await call(page.port, CARTS, *sent)
        received = page.upstream.last
        for name in (b"x-hop", b"te", b"connection"):
            assert received.values(name) == []
        assert received.values(b"x-e") == [b"1"]
        assert through.end_to_end == (JSON, (b"X-Kept", b"1"))


FORGED = (("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "e"))


async def test_occ_12_only_trusted_hops_say_who_forwarded() -> None:
    trusted = TrustedHops((ip_network("127.0.0.0/8"),))
    for hops, expected in (
        (None, ([b"127.0.0.1"], [b"http"], [b"shop.example"])),
        (trusted, ([b"6.6.6.6, 127.0.0.1"], [b"https"], [b"e"])),
    ):
        async with page_path(up.json(BODY), hops=hops) as page:
            await call(page.port, CARTS, *FORGED)
            said = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host")
            assert tuple(page.upstream.last.values(name) for name in said) == expected


@pytest.mark.parametrize(
    ("hops", "expected"), [("", b"127.0.0.1"), ("10.0.0.0/8, 127.0.0.1", b"6.6.6.6, 127.0.0.1")]
)
async def test_occ_12_trusted_hops_are_a_setting(
    tmp_path: Path, hops: str, expected: bytes
) -> None:
    async with (
        ScriptedUpstream(beside_the_sync(up.json(BODY))) as upstream,
        served(tmp_path, upstream.url, trusted_hops=hops) as house,
    ):
        await call(house.port, CARTS, *FORGED)
        (received,) = [one for one in upstream.received if one.target == CARTS.encode()]
        assert received.values(b"x-forwarded-for") == [expected]


PREFLIGHT = (("Origin", "https://shop.example"), ("Access-Control-Request-Method", "GET"))
ALLOWING = up.answer(
    b"",
    (b"Access-Control-Allow-Origin", b"https://shop.example"),
    (b"Access-Control-Allow-Headers", b"authorization, x-anonymous-consents"),
    (b"Access-Control-Expose-Headers", b"x-anonymous-consents"),
)


async def test_occ_13_a_preflight_passes() -> None:
    asked = ("Access-Control-Request-Headers", "authorization,x-anonymous-consents")
    async with page_path(ALLOWING) as page:
        direct = await call(page.upstream.port, PRODUCT, *PREFLIGHT, asked, method="OPTIONS")
        through = await call(page.port, PRODUCT, *PREFLIGHT, asked, method="OPTIONS")
        same(direct, through)
        assert page.upstream.last.values(b"access-control-request-headers") == [asked[1].encode()]


async def test_occ_13_our_header_is_added_where_it_is_asked_for() -> None:
    """The platform, which may refuse a header it does not know, is not asked about ours."""
    asked = ("Access-Control-Request-Headers", "authorization, X-Session-ID,x-saccade-view")
    async with page_path(ALLOWING) as page:
        through = await call(page.port, PRODUCT, *PREFLIGHT, asked, method="OPTIONS")
        received = page.upstream.last
        assert received.values(b"access-control-request-headers") == [b"authorization"]
        assert received.values(b"origin") == [b"https://shop.example"]
        assert through.values(b"access-control-allow-headers") == [
            b"authorization, x-anonymous-consents",
            b"X-Session-ID,x-saccade-view",
        ]


async def test_occ_13_our_own_route_is_asked_before_as_well() -> None:
    """A page of another origin may send its session to ``/api/product``: the platform says so."""
    asked = ("Access-Control-Request-Headers", "x-session-id, X-Anonymous-Consents")
    async with page_path(ALLOWING) as page:
        own = "/api/product/816324?lang=de"
        through = await call(page.port, own, *PREFLIGHT, asked, method="OPTIONS")
        received = page.upstream.last
        assert (received.method, received.target) == (
            b"OPTIONS",
            f"{PRODUCT}?fields=FULL&lang=de".encode(),
        )
        assert received.values(b"access-control-request-headers") == [b"X-Anonymous-Consents"]
        assert through.status == 200
        assert b"x-session-id" in through.values(b"access-control-allow-headers")


# --- OCC 15 and 23 -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "/occ/v2/apparel/products/1",
        "/occ/v2/electronics-admin/products/1",
        "/occ/v2/basesites-admin/products/1",
        "/occ/v2/electronics",
        f"{PREFIX}/../apparel/products/1",
        f"{PREFIX}/%2e%2e/apparel/products/1",
        f"{PREFIX}/..%2Fapparel/products/1",
        f"{PREFIX}/%252e%252e/apparel/products/1",
        f"{PREFIX}/..;x=1/apparel/products/1",
        f"{PREFIX}/..%5capparel/products/1",
        "/occ/v2/electronics%2F..%2Fapparel/products/1",
        "/authorizationserver/oauth/token",
        "http://127.0.0.1/occ/v2/electronics/products/1",
        "//evil.example/occ/v2/electronics/products/1",
    ],
)
async def test_occ_15_nothing_leaves_the_base_site(target: str) -> None:
    async with page_path(up.json(BODY)) as page:
        assert (await page.get(target)).status in {400, 404}
        assert page.asked_upstream == []


async def test_occ_15_an_encoded_slash_in_a_code_is_no_way_out() -> None:
    async with page_path(up.json(BODY)) as page:
        await page.get(f"{PREFIX}/products/AB%2FCD")
        assert page.asked_upstream == [f"{PREFIX}/products/AB%2FCD".encode()]
        assert page.engine.asked[0].subject == "AB/CD"


async def test_occ_23_no_shopper_gets_anothers_cookie() -> None:
    async def gives_a_session(received: Received, line: Line) -> None:
        carried = b";".join(received.values(b"cookie"))
        cookie = (b"Set-Cookie", b"JSESSIONID=of-connection-%d; Path=/" % received.connection)
        await up.json(b'{"carried":"%b"}' % carried, cookie)(received, line)

    async with page_path(gives_a_session) as page:
        for cookie in ("", "JSESSIONID=my-own", "", ""):
            headers = (("Cookie", cookie),) if cookie else ()
            through = await call(page.port, CARTS, *headers)
            assert through.body == b'{"carried":"%b"}' % cookie.encode()
        assert page.upstream.connections == 1  # they shared one, and nothing else
