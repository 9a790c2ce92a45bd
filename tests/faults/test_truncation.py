"""F11: a body that ends before its end never ends cleanly for the shopper either.

Each case is asked for as a call that is decided and as one that passes.
"""

import asyncio

import pytest

from faults import upstream as up
from faults.page import PRODUCT, SHOPPER, SteeredEngine, gateway_before, page_path
from faults.proxy import FaultProxy
from faults.upstream import Line, Received, Script, ScriptedUpstream
from faults.wire import call, exchange, request

PASSING = "/occ/v2/electronics/products/816324/references"
BODY = b'{"code":"816324","summary":"' + b"s" * 12_000 + b'"}'
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def truncated(cut: int) -> Script:
    """Promises the whole body, sends ``cut`` bytes of it, and closes in order."""
    head = JSON_HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY)
    return up.then(up.raw(head + BODY[:cut]), Line.close)


TRUNCATIONS: dict[str, Script] = {
    "by length, nothing": truncated(0),
    "by length, some": truncated(5_000),
    "by length, all but one": truncated(len(BODY) - 1),
    "chunked, between chunks": up.chunked(BODY[:50], BODY[50:], ended=False),
    "chunked, within one": up.then(
        up.raw(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n20\r\n" + BODY[:10]), Line.close
    ),
    "by length, reset": up.then(
        up.raw(JSON_HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:500]), Line.reset
    ),
    "malformed chunk": up.raw(
        JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + BODY[:5] + b"\r\n",
        b"zz\r\nnonsense\r\n",
    ),
    "negative chunk": up.raw(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n"),
}


@pytest.mark.parametrize("name", TRUNCATIONS)
async def test_f11_truncation_stays_truncation(name: str) -> None:
    async with page_path(TRUNCATIONS[name]) as page:
        for target in (PRODUCT, PASSING):
            async with asyncio.timeout(5):
                through = await page.get(target)
            assert through.status in (200, 502)
            assert not through.complete or through.status == 502
            if through.status == 200:
                assert BODY.startswith(through.body)
        assert page.engine.deliveries == [False]


async def test_f11_what_came_before_the_end_is_shown() -> None:
    go = asyncio.Event()

    async def two_parts(_: Received, line: Line) -> None:
        await line.send(JSON_HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:5_000])
        await go.wait()
        line.close()

    async with page_path(two_parts) as page:
        for target in (PRODUCT, PASSING):
            go.clear()
            asking = asyncio.create_task(page.get(target))
            await asyncio.sleep(0.05)
            go.set()
            through = await asking
            assert through.value(b"content-length") == b"%d" % len(BODY)
            assert through.body == BODY[:5_000]
            assert not through.complete


async def test_f11_a_reset_is_no_clean_end_of_a_body_without_a_length() -> None:
    go = asyncio.Event()

    async def resets(_: Received, line: Line) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nsome")
        await go.wait()
        line.reset()

    async with page_path(resets) as page:
        for version in ("1.1", "1.0"):
            go.clear()
            asking = asyncio.create_task(
                exchange(page.port, request(PASSING, SHOPPER, version=version))
            )
            await asyncio.sleep(0.05)
            go.set()
            through = await asking
            assert not through.complete
            assert through.reset is (version == "1.0")


async def test_f11_truncated_by_the_line() -> None:
    async with (
        ScriptedUpstream(up.json(BODY)) as upstream,
        FaultProxy(upstream.port) as proxy,
        gateway_before(proxy.port, SteeredEngine()) as port,
    ):
        for fault in ("truncate_after", "reset_after"):
            setattr(proxy.faults, fault, 3_000)
            for target in (PRODUCT, PASSING):
                direct = await call(proxy.port, target)
                through = await call(port, target, SHOPPER)
                assert not direct.complete
                assert not through.complete
            setattr(proxy.faults, fault, None)
