"""F31 against processes: others take the port over while shoppers call, and no call is lost."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from conftest import unused_port
from faults.page import PRODUCT
from faults.report import FaultReport
from faults.serving import Served, Tally, ask, browse, served, shop
from faults.upstream import ScriptedUpstream
from faults.wire import Caller, request
from server.program import Program, write_tenant


class Deployment:
    """Instances of two workers each on one port, state in one Redis."""

    def __init__(self, folder: Path, platform: ScriptedUpstream, redis_url: str) -> None:
        write_tenant(folder, platform.url)
        self.port = unused_port()
        self.platform = platform
        self._folder = folder
        self._redis_url = redis_url
        self.started: list[Program] = []

    async def start(self) -> Program:
        """One more instance; returns when all its workers serve."""
        program = Program(
            self._folder,
            *("serve", "--workers", "2", "--port", str(self.port), "--state", self._redis_url),
            log=f"log-{len(self.started)}.jsonl",
        )
        self.started.append(program)
        await program.logged("serving", 2)
        return program


async def short(port: int, tally: Tally, over: asyncio.Event) -> None:
    """Pages on a new connection each."""
    while not over.is_set():
        await browse(port, tally, calls=1)
        await asyncio.sleep(0.005)


async def rolled(
    folder: Path, redis_url: str, fault_report: FaultReport, times: int, connections: int
) -> None:
    """Put a new instance in the place of the old one, so many times."""
    kept, fresh = Tally(), Tally()
    async with ScriptedUpstream(shop) as platform:
        deployment = Deployment(folder, platform, redis_url)
        try:
            old = await deployment.start()
            served = Served(old, deployment.port, platform)
            await served.behave(*(f"s{number}" for number in range(20)))
            over = asyncio.Event()
            load = [
                *(browse(deployment.port, kept, until=over) for _ in range(connections)),
                *(short(deployment.port, fresh, over) for _ in range(2)),
            ]
            tasks = [asyncio.create_task(one) for one in load]
            direct = Tally()
            async with served.beside(direct):
                for _ in range(times):
                    new = await deployment.start()
                    old.stop()
                    assert await old.ended() == 0
                    assert len(old.events("stopped")) == 2
                    old = new
                over.set()
                await asyncio.gather(*tasks)
            added = await served.added_ms(kept, direct)
        finally:
            for program in deployment.started:
                program.kill()
    assert kept.wrong == fresh.wrong == []
    assert kept.decided > 0
    runs = kept.asked + fresh.asked
    fault_report("F31", broken=0, added_ms=added, runs=runs, load=True)


@pytest.mark.full
@pytest.mark.redis
@pytest.mark.timeout(400)
async def test_f31_five_restarts_under_load(
    tmp_path: Path, redis_url: str, fault_report: FaultReport
) -> None:
    await rolled(tmp_path, redis_url, fault_report, times=5, connections=16)


@pytest.mark.full
async def test_f31_open_connections_get_their_last_answer(
    tmp_path: Path, fault_report: FaultReport
) -> None:
    targets = (PRODUCT, "/livez", "/v1/experience", "/nowhere", "/occ/v2/nowhere")
    async with served(tmp_path) as one, contextlib.AsyncExitStack() as stack:
        tally = Tally()
        page = await stack.enter_async_context(await Caller.connect(one.port))
        await ask(page, tally)
        kept = [await stack.enter_async_context(await Caller.connect(one.port)) for _ in targets]
        for caller in kept:
            await caller.send(request("/livez"))
            assert (await caller.answer()).value(b"connection") is None
        one.program.stop()
        await one.program.logged("stopping")
        for caller, target in zip(kept, targets, strict=True):
            await caller.send(request(target))
            answer = await caller.answer()
            assert answer.complete
            assert (answer.value(b"connection") or b"").lower() == b"close", target
            assert await caller.reader.read() == b""
        assert (await ask(page, tally)).value(b"connection") == b"close"
        assert await one.program.ended() == 0
        added = await one.added_ms(tally)
    assert tally.wrong == []
    fault_report("F31", broken=0, added_ms=added, runs=tally.asked)
