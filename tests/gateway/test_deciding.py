"""Calls that are decided: the platform's bytes with our key in them, or as they are."""

import asyncio
import gzip

import msgspec
import pytest

from faults import upstream as up
from faults.page import (
    BLOCK,
    EXPERIENCE,
    PRODUCT,
    SHOPPER,
    SteeredEngine,
    gateway_before,
    page_path,
    with_block,
)
from faults.upstream import Line, Received, ScriptedUpstream
from faults.wire import Caller, call, request
from saccade.domain import Experience, Moment, Reason, Served
from saccade_gateway.collecting import MERGE_LIMIT

BODY = b'{"code":"816324","price":{"value":1249.00},"name":"Laptop"}'
JSON = (b"Content-Type", b"application/json;charset=UTF-8")


async def test_merges_our_key_and_keeps_every_byte() -> None:  # R32, R38
    async with page_path(up.json(BODY)) as page:
        through = await page.get()
        assert through.body == with_block(BODY)
        assert msgspec.json.decode(through.body)["saccade"] == msgspec.json.decode(BLOCK)
        assert through.value(b"content-length") == b"%d" % len(with_block(BODY))
        assert page.engine.deliveries == [True]
        request = page.engine.asked[0]
        assert (request.moment, request.subject) == (Moment.PRODUCT, "816324")
        assert request.identity.session == "shopper-1"
        assert page.metrics.decisions == [(Reason.MODEL, Served.MODEL)]
        assert {"platform", "rendering", "page"} < set(page.metrics.stages)


async def test_both_are_in_flight_at_once() -> None:  # R28, sap-occ 6
    """The platform answers only after the engine was asked, the engine only after the platform
    has the call: one after the other, neither order could ever finish."""
    engine = SteeredEngine(at_once=False)

    async def waits_for_the_question(received: Received, line: Line) -> None:
        await engine.on_ask.wait()
        engine.decide_all()
        await up.json(BODY)(received, line)

    async with (
        ScriptedUpstream(waits_for_the_question) as upstream,
        gateway_before(upstream.port, engine) as port,
        asyncio.timeout(5),
    ):
        through = await call(port, PRODUCT, SHOPPER)
    assert through.body == with_block(BODY)
    assert engine.deliveries == [True]


async def test_a_decision_that_comes_during_the_wait_is_merged() -> None:
    async with page_path(up.json(BODY), at_once=False) as page:
        asking = asyncio.create_task(page.get())
        await page.engine.on_ask.wait()
        await asyncio.sleep(0.02)
        page.engine.decide_all()
        assert (await asking).body == with_block(BODY)
        assert page.engine.deliveries == [True]


async def test_a_decision_that_never_comes_costs_no_more_than_the_budget() -> None:  # R24
    async with page_path(up.json(BODY, (b"ETag", b'"1"')), at_once=False) as page:
        direct = await call(page.upstream.port, PRODUCT)
        started = asyncio.get_running_loop().time()
        through = await page.get()
        waited = asyncio.get_running_loop().time() - started
        assert through.body == direct.body
        assert through.values(b"etag") == [b'"1"']
        assert [one for one in through.end_to_end if one[0] != b"Server-Timing"] == list(
            direct.end_to_end
        )
        assert 0.15 < waited < 2.0  # waited, and not for ever; the exact bound is a bench figure
        assert page.engine.abandoned == 1
        assert page.engine.settled == []
        assert page.metrics.decisions == [(Reason.TIMEOUT, Served.DEFAULT)]


async def test_a_platform_slower_than_the_budget_is_not_waited_for_again() -> None:  # sap-occ 21
    async def slow(received: Received, line: Line) -> None:
        await asyncio.sleep(0.2)
        await up.json(BODY)(received, line)

    async with page_path(slow, at_once=False) as page:
        through = await page.get()
        assert through.body == BODY
        assert through.values(b"server-timing") == []
        assert page.engine.abandoned == 1
        assert page.metrics.decisions == [(Reason.TIMEOUT, Served.DEFAULT)]


async def test_a_platform_slower_than_the_budget_still_carries_a_ready_decision() -> None:
    async def slow(received: Received, line: Line) -> None:
        await asyncio.sleep(0.25)
        await up.json(BODY)(received, line)

    async with page_path(slow) as page:
        assert (await page.get()).body == with_block(BODY)


async def test_the_platform_is_asked_for_plain_bytes_only_where_it_matters() -> None:
    async with page_path(up.json(BODY)) as page:
        await page.get(PRODUCT, ("Accept-Encoding", "gzip, br"))
        assert page.upstream.last.values(b"accept-encoding") == [b"identity"]
        await page.get("/occ/v2/electronics/languages", ("Accept-Encoding", "gzip, br"))
        assert page.upstream.last.values(b"accept-encoding") == [b"gzip, br"]


