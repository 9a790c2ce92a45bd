"""F38: Saccade is killed, stopped or hangs behind the shipped nginx, and every page is served."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncGenerator

import pytest

from deploy.conftest import BODY, Way, page
from faults.report import FaultReport
from faults.upstream import Line, Received, Script, json
from faults.wire import Wire, call, exchange, request

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRODUCT = "/occ/v2/electronics/products/816324"
ORDERS = "/occ/v2/electronics/users/anonymous/orders?cartId=1"
SHOPPER = ("x-session-id", "shopper-1")
LIMIT_MS = 200.0
PLACED = b'{"code":"00001"}'

FAULTS = pytest.mark.parametrize("fault", ["killed", "stopped", "hung"])


async def timed(way: Way, target: str = PRODUCT, method: str = "GET") -> tuple[Wire, float]:
    """A shopper's call through nginx, and how long it took in ms."""
    started = time.perf_counter()
    answer = await call(way.front.port, target, SHOPPER, method=method)
    return answer, (time.perf_counter() - started) * 1_000


def is_page(answer: Wire, method: str = "GET", body: bytes = BODY) -> bool:
    """Whether it is the platform's page, perhaps with our key as its last."""
    if answer.status != 200 or not answer.complete:
        return False
    if method == "HEAD":
        return answer.value(b"content-length") == b"%d" % len(body)
    ours = answer.body.startswith(body[:-1] + b',"saccade":{') and answer.body.endswith(b"}}")
    return answer.body == body or ours


def is_decided(answer: Wire) -> bool:
    return b'"saccade":{' in answer.body


def asked(way: Way) -> list[bytes]:
    """Methods the platform was called by, but for Saccade's own calls for the catalog."""
    return [one.method for one in way.platform.received if b"pagination" not in one.target]


def posts(way: Way) -> int:
    """How many orders the platform was asked to take."""
    return asked(way).count(b"POST")


def slowly(script: Script, delay: float) -> Script:
    async def late(received: Received, line: Line) -> None:
        await asyncio.sleep(delay)
        await script(received, line)

    return late


async def decided_again(way: Way, patience_s: float = 20.0) -> float:
    """Wait until pages are decided; how long it took in seconds."""
    started = time.monotonic()
    while time.monotonic() - started < patience_s:
        answer, _ = await timed(way)
        assert is_page(answer)
        if is_decided(answer):
            return time.monotonic() - started
        await asyncio.sleep(0.05)
    raise AssertionError("no page was decided any more")


@contextlib.asynccontextmanager
async def failing(way: Way, fault: str) -> AsyncGenerator[None]:
    """Decided before; failed inside; decided again after it."""
    await decided_again(way)
    way.platform.received.clear()
    way.middleware.fail(fault)
    try:
        yield
    finally:
        await way.middleware.mended()
    await decided_again(way)


