"""The checklist of a middleware before OCC, what is decided: points 3, 6, 8, 9, 19-21 and 24.

Each through a real gateway, over real sockets. Where the point is the decision itself, through a
whole server; where it is its timing, with an engine that is steered.
"""

import asyncio
import gzip
from pathlib import Path

import msgspec
import pytest

from adapters.sap_occ.served import Served, beside_the_sync, served
from faults import upstream as up
from faults.page import (
    BLOCK,
    PRODUCT,
    SHOPPER,
    SteeredEngine,
    gateway_before,
    page_path,
    with_block,
)
from faults.upstream import Line, Received, ScriptedUpstream
from faults.wire import Caller, Wire, call, request
from saccade.deadline import Deadline
from saccade.domain import Decision, DecisionRequest, JsonObject, Reason
from saccade.domain import Served as Got
from saccade_gateway import exchange

PREFIX = "/occ/v2/electronics"
SEARCH = f"{PREFIX}/products/search?query=laptop:relevance&pageSize=20&currentPage=0"
BODY = b'{"code":"816324","price":{"value":1249.00,"currencyIso":"EUR"},"name":"Laptop"}'
JSON = (b"Content-Type", b"application/json;charset=UTF-8")
MADE_FOR_THE_BODY = (
    (b"ETag", b'"1"'),
    (b"Content-MD5", b"Q2hlY2sgSW50ZWdyaXR5IQ=="),
    (b"Content-Encoding", b"gzip"),
    (b"Accept-Ranges", b"bytes"),
    (b"Repr-Digest", b"sha-256=:Q2hlY2s=:"),
    (b"Last-Modified", b"Thu, 01 Jan 1970 00:00:00 GMT"),
)
SHARED = (
    (b"Cache-Control", b"public, max-age=300"),
    (b"Expires", b"Thu, 01 Jan 2099 00:00:00 GMT"),
    (b"Surrogate-Control", b"max-age=300"),
    (b"CDN-Cache-Control", b"max-age=300"),
    (b"Vary", b"Accept-Language"),
)


@pytest.mark.parametrize(
    "body",
    [
        b'{"value":1249.00,"big":123456789012345678901234567890,"small":1.0000000000000001E-7}',
        b'{ "name" : "M\\u00fcller\\/\\u20ac" ,\r\n\t"empty" : { } , "list":[ ] }\r\n',
        '{"name":"Müller’s – 日本 😀","code":"a\\"b\\\\c"}'.encode(),
        b'{"a":1,"a":2,"nested":{"saccade":1},"formattedValue":"$1,249.00"}',
        b"{}",
    ],
)
async def test_occ_3_one_key_more_and_no_byte_changed(body: bytes) -> None:
    """R38: taking our key's bytes out again leaves the platform's, digits and spelling as well."""
    async with page_path(up.json(body)) as page:
        direct, through = await page.both()
        ours = b'"saccade":' + BLOCK
        if body != b"{}":
            ours = b"," + ours
        assert through.body.count(ours) == 1
        assert through.body.replace(ours, b"") == direct.body == body
        assert msgspec.json.decode(through.body)["saccade"] == msgspec.json.decode(BLOCK)


async def test_occ_6_the_decision_starts_with_the_platforms_call() -> None:
    """R28: the platform answers only once the engine was asked, the engine only once the platform
    has the call: one after the other, neither could ever finish."""
    engine = SteeredEngine(at_once=False)

    async def meets(received: Received, line: Line) -> None:
        await engine.on_ask.wait()
        engine.decide_all()
        await up.json(BODY)(received, line)

    async with (
        ScriptedUpstream(meets) as upstream,
        gateway_before(upstream.port, engine) as port,
        asyncio.timeout(20),
    ):
        assert (await call(port, PRODUCT, SHOPPER)).body == with_block(BODY)


async def test_occ_6_on_expiry_the_exact_bytes_go_out() -> None:
    coded = gzip.compress(BODY, mtime=0)
    async with page_path(up.json(coded, *MADE_FOR_THE_BODY, *SHARED), at_once=False) as page:
        direct, through = await page.both()
        assert through.body == direct.body == coded
        kept = tuple(pair for pair in through.end_to_end if pair[0] != b"Server-Timing")
        assert kept == direct.end_to_end
        assert page.engine.abandoned == 1
        assert page.metrics.decisions == [(Reason.TIMEOUT, Got.DEFAULT)]


async def test_occ_8_what_was_said_of_the_body_is_dropped_only_where_it_changed() -> None:
    coded = gzip.compress(BODY, mtime=0)
    async with page_path(up.json(coded, *MADE_FOR_THE_BODY)) as page:
        merged, passed = await page.get(), await call(page.port, PRODUCT)
        assert merged.body == with_block(BODY)
        assert merged.value(b"content-length") == b"%d" % len(merged.body)
        for name, value in MADE_FOR_THE_BODY:
            assert merged.values(name.lower()) == []
            assert passed.values(name.lower()) == [value]
        assert passed.value(b"content-length") == b"%d" % len(coded)


async def test_occ_9_a_merged_answer_is_for_no_cache() -> None:
    async with page_path(up.json(BODY, *SHARED)) as page:
        merged, passed = await page.get(), await call(page.port, PRODUCT)
        assert merged.values(b"cache-control") == [b"private, no-store"]
        for name in (b"expires", b"surrogate-control", b"cdn-cache-control"):
            assert merged.values(name) == []
        assert passed.end_to_end == (JSON, *SHARED)


# --- a whole server ----------------------------------------------------------------------------


def block(answer: Wire, body: bytes) -> JsonObject:
    """The one key that was added to the platform's ``body``, whose bytes must all be there."""
    document = msgspec.json.decode(answer.body)
    (added,) = set(document) - set(msgspec.json.decode(body))
    assert added == "saccade"
    assert answer.body.startswith(body.rstrip()[:-1])
    found: JsonObject = document["saccade"]
    return found


