"""F9-F19: whatever the platform does, the shopper sees what a direct call would have shown.

Each case is asked for twice: as a call that is decided and as one that passes.
"""

import asyncio
import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from faults import upstream as up
from faults.page import (
    PRODUCT,
    SHOPPER,
    PagePath,
    SteeredEngine,
    gateway_before,
    page_path,
    with_block,
)
from faults.proxy import FaultProxy
from faults.upstream import Line, Received, ScriptedUpstream
from faults.wire import Caller, Wire, call, exchange, request

PASSING = "/occ/v2/electronics/products/816324/references"
BODY = b'{"code":"816324","summary":"' + b"s" * 12_000 + b'"}'
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def contract(direct: Wire, through: Wire) -> None:
    """P, with our key or without: same status, the platform's bytes, a clean end only where it
    was one."""
    assert through.status == direct.status
    assert through.complete is direct.complete
    if direct.complete:
        assert through.body in (direct.body, with_block(direct.body))
    else:
        assert direct.body.startswith(through.body)


async def each(page: PagePath) -> list[tuple[Wire, Wire]]:
    """Direct and through, decided and passing."""
    return [await page.both(PRODUCT), await page.both(PASSING)]


# --- F9 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pause", [0.0, 0.02], ids=["in a burst", "dripping"])
async def test_f9_dripping(pause: float) -> None:
    async def drip(_: Received, line: Line) -> None:
        await line.send(JSON_HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY))
        for start in range(0, len(BODY), 1_000):
            await line.send(BODY[start : start + 1_000])
            await asyncio.sleep(pause)

    async with page_path(drip) as page:
        for direct, through in await each(page):
            contract(direct, through)
            assert through.complete


@pytest.mark.parametrize(
    "cut", [{"slice_bytes": 1}, {"latency_s": 0.05}, {"bytes_per_s": 200_000.0}], ids=str
)
async def test_f9_through_a_bad_line(cut: dict[str, float]) -> None:
    body = b'{"code":"816324"}'
    async with ScriptedUpstream(up.json(body)) as upstream, FaultProxy(upstream.port) as proxy:
        for name, value in cut.items():
            setattr(proxy.faults, name, value)
        async with gateway_before(proxy.port, SteeredEngine()) as port:
            assert (await call(port, PRODUCT, SHOPPER)).body == with_block(body)
            assert (await call(port, PASSING, SHOPPER)).body == body


async def test_f9_a_line_that_is_down_and_up_again() -> None:
    last_words = up.json(BODY, (b"Connection", b"close"))
    async with (
        ScriptedUpstream(up.then(last_words, Line.close)) as upstream,
        FaultProxy(upstream.port) as proxy,
        gateway_before(proxy.port, SteeredEngine()) as port,
    ):
        proxy.faults.close_delay_s = 5.0  # an answer with a length does not wait for its close
        async with asyncio.timeout(3):
            assert (await call(port, PRODUCT, SHOPPER)).body == with_block(BODY)
        proxy.faults.down = True
        assert (await call(port, PRODUCT, SHOPPER)).status == 502
        proxy.faults.down = False
        assert (await call(port, PRODUCT, SHOPPER)).body == with_block(BODY)


async def test_f9_a_line_that_hangs_is_waited_for() -> None:
    async with (
        ScriptedUpstream(up.json(BODY)) as upstream,
        FaultProxy(upstream.port) as proxy,
        gateway_before(proxy.port, SteeredEngine()) as port,
    ):
        proxy.faults.flowing.clear()
        asking = asyncio.create_task(call(port, PRODUCT, SHOPPER))
        await asyncio.sleep(0.3)
        assert not asking.done()
        proxy.faults.flowing.set()
        assert (await asking).body == with_block(BODY)


async def test_f9_hanging_in_mid_body_shows_what_came() -> None:
    async def hangs(_: Received, line: Line) -> None:
        await line.send(JSON_HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:100])
        await line.reader.read()
        line.over = True

    async with page_path(hangs) as page:
        for target in (PRODUCT, PASSING):
            async with await Caller.connect(page.port) as caller, asyncio.timeout(5):
                await caller.send(request(target, SHOPPER))
                assert (await caller.head())[0] == 200
                assert await caller.reader.readexactly(100) == BODY[:100]


