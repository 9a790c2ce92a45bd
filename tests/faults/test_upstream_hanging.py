"""F9: a platform that hangs is waited for exactly as a direct caller would wait.

Ours is only the time to connect; a time to read is a tenant's setting, none by default.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest

from faults import cases
from faults import upstream as up
from faults.cases import BODY, HEALTHY, JSON_HEAD, LENGTH, PAGES
from faults.comparing import CONNECTIONS, Seen, judged, shopper, steady
from faults.page import SHOPPER, SteeredEngine, gateway_before, page_path, with_block
from faults.report import FaultReport
from faults.upstream import Line, Received, Script, ScriptedUpstream
from faults.wire import Caller, call, request
from making import tenant
from saccade.tenants import Tenant, Upstream

PAUSE_S = 0.3
FIRST = 4_000
TARGETS = (PAGES + "hangs", PAGES + "hangs/references")


def limited(port: int, **times: float) -> Tenant:
    """A tenant with time limits of its own."""
    known = {"url": f"http://127.0.0.1:{port}", "allow_private": True, **times}
    return tenant().model_copy(update={"upstream": Upstream.model_validate(known)})


def hanging(go: asyncio.Event, sent: bytes) -> Script:
    """Sends so much, and the rest once it is told to; other products' pages are healthy."""
    whole = JSON_HEAD + LENGTH % len(BODY) + BODY

    async def script(received: Received, line: Line) -> None:
        if b"hangs" not in received.target:
            await up.json(BODY)(received, line)
            return
        await line.send(sent)
        await go.wait()
        await line.send(whole[len(sent) :])

    return script


MID_BODY = JSON_HEAD + LENGTH % len(BODY) + BODY[:FIRST]


async def first_bytes(port: int, target: str, count: int) -> tuple[Caller, float]:
    """A call's connection once so many bytes of its body came, and the milliseconds until then."""
    caller = await Caller.connect(port)
    started = time.perf_counter()
    await caller.send(request(target, SHOPPER))
    await caller.head()
    assert await caller.reader.readexactly(count) == BODY[:count]
    return caller, (time.perf_counter() - started) * 1_000


@pytest.mark.parametrize("sent", [b"", JSON_HEAD], ids=["before-headers", "in-the-headers"])
async def test_f9_a_hang_before_the_body_is_waited_for(
    sent: bytes, fault_report: FaultReport
) -> None:
    go = asyncio.Event()
    async with page_path(hanging(go, sent)) as page:

        async def one_round() -> Seen:
            go.clear()
            asking = [
                asyncio.create_task(call(port, target, SHOPPER))
                for target in TARGETS
                for port in (page.upstream.port, page.port)
            ]
            done, _ = await asyncio.wait(asking, timeout=PAUSE_S)
            assert not done  # neither is the direct one
            released = time.perf_counter()
            go.set()
            ended = [await each for each in asking]
            added = (time.perf_counter() - released) * 1_000
            seen = Seen()
            for answer, body in zip(ended[1::2], (with_block(BODY), BODY), strict=True):
                seen.page("hang", added, None if answer.body == body else "other bytes")
            return seen

        judged(fault_report, "F9", await steady(one_round))


async def test_f9_a_hang_in_mid_body_shows_what_came(fault_report: FaultReport) -> None:
    go = asyncio.Event()
    async with page_path(hanging(go, MID_BODY)) as page:

        async def one_round() -> Seen:
            seen = Seen()
            for target in TARGETS:
                go.clear()
                there, alone = await first_bytes(page.upstream.port, target, FIRST)
                here, took = await first_bytes(page.port, target, FIRST)
                go.set()
                for caller in (there, here):
                    rest = await caller.reader.readexactly(len(BODY) - FIRST)
                    assert rest == BODY[FIRST:]
                    await caller.close()
                seen.page(target, took - alone, None)
            return seen

        judged(fault_report, "F9", await steady(one_round))


@pytest.mark.full
async def test_f9_hanging_pages_hold_up_no_healthy_one(fault_report: FaultReport) -> None:
    go = asyncio.Event()
    async with page_path(hanging(go, MID_BODY)) as page:
        stuck = [
            asyncio.create_task(call(page.port, TARGETS[number % 2], SHOPPER))
            for number in range(CONNECTIONS // 2)
        ]

        async def healthy(seen: Seen) -> None:
            async with shopper(page.port) as here, shopper(page.upstream.port) as there:
                for _ in range(25):
                    _, alone = await there.get(PAGES + HEALTHY)
                    answer, took = await here.get(PAGES + HEALTHY)
                    right = answer is not None and answer.body == with_block(BODY)
                    seen.page("healthy", took - alone, None if right else "not personalised")

        async def one_round() -> Seen:
            seen = Seen()
            await asyncio.gather(*(healthy(seen) for _ in range(CONNECTIONS // 2)))
            return seen

        seen, _ = await asyncio.gather(steady(one_round), asyncio.sleep(PAUSE_S))
        go.set()
        for ended in await asyncio.gather(*stuck):
            seen.page("stuck", 0.0, None if ended.body == BODY and ended.complete else "broken")
        judged(fault_report, "F9", seen, load=True)


@contextlib.contextmanager
def full_backlog() -> Generator[int]:
    """A port that takes no connection: its queue is full, so that a SYN gets no answer."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


async def test_f9_a_platform_that_takes_no_connection_is_a_502_in_our_own_time(
    fault_report: FaultReport,
) -> None:
    with full_backlog() as port:
        with pytest.raises(TimeoutError):  # as direct: no connection
            async with asyncio.timeout(0.4):
                await Caller.connect(port)
        shop = limited(port, connect_timeout_s=0.3)
        async with gateway_before(port, SteeredEngine(), shop=shop) as own:
            started = time.perf_counter()
            answers = await asyncio.gather(*(call(own, PAGES + "1", SHOPPER) for _ in range(8)))
            took = time.perf_counter() - started
    broken = sum(answer.status != 502 for answer in answers)
    fault_report("F9", broken=broken, added_ms=None, runs=len(answers))
    assert broken == 0
    assert 0.3 <= took < 3.0


@contextlib.asynccontextmanager
async def impatient(script: Script, **times: float) -> AsyncGenerator[tuple[int, Any]]:
    """A gateway that gives the platform so long between two pieces."""
    async with ScriptedUpstream(script) as upstream:
        shop = limited(upstream.port, **times)
        async with gateway_before(upstream.port, SteeredEngine(), shop=shop) as port:
            yield port, upstream


async def test_f9_a_time_to_read_ends_a_hang_and_no_drip(fault_report: FaultReport) -> None:
    runs = 0
    async with impatient(up.hang, read_timeout_s=0.2) as (port, upstream):
        for target in TARGETS:
            assert (await call(port, target, SHOPPER)).status == 502
            runs += 1
        assert len(upstream.received) == runs  # a call that timed out is not repeated
    async with impatient(up.raw(MID_BODY), read_timeout_s=0.2) as (port, _):
        for target in TARGETS:
            async with asyncio.timeout(5):
                cut = await call(port, target, SHOPPER)
            assert (cut.status, cut.complete) == (200, False)
            assert BODY.startswith(cut.body)
            runs += 1
    async with impatient(cases.dripped(1_000, 0.05), read_timeout_s=0.4) as (port, _):
        for target in TARGETS:
            slow = await call(port, target, SHOPPER)
            assert slow.complete
            assert slow.body == BODY
            runs += 1
    fault_report("F9", broken=0, added_ms=None, runs=runs)
