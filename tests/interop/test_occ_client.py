"""A front end that has nothing to do with us uses the middleware unchanged (R32, R38, OCC 1–23).

Two hundred different calls of a client that is generated from a description of OCC are recorded
against the platform, then replayed through the whole server before a fresh one: status, bytes,
models and headers are equal but for our key.
"""

import contextlib
import hashlib
import json
import random
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.sap_occ.served import served
from interop.journey import COUNT, SITE, Journey
from interop.storefront import AGENT, OPERATIONS, PACKAGE, Exchange, Pairs, Step, Storefront
from saccade_demo import catalog, occ
from saccade_demo.occ import carts

SEED = 816_324
KEY = "saccade"

EVERY_ANSWER = {
    b"date": "each says when it was made",
    b"connection": "of this hop (RFC 9110, 7.6.1)",
    b"keep-alive": "of this hop",
    b"transfer-encoding": "of this hop: how the body is framed",
    b"content-length": "of this hop: its place among the others; its value is compared",
}
"""Headers that may differ in any answer, and why."""

WITH_OUR_KEY = {
    b"cache-control": "no cache may keep what one shopper is shown (OCC 9)",
    b"etag": "the validator is that of the platform's body (OCC 8)",
    b"server-timing": "the deadline's ledger, added (R26)",
}
"""Those that may differ besides where our key is in the body, and why."""


class Chance:
    """Stands in for `uuid` in the stand-in: GUIDs of carts by a seed, or two runs would differ."""

    def __init__(self) -> None:
        self._random = random.Random(SEED)

    def uuid4(self) -> uuid.UUID:
        return uuid.UUID(int=self._random.getrandbits(128), version=4)


class Noon:
    """Stands in for `datetime` there: orders of both runs are placed at the same time."""

    @staticmethod
    def now(zone: tzinfo) -> datetime:
        return datetime(2026, 1, 5, 12, tzinfo=zone)