def reads(house: Served) -> float:
    """Reads of the state store so far: each carries a batch of decisions."""
    counted = house.house.metrics.registry.get_sample_value("saccade_batch_size_count")
    return counted or 0.0


async def test_occ_19_a_search_page_is_one_batched_decision(tmp_path: Path) -> None:
    results = b",".join(b'{"code":"%d","price":{"value":%d.90}}' % (n, n) for n in range(20))
    found = b'{"products":[%b],"pagination":{"totalResults":20}}' % results
    async with (
        ScriptedUpstream(beside_the_sync(up.json(found))) as upstream,
        served(tmp_path, upstream.url) as house,
    ):
        before, calls = reads(house), len(upstream.received)
        through = await house.decided(SEARCH, SHOPPER)
        searched = sum(one.target == SEARCH.encode() for one in upstream.received[calls:])
        assert 1 <= reads(house) - before <= searched  # one, and of a call that was late another
        experience = block(through, found)
        assert experience["instructions"] == [
            {"op": "set_text", "slot": "results-note", "text": "Free returns on all of these"}
        ]
        assert through.values(b"cache-control") == [b"private, no-store"]
        again = await house.decided(SEARCH, SHOPPER)  # the next page of the same listing
        assert block(again, found)["decision_id"] == experience["decision_id"]
        await house.settled()
        (decision,) = house.decisions()
        request = decision["request"]
        assert (decision["id"], request["moment"]) == (experience["decision_id"], "listing")
        assert request["subject"] is None


@pytest.mark.parametrize("path", ["suggestions?term=x", "search/x", "se%61rch", "1/references"])
async def test_occ_19_nothing_beside_a_search_is_a_listing(path: str) -> None:
    async with page_path(up.json(BODY)) as page:
        assert (await page.get(f"{PREFIX}/products/{path}")).body == BODY
        assert page.engine.asked == []


NARROW = (
    b'{"code":"816324"}',
    b'{"code":"816324","price":null,"stock":{},"images":[]}',
    b"{}",
    b'{"price":{"formattedValue":"on request"}}',
)


async def test_occ_20_a_narrow_answer_still_carries_a_decision(tmp_path: Path) -> None:
    told = [b"{}"]

    async def narrow(received: Received, line: Line) -> None:
        await up.json(told[0])(received, line)

    async with (
        ScriptedUpstream(beside_the_sync(narrow)) as upstream,
        served(tmp_path, upstream.url) as house,
    ):
        for told[0] in NARROW:
            for target in (PRODUCT, "/api/product/816324"):
                through = await house.decided(f"{target}?fields=code", SHOPPER)
                instructions = block(through, told[0])["instructions"]
                assert [one["text"] for one in instructions] == ["30-day guarantee"]


class FailingEngine(SteeredEngine):
    """Cannot even be asked."""

    def ask(self, request: DecisionRequest, deadline: Deadline) -> "asyncio.Future[Decision]":
        self.asked.append(request)
        raise RuntimeError("an engine on a bad day")


async def test_occ_21_where_decisions_fail_calls_pass_and_nothing_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The platform goes on only once the shopper has the first half: were it held back to be
    merged, that would be for ever."""
    monkeypatch.setattr(exchange, "HOLD_S", 3_600.0)
    seen, engine = asyncio.Event(), FailingEngine()

    async def in_halves(_: Received, line: Line) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: 1\r\n"
        await line.send(head + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:5])
        await seen.wait()
        await line.send(BODY[5:])

    async with (
        asyncio.timeout(30),
        ScriptedUpstream(in_halves) as upstream,
        gateway_before(upstream.port, engine) as port,
        await Caller.connect(port) as caller,
    ):
        await caller.send(request(PRODUCT, SHOPPER))
        assert (await caller.head())[0] == 200
        assert await caller.reader.readexactly(5) == BODY[:5]
        seen.set()
        assert await caller.reader.readexactly(len(BODY) - 5) == BODY[5:]
        direct, through = await call(upstream.port, PRODUCT), await call(port, PRODUCT, SHOPPER)
        assert through.body == direct.body
        assert through.end_to_end == direct.end_to_end
        assert len(engine.asked) == 2


async def test_occ_21_a_platform_slower_than_the_budget_is_not_waited_for_again() -> None:
    async def slow(received: Received, line: Line) -> None:
        await asyncio.sleep(0.25)
        await up.json(BODY)(received, line)

    async with page_path(slow, at_once=False) as page:
        direct, through = await page.both()
        assert through.end_to_end == direct.end_to_end  # nothing was gathered: it was streamed
        assert through.body == BODY
        assert page.engine.abandoned == 1


async def test_occ_24_the_cost_of_a_call_is_told(tmp_path: Path) -> None:
    """R26: a server-rendered page adds up what its serial calls cost, and what of it is ours."""
    async with (
        ScriptedUpstream(beside_the_sync(up.json(BODY))) as upstream,
        served(tmp_path, upstream.url) as house,
    ):
        through = await house.decided(PRODUCT, SHOPPER)
        told = dict(
            part.strip().split(b";dur=") for part in through.values(b"server-timing")[0].split(b",")
        )
        spent = {stage.decode(): float(ms) for stage, ms in told.items()}
        assert set(spent) >= {"profile", "scoring", "selection", "platform", "rendering", "total"}
        assert all(0 <= ms <= spent["total"] for ms in spent.values())
        assert spent["platform"] > 0
        passing = await call(house.port, f"{PREFIX}/languages", SHOPPER)
        assert passing.values(b"server-timing") == []  # what passes is the platform's alone