async def test_a_merged_answer_is_kept_by_no_cache() -> None:  # sap-occ 8, 9
    headers = (
        (b"ETag", b'"1"'),
        (b"Cache-Control", b"public, max-age=300"),
        (b"CDN-Cache-Control", b"max-age=300"),
        (b"Content-MD5", b"x"),
        (b"Vary", b"Accept-Language"),
        (b"Server", b"hybris"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
    )
    async with page_path(up.json(BODY, *headers)) as page:
        through = await page.get()
        assert through.end_to_end[:-1] == (
            JSON,
            (b"Vary", b"Accept-Language"),
            (b"Server", b"hybris"),
            (b"Set-Cookie", b"a=1"),
            (b"Set-Cookie", b"b=2"),
            (b"Cache-Control", b"private, no-store"),
        )
        name, timing = through.end_to_end[-1]
        assert name == b"Server-Timing"
        stages = [part.split(b";")[0].strip() for part in timing.split(b",")]
        assert stages == [b"profile", b"platform", b"rendering", b"total"]  # R26


async def test_conditions_are_the_platforms_to_judge() -> None:  # sap-occ 10
    async with page_path(up.answer(b"", status=b"304 Not Modified", framed=False)) as page:
        through = await page.get(PRODUCT, ("If-None-Match", '"1"'))
        assert through.status == 304
        assert page.upstream.last.values(b"if-none-match") == [b'"1"']


async def test_chunks_are_joined_and_merged() -> None:
    async with page_path(up.chunked(BODY[:7], BODY[7:9], BODY[9:])) as page:
        through = await page.get()
        assert through.body == with_block(BODY)
        assert through.values(b"transfer-encoding") == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"<product/>", ((b"Content-Type", b"application/xml"),)),
        (BODY, ((b"Content-Type", b"text/plain"),)),
        (BODY, ()),
        (BODY, ((b"Content-Type", b"application/json;charset=ISO-8859-1"),)),
        (BODY, (JSON, (b"Content-Encoding", b"br"))),
        (b"[1]", (JSON,)),
        (b'{"a":NaN}', (JSON,)),
        (b"", (JSON,)),
        (b"\xef\xbb\xbf{}", (JSON,)),
        (b'{"saccade":{"mine":true}}', (JSON,)),
        (gzip.compress(BODY, mtime=0)[:-4], (JSON, (b"Content-Encoding", b"gzip"))),
        (b"no gzip", (JSON, (b"Content-Encoding", b"gzip"))),
        (
            gzip.compress(b'{"a":"' + b"x" * MERGE_LIMIT + b'"}', mtime=0),
            (JSON, (b"Content-Encoding", b"gzip")),
        ),
    ],
    ids=lambda value: repr(value)[:32],
)
async def test_what_cannot_carry_a_key_passes_as_it_came(
    body: bytes, headers: tuple[tuple[bytes, bytes], ...]
) -> None:  # sap-occ 4, F12, F13
    async with page_path(up.answer(body, *headers)) as page:
        direct, through = await page.both()
        assert (through.status, through.body) == (direct.status, direct.body)
        kept = [one for one in through.end_to_end if one[0] != b"Server-Timing"]
        assert kept == list(direct.end_to_end)
        assert page.engine.deliveries == [False]


async def test_gzip_is_unfolded_and_merged() -> None:  # F13
    coded = (b"Content-Encoding", b"gzip")
    async with page_path(
        up.json(gzip.compress(BODY, mtime=0), coded, (b"Vary", b"Accept-Encoding"))
    ) as page:
        through = await page.get()
        assert through.body == with_block(BODY)
        assert through.values(b"content-encoding") == []
        assert through.values(b"vary") == [b"Accept-Encoding"]


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_a_long_body_is_streamed_untouched(framing: str) -> None:
    body = b'{"a":"' + b"x" * (MERGE_LIMIT + 1) + b'"}'
    script = (
        up.json(body) if framing == "length" else up.chunked(body[:1_000_000], body[1_000_000:])
    )
    async with page_path(script) as page:
        through = await page.get()
        assert through.body == body
        assert through.complete
        assert page.engine.deliveries == [False]


async def test_a_body_at_the_limit_is_merged() -> None:
    body = b'{"a":"' + b"x" * (MERGE_LIMIT - 8) + b'"}'
    assert len(body) == MERGE_LIMIT
    async with page_path(up.json(body)) as page:
        assert (await page.get()).body == with_block(body)


async def test_a_dripping_body_is_not_held_back_beyond_the_budget() -> None:  # F9
    go = asyncio.Event()

    async def drip(_: Received, line: Line) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        await line.send(head % len(BODY) + BODY[:10])
        await go.wait()
        await line.send(BODY[10:])

    async with page_path(drip) as page, await Caller.connect(page.port) as caller:
        await caller.send(request(PRODUCT, SHOPPER))
        assert (await caller.head())[0] == 200  # though the body is not here yet
        assert await caller.reader.readexactly(10) == BODY[:10]
        go.set()
        assert await caller.reader.readexactly(len(BODY) - 10) == BODY[10:]
        await page.engine.on_settle.wait()
        assert page.engine.deliveries == [False]


def test_the_block_is_the_experience() -> None:
    assert msgspec.json.decode(BLOCK, type=Experience) == EXPERIENCE