@dataclass
class Platform:
    """The stand-in as new, its products with validators; what the storefront asked of it."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @web.middleware
    async def seeing(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("User-Agent") == AGENT:  # and no call of the catalog sync
            self.asked.append((request.method, request.raw_path))
        answer = await handler(request)
        if isinstance(answer, web.Response) and "code" in request.match_info:
            body = answer.body if isinstance(answer.body, bytes) else b""
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if request.headers.get("If-None-Match") == etag:
                return web.Response(status=304, headers={"ETag": etag})
            answer.headers["ETag"] = etag
        return answer


@contextlib.asynccontextmanager
async def platform() -> AsyncGenerator[Platform]:
    one = Platform()
    app = occ.application(catalog.load())
    app.middlewares.insert(0, one.seeing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(carts, "uuid", Chance())
            patch.setattr(carts, "datetime", Noon)
            yield one
    finally:
        await runner.cleanup()


@dataclass(frozen=True)
class Recorded:
    """What the storefront did and saw, straight from the platform."""

    steps: list[Step]
    models: list[Any]  # Any: documents of the generated package
    heard: list[Exchange]
    asked: list[tuple[str, str]]


async def recorded() -> Recorded:
    """Within a test that uses ``generated``."""
    async with platform() as direct, Storefront(direct.url) as storefront:
        journey = Journey(storefront, sorted(catalog.load().products), SEED)
        await journey.walk()
        return Recorded(journey.steps, journey.models, list(storefront.heard), direct.asked)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def record(generated: Path) -> Recorded:
    """Recorded once for all tests."""
    assert generated.name == PACKAGE
    return await recorded()


def may_carry(step: Step, exchange: Exchange) -> bool:
    """Whether an answer is one of those a decision travels in: JSON of a product or a search."""
    path = exchange.target.partition(b"?")[0].decode()
    what = path.removeprefix(f"/occ/v2/{SITE}/products/")
    page = what != path and "/" not in what and what != "suggestions"
    kind = dict(exchange.headers).get(b"content-type", b"")
    return (
        page
        and step.who == "shopper"
        and (exchange.method, exchange.status) == ("GET", 200)
        and kind.startswith(b"application/json")
    )


def without_key(direct: bytes, through: bytes) -> bytes:
    """``through`` without what was put in, which must be our key and its value, in one piece."""
    grown = len(through) - len(direct)
    start = next(at for at in range(len(direct)) if through[: at + 1] != direct[: at + 1])
    piece = through[start : start + grown].strip(b", \r\n\t")
    assert set(json.loads(b"{" + piece + b"}")) == {KEY}
    return through[:start] + through[start + grown :]


def length(exchange: Exchange) -> bytes | None:
    return dict(exchange.headers).get(b"content-length")


def compared(headers: Pairs, but: dict[bytes, str]) -> Pairs:
    """In order, without those that may differ."""
    return tuple((name, value) for name, value in headers if name not in but)


async def replayed(
    storefront: Storefront, step: Step, *, until_decided: bool
) -> tuple[Exchange, Any]:
    """A step once more. Where a decision came too late, as on a busy machine, it is asked again."""
    exchange, document = await storefront.take(step)
    for _ in range(50 if until_decided else 0):
        if f'"{KEY}":'.encode() in exchange.content:
            break
        exchange, document = await storefront.take(step)
    return exchange, document


def check(step: Step, direct: Exchange, through: Exchange, *, carries: bool) -> None:
    assert through.call == direct.call  # the recorded call, and no other
    assert through.status == direct.status, step
    but = EVERY_ANSWER
    content = through.content
    if carries:
        but = EVERY_ANSWER | WITH_OUR_KEY
        content = without_key(direct.content, through.content)
        sent = dict(through.headers)
        assert sent[b"cache-control"] == b"private, no-store"
        assert length(through) == b"%d" % len(through.content)
        assert b"etag" not in sent
    else:
        assert length(through) == length(direct), step
    assert content == direct.content, step
    assert compared(through.headers, but) == compared(direct.headers, but), step


@pytest.mark.parametrize(
    "carrier", ["proxied_json", pytest.param("standalone_json", marks=pytest.mark.full)]
)
async def test_two_hundred_calls_are_the_same_through_the_middleware(
    record: Recorded, tmp_path: Path, carrier: str
) -> None:
    assert len(record.steps) == len(record.heard) >= COUNT
    assert len({exchange.call for exchange in record.heard}) == COUNT  # no two of them alike
    carried = 0
    async with (
        platform() as fresh,
        served(tmp_path, fresh.url, carrier=carrier) as server,
        Storefront(server.url) as storefront,
    ):
        for step, document, direct in zip(record.steps, record.models, record.heard, strict=True):
            carries = carrier == "proxied_json" and may_carry(step, direct)
            through, got = await replayed(storefront, step, until_decided=carries)
            check(step, direct, through, carries=carries)
            if carries and got is not None:
                got.additional_properties.pop(KEY)
            assert got == document
            assert type(got) is type(document)
            carried += carries
    assert carried >= 20 if carrier == "proxied_json" else not carried
    assert set(fresh.asked) == set(record.asked)  # each target in the storefront's own bytes


async def test_the_journey_is_a_storefronts_whole_life(record: Recorded) -> None:
    statuses = Counter(exchange.status for exchange in record.heard)
    assert {200, 201, 304, 400, 401, 404} <= set(statuses)
    assert {step.operation for step in record.steps} >= set(OPERATIONS)
    assert {exchange.method for exchange in record.heard} == {
        *("GET", "HEAD", "POST", "PATCH", "DELETE")
    }
    kinds = Counter(
        dict(exchange.headers).get(b"content-type", b"").partition(b";")[0].decode()
        for exchange in record.heard
    )
    assert kinds["application/xml"] >= 3
    decided = [may_carry(*pair) for pair in zip(record.steps, record.heard, strict=True)]
    assert 20 <= sum(decided) <= len(decided) - 100
    again = await recorded()
    assert [one.call for one in again.heard] == [one.call for one in record.heard]
    assert [one.content for one in again.heard] == [one.content for one in record.heard]
    assert datetime.now(UTC).year >= 2026  # `Noon` is the stand-in's alone
