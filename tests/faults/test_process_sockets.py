"""F33 and F34 against a process: callers who only hold on, and no descriptor left for another."""

import asyncio
import contextlib
import resource
import shutil
import socket
from collections.abc import AsyncGenerator, Generator, Mapping
from pathlib import Path

import pytest

from faults import wire
from faults.report import FaultReport
from faults.serving import Tally, ask, browse, cpu_s, note, served, together
from faults.wire import Caller
from server.program import NONE

CLOSED_WITHIN_S = 10.0
SLACK_S = 5.0
"""For a machine that is short of time."""

POST = b"POST %b HTTP/1.1\r\nHost: lab\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n{"

HOLDING_ON = {
    "nothing": b"",
    "half a head": b"GET /livez HTTP/1.1\r\nHost: lab\r\nX-Slow: ",
    "one call": wire.request("/livez"),
    "half a body": POST % b"/v1/signals",
    "half a body to nowhere": POST % b"/nowhere",
}
"""What such callers send at first; what is half goes on, a byte a second."""


async def held(port: int, what: str) -> float:
    """Hold on; the seconds until it was closed."""
    clock = asyncio.get_running_loop().time
    async with await Caller.connect(port) as caller:
        started = clock()
        await caller.send(HOLDING_ON[what])
        over = asyncio.create_task(caller.reader.read())
        while not over.done():
            await asyncio.wait((over,), timeout=1.0)
            assert clock() - started < CLOSED_WITHIN_S + SLACK_S, f"{what}: still open"
            if "half" in what:
                with contextlib.suppress(OSError):
                    await caller.send(b"a")
        with contextlib.suppress(OSError):
            over.result()
        return clock() - started


async def slowloris(
    folder: Path, fault_report: FaultReport, *whats: str, settings: Mapping[str, str] = NONE
) -> float:
    """Each of them three times while pages pass; the seconds until the last was closed."""
    async with served(folder, settings=settings) as shop:
        tally = Tally()
        pages = asyncio.create_task(browse(shop.port, tally, calls=300))
        took = await asyncio.gather(*(held(shop.port, what) for what in whats for _ in "123"))
        await pages
        assert tally.wrong == []
        assert len(shop.program.lines()) < 10
        added = await shop.added_ms(tally)
    fault_report("F33", broken=len(tally.wrong), added_ms=added, runs=tally.asked)
    return max(took)


@pytest.mark.full
async def test_f33_whoever_only_holds_on_is_closed(
    tmp_path: Path, fault_report: FaultReport
) -> None:
    settings = {"SACCADE_IDLE_S": "1"}
    whats = ("nothing", "half a head", "one call")
    assert await slowloris(tmp_path, fault_report, *whats, settings=settings) < 1 + SLACK_S


@pytest.mark.full
async def test_f33_closed_within_ten_seconds(tmp_path: Path, fault_report: FaultReport) -> None:
    assert await slowloris(tmp_path, fault_report, *HOLDING_ON) < CLOSED_WITHIN_S + SLACK_S


def connected(port: int, count: int, stack: contextlib.ExitStack) -> list[socket.socket]:
    """Connections that say nothing or, every second one, half a head."""
    held: list[socket.socket] = []
    for number in range(count):
        one = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        if number % 2:
            one.sendall(HOLDING_ON["half a head"])
        one.setblocking(False)
        held.append(one)
    return held


def is_closed(one: socket.socket) -> bool:
    """Whether the other side has ended it."""
    try:
        return one.recv(1_024) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.fixture