async def test_a_call_goes_through_saccade_while_it_is_there(way: Way) -> None:
    answer, _ = await timed(way)
    assert is_decided(answer)
    assert is_page(answer)
    answer, _ = await timed(way, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    answer, _ = await timed(way, ORDERS, "POST")
    assert answer.body == BODY
    assert asked(way) == [b"GET", b"HEAD", b"POST"]


@pytest.mark.full
@FAULTS
async def test_every_page_is_served_without_it(
    way: Way, fault: str, fault_report: FaultReport
) -> None:
    direct = statistics.median([(await _direct(way))[1] for _ in range(5)])
    async with failing(way, fault):
        seen = [(method, *await timed(way, method=method)) for method in ["GET", "HEAD"] * 12]
        first = [took for _, _, took in seen[:8]]
        last = [took for _, _, took in seen[-8:]]
    broken = sum(not is_page(answer, method) for method, answer, _ in seen)
    worst = max(took for _, _, took in seen) - direct
    fault_report("F38", broken=broken, added_ms=worst, runs=len(seen))
    assert broken == 0
    assert statistics.median(first) - direct < LIMIT_MS
    # Marked down: what a stopped process costs is paid by the first calls only.
    assert statistics.median(last) - direct < LIMIT_MS / 4


async def test_a_stopped_one_is_passed_and_taken_again(way: Way, fault_report: FaultReport) -> None:
    """The short form of the above, for every run of the suite."""
    direct = statistics.median([(await _direct(way))[1] for _ in range(5)])
    async with failing(way, "stopped"):
        seen = [await timed(way) for _ in range(14)]
        placed, _ = await timed(way, ORDERS, "POST")
        assert (placed.status, placed.body, posts(way)) == (200, BODY, 1)
    broken = sum(not is_page(answer) for answer, _ in seen)
    worst = max(took for _, took in seen) - direct
    fault_report("F38", broken=broken, added_ms=worst, runs=len(seen))
    assert broken == 0
    assert statistics.median(took for _, took in seen) < LIMIT_MS
    assert min(took for _, took in seen[-3:]) < LIMIT_MS / 4


@pytest.mark.full
@FAULTS
async def test_an_order_is_placed_once(way: Way, fault: str, fault_report: FaultReport) -> None:
    way.platform.script = json(PLACED, status=b"201 Created")
    async with _kept(way):
        way.middleware.fail(fault)
        answers = [
            await exchange(way.front.port, _order(number), method="POST") for number in range(6)
        ]
        received = [one.body for one in way.platform.received if one.method == b"POST"]
    assert received == [b'{"order":%d}' % number for number in range(6)]
    broken = sum((one.status, one.body) != (201, PLACED) for one in answers)
    fault_report("F38", broken=broken, added_ms=None, runs=len(answers))
    assert broken == 0


@pytest.mark.parametrize("fault", ["killed", "stopped"])
@pytest.mark.full
async def test_an_order_already_sent_is_never_sent_again(way: Way, fault: str) -> None:
    reached = asyncio.Event()

    async def never(received: Received, line: Line) -> None:
        if received.method == b"POST":
            reached.set()
            await line.reader.read()
        await page(received, line)

    way.platform.script = never
    async with _kept(way):
        waiting = asyncio.create_task(exchange(way.front.port, _order(1), method="POST"))
        async with asyncio.timeout(10):
            await reached.wait()
        way.middleware.fail(fault)
        if fault == "killed":
            assert (await waiting).status == 502  # and nginx's own, so that nobody waits
        else:
            done, _ = await asyncio.wait([waiting], timeout=1.5)
            assert not done  # the platform may still be taking it: only it could say
            waiting.cancel()
        pages = [(await timed(way))[0] for _ in range(12)]
        assert all(is_page(page) for page in pages)
        assert posts(way) == 1


async def test_a_slow_platform_is_asked_once_more_and_its_page_is_whole(
    way: Way, fault_report: FaultReport
) -> None:
    way.platform.script = slowly(page, 0.6)
    started = time.perf_counter()
    answer = await call(way.front.port, PRODUCT, SHOPPER)
    took = (time.perf_counter() - started) * 1_000
    assert answer.body == BODY
    assert len(asked(way)) == 2
    fault_report("F38", broken=0, added_ms=took - 600, runs=1)
    assert took >= 600
    way.platform.received.clear()
    answer = await call(way.front.port, ORDERS, SHOPPER, method="POST")
    assert (answer.body, posts(way)) == (BODY, 1)
    way.platform.script = page
    await decided_again(way)


@pytest.mark.parametrize("framing", ["length", "chunks"])
@pytest.mark.parametrize("half", [10_000, 120_000])
async def test_a_platform_that_pauses_in_its_page_is_not_cut_in_two(
    way: Way, half: int, framing: str
) -> None:
    """nginx's time-out holds for every pause, so the page must be whole before it passes there."""

    async def pausing(_: Received, line: Line) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        if framing == "length":
            await line.send(head + b"Content-Length: %d\r\n\r\n" % (2 * half) + b"a" * half)
            await asyncio.sleep(0.4)
            await line.send(b"b" * half)
        else:
            head += b"Transfer-Encoding: chunked\r\n\r\n"
            await line.send(head + b"%x\r\n%b\r\n" % (half, b"a" * half))
            await asyncio.sleep(0.4)
            await line.send(b"%x\r\n%b\r\n0\r\n\r\n" % (half, b"b" * half))

    way.platform.script = pausing
    answer, _ = await timed(way, "/occ/v2/electronics/products/search?query=laptop")
    assert answer.complete
    assert answer.body == b"a" * half + b"b" * half
    assert len(asked(way)) == 2
    way.platform.script = page
    await decided_again(way)


@pytest.mark.parametrize("size", [10_000, 400_000])
@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_a_page_cut_off_by_the_platform_is_seen_to_be(
    way: Way, size: int, framing: str
) -> None:  # F11
    part = b"a" * size

    async def cut(_: Received, line: Line) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        if framing == "length":
            await line.send(head + b"Content-Length: %d\r\n\r\n" % (2 * size) + part)
        else:
            head += b"Transfer-Encoding: chunked\r\n\r\n"
            await line.send(head + b"%x\r\n%b\r\n" % (size, part))
        line.close()

    way.platform.script = cut
    answer, _ = await timed(way, "/occ/v2/electronics/export")
    assert answer.status == 200
    assert not answer.complete
    assert part.startswith(answer.body)
    way.platform.script = page
    await decided_again(way)


@pytest.mark.parametrize("size", [400_000, 700_000, 5_000_000])
async def test_a_large_page_is_not_held_up(way: Way, size: int) -> None:
    body = bytes(range(256)) * (size // 256)
    way.platform.script = json(body)
    answer, _ = await timed(way, "/occ/v2/electronics/export")
    assert answer.complete
    assert answer.body == body
    assert len(asked(way)) == 1


@pytest.mark.parametrize(
    "status",
    [
        b"404 Not Found",
        b"500 Internal Server Error",
        b"502 Bad Gateway",
        b"503 Service Unavailable",
        b"504 Gateway Timeout",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_platforms_own_errors_are_its_answer(
    way: Way, status: bytes, method: str
) -> None:
    error = b'{"errors":[{"type":"InvalidTokenError"}]}'
    way.platform.script = json(error, (b"Retry-After", b"7"), status=status)
    answer, _ = await timed(way, method=method)
    assert (answer.status, answer.body) == (int(status[:3]), error)
    assert answer.value(b"retry-after") == b"7"
    assert len(asked(way)) == 1


async def test_a_platform_that_is_away_is_said_to_be(way: Way) -> None:
    async def gone(_: Received, line: Line) -> None:
        line.close()

    way.platform.script = gone
    answer, _ = await timed(way, ORDERS, "POST")
    assert answer.status == 502
    assert b"the platform gave no usable answer" in answer.body  # Saccade's own: not asked again
    assert posts(way) == 1


@pytest.mark.full
@FAULTS
async def test_every_page_is_served_under_load(
    way: Way, fault: str, fault_report: FaultReport
) -> None:
    way.platform.script = slowly(page, 0.01)
    await decided_again(way)
    seen: list[tuple[Wire, float]] = []
    direct: list[float] = []
    stop = asyncio.Event()

    async def shopper() -> None:
        while not stop.is_set():
            seen.append(await timed(way))

    async def neighbour() -> None:
        while not stop.is_set():
            direct.append((await _direct(way))[1])
            await asyncio.sleep(0.02)  # to measure, not to add to the load

    shoppers = [
        asyncio.create_task(neighbour()),
        *(asyncio.create_task(shopper()) for _ in range(8)),
    ]
    await asyncio.sleep(1)
    way.middleware.fail(fault)
    await asyncio.sleep(3)
    await way.middleware.mended()
    await asyncio.sleep(2)
    stop.set()
    await asyncio.gather(*shoppers)
    broken = sum(not is_page(answer) for answer, _ in seen)
    worst = max(took for _, took in seen) - max(direct)
    fault_report("F38", broken=broken, added_ms=worst, runs=len(seen), load=True)
    assert broken == 0
    assert len(seen) > 100
    assert sorted(took for _, took in seen)[int(0.95 * len(seen))] < LIMIT_MS
    await decided_again(way)


def _order(number: int) -> bytes:
    body = b'{"order":%d}' % number
    kind = ("Content-Type", "application/json")
    return request(ORDERS, SHOPPER, kind, method="POST", body=body)


@contextlib.asynccontextmanager
async def _kept(way: Way) -> AsyncGenerator[None]:
    """Whatever becomes of the middleware inside, it is there again after it."""
    try:
        yield
    finally:
        way.platform.script = page
        await way.middleware.mended()
        await decided_again(way)


async def _direct(way: Way) -> tuple[Wire, float]:
    started = time.perf_counter()
    answer = await call(way.platform.port, PRODUCT)
    return answer, (time.perf_counter() - started) * 1_000