# --- F12 ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1',
        b'{"a":NaN,"b":-Infinity}',
        b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"a":"\\ud800"}',
        b'{"a":"\xc3\x28"}',
        b"not json at all",
        b"{}garbage",
    ],
    ids=lambda body: repr(body[:16]),
)
async def test_f12_malformed_json_passes_as_it_came(body: bytes) -> None:
    async with page_path(up.json(body)) as page:
        for direct, through in await each(page):
            assert through.body == direct.body == body


async def test_f12_a_huge_integer_keeps_its_digits() -> None:
    body = b'{"a":' + b"7" * 5_000 + b"}"
    async with page_path(up.json(body)) as page:
        assert (await page.get()).body == with_block(body)


# --- F13, F14 ----------------------------------------------------------------------------------


async def test_f13_a_bomb_passes_and_costs_no_memory() -> None:
    bomb = gzip.compress(b'{"a":"' + bytes(100 << 20) + b'"}')
    async with page_path(up.json(bomb, (b"Content-Encoding", b"gzip"))) as page:
        tracemalloc.start()
        try:
            through = await page.get()
            grown = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert through.body == bomb
        assert grown < 32 << 20


def resident() -> int:
    """Bytes of memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("target", [PRODUCT, PASSING])
async def test_f14_a_200_mb_body_is_streamed(target: str) -> None:
    size, piece = 200 << 20, bytes(1 << 18)

    async def long(_: Received, line: Line) -> None:
        await line.send(JSON_HEAD + b"Content-Length: %d\r\n\r\n" % size)
        for _turn in range(size // len(piece)):
            await line.send(piece)

    async with page_path(long) as page, await Caller.connect(page.port) as caller:
        await caller.send(request(target, SHOPPER))
        status, _, _ = await caller.head()
        assert status == 200
        before, highest, left = resident(), 0, size
        while left:
            left -= len(await caller.reader.read(1 << 20))
            highest = max(highest, resident())
        # Platform, gateway and shopper are one process here; each side buffers, none gathers.
        assert highest - before < 24 << 20


# --- F15-F19 -----------------------------------------------------------------------------------


async def test_f18_long_and_many_and_strange_headers_arrive_as_they_were() -> None:
    many = tuple((b"X-H%d" % number, b"v%d" % number) for number in range(300))
    long = (b"X-Long", b"x" * 9_000)
    latin = (b"X-Latin", "Zoë Müller".encode("latin-1"))
    script = up.answer(b"{}", *many, long, latin)
    async with page_path(script) as page:
        sent = [(name.decode(), value.decode("latin-1")) for name, value in (*many, long, latin)]
        for target in (PRODUCT, PASSING):
            direct, through = await page.both(target, *sent)
            assert through.end_to_end == direct.end_to_end
            assert through.end_to_end == (*many, long, latin)
            names = {name for name, _ in sent}
            arrived = [
                (name.decode(), value.decode("latin-1"))
                for name, value in page.upstream.last.headers
                if name.decode() in names
            ]
            assert arrived == sent


async def test_f17_the_platform_closes_right_after_each_answer() -> None:
    async def closes(received: Received, line: Line) -> None:
        await up.json(b"{}")(received, line)
        await asyncio.sleep(0.02)
        line.close()

    async with page_path(closes) as page:
        statuses: set[int] = set()
        for turn in range(30):
            post = request(PASSING, SHOPPER, method="POST", body=b"{}")
            statuses.add((await exchange(page.port, post)).status)
            statuses.add((await page.get()).status)
            await asyncio.sleep(0.0015 * (turn % 15))
        assert statuses == {200}


async def test_f10_retry_after_passes() -> None:
    script = up.json(b'{"errors":[]}', (b"Retry-After", b"7"), status=b"503 Service Unavailable")
    async with page_path(script) as page:
        for direct, through in await each(page):
            assert through == direct