def descriptors() -> Generator[int]:
    """As many as this process may have, while the test runs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.full
async def test_f33_ten_thousand_idle_sockets(
    tmp_path: Path,
    descriptors: int,
    fault_report: FaultReport,
    request: pytest.FixtureRequest,
) -> None:
    count = min(10_000, descriptors // 2 - 500)  # half of them are the platform's (`Door`)
    async with served(tmp_path) as shop:
        await shop.behave(*(f"s{number}" for number in range(20)))
        await together(shop.port, Tally(), connections=8, calls=50)
        base, crowded, direct = Tally(), Tally(), Tally()
        await together(shop.port, base, connections=8, calls=150)
        clock = asyncio.get_running_loop().time
        with contextlib.ExitStack() as stack:
            idle = await asyncio.to_thread(connected, shop.port, count, stack)
            opened = clock()
            assert not is_closed(idle[-1])
            async with shop.beside(direct):
                await together(shop.port, crowded, connections=8, calls=150)
            while not all(is_closed(one) for one in idle):
                assert clock() - opened < CLOSED_WITHIN_S + SLACK_S
                await asyncio.sleep(0.2)
            closed_s = clock() - opened
        assert base.wrong == crowded.wrong == []
        assert len(shop.program.lines()) < 20
        added = await shop.added_ms(crowded, direct)
    figures = {
        "idle_sockets": count,
        "closed_s": round(closed_s, 1),
        "p99_ms": round(base.share(0.99), 1),
        "p99_crowded_ms": round(crowded.share(0.99), 1),
    }
    note(request, "F33", figures)
    assert crowded.share(0.99) < 2 * base.share(0.99) + 100  # the row says 2 ×; the rest is slack
    fault_report("F33", broken=0, added_ms=added, runs=crowded.asked, load=True)


@contextlib.asynccontextmanager
async def besieged(port: int) -> AsyncGenerator[None]:
    """200 connections, and a new one for each that is closed."""
    over = asyncio.Event()

    async def hold() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                async with await Caller.connect(port) as caller:
                    await asyncio.wait(
                        (
                            asyncio.ensure_future(caller.reader.read()),
                            asyncio.ensure_future(over.wait()),
                        ),
                        return_when=asyncio.FIRST_COMPLETED,
                    )
            await asyncio.sleep(0.05)

    holding = [asyncio.create_task(hold()) for _ in range(200)]
    await asyncio.sleep(0.5)
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*holding)


@pytest.mark.full
async def test_f34_without_descriptors_it_answers_and_recovers(
    tmp_path: Path, fault_report: FaultReport
) -> None:
    shell = shutil.which("sh") or pytest.fail("no shell")
    limited = (shell, "-c", 'ulimit -n 64; exec "$@"', shell)
    async with served(tmp_path, prefix=limited) as shop, contextlib.AsyncExitStack() as stack:
        await shop.behave("s1")
        tally = Tally()
        pid = shop.program.process.pid
        kept = [await stack.enter_async_context(await Caller.connect(shop.port)) for _ in range(8)]
        for caller in kept:
            await ask(caller, tally)
        async with besieged(shop.port):
            alone, direct = Tally(), Tally()
            async with shop.beside(direct):
                for number in range(20):
                    await ask(kept[0], alone, ("x-saccade-view", f"a{number}"))
                    await asyncio.sleep(0.02)
            used = cpu_s(pid)
            for number in range(20):
                view = ("x-saccade-view", f"v{number}")
                await asyncio.gather(*(ask(caller, tally, view) for caller in kept))
                await asyncio.sleep(0.05)
            used = cpu_s(pid) - used
        # It recovers: whoever comes now is let in.
        await together(shop.port, tally, connections=4, calls=10)
        assert tally.wrong == alone.wrong == []
        assert tally.decided > 0
        assert used < 1.0  # of some 1.5 s: no busy loop
        assert len(shop.program.lines()) < 10
        figures = await shop.figures()
        assert figures['saccade_rejected_total{field_kind="overload",route="other"}'] > 0
        added = await shop.added_ms(tally)
        added_alone = await shop.added_ms(alone, direct)
    fault_report("F34", broken=0, added_ms=added_alone, runs=alone.asked)
    fault_report("F34", broken=len(tally.wrong), added_ms=added, runs=tally.asked, load=True)
