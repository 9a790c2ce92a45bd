"""What the client waits while a stage is stalled, the platform answering promptly.

Each stall begins while calls are under way and lasts until the last is answered. Events
seen passing are no stage here: a product call changes nothing, so no sink is ever told of it.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import answers
import shop
import wired
from contenders import Contender, Wiring, hold_of, home_of, journal_of, saccade, saccade_contender
from load import Check, Request, Round, drive
from processes import Server
from rounds import Load

P99_MS, WORST_MS = 190.0, 200.0
"""What the client may wait, the platform being prompt."""
CALM_S = 0.1
"""Load before the stall begins."""
STUTTER_S = 0.1
RECOVERED_S = 3.0
"""After a stall, until the next: a circuit that opened has closed."""

Stalling = Callable[[], AbstractAsyncContextManager[None]]


class Stalled(NamedTuple):
    """What clients saw of one stalled stage."""

    contender: str
    stage: str
    requests: int
    decided: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    wrong: list[str]

    @property
    def kept(self) -> bool:
        """Whether nobody waited too long and every page was whole."""
        return self.p99_ms < P99_MS and self.worst_ms < WORST_MS and not self.wrong


async def all_stalls(
    contender: Contender,
    folder: Path,
    product: bytes,
    upstream: int,
    core: int,
    load: Load,
    said: Callable[[str], None],
) -> list[Stalled]:
    """Saccade on Redis, stage by stage, in three rounds."""
    store = contender.state
    if store is None:
        return []
    journal = journal_of(home_of(folder, contender.name))
    stages: dict[str, Stalling] = {
        "none": _nothing,
        "state store hangs": partial(_hung, store),
        f"state store hangs {STUTTER_S * 1_000:.0f} ms of every {STUTTER_S * 2_000:.0f}": partial(
            _stuttering, store
        ),
        "journal locked": partial(_locked, journal),
    }
    found: list[Stalled] = []
    for stage, stall in stages.items():
        found.append(await _felt(contender, stage, stall, product, load))
        said(f"stalled: {stage}")
    found.append(await _held_model(store, folder, product, upstream, core, load))
    said("stalled: model")
    return found


async def stalled_services(contender: Contender, product: bytes, load: Load) -> list[Stalled]:
    """The three services with their Redis hung; fewer calls, since each one waits."""
    if contender.state is None:
        return []
    fewer = Load(1, max(1, load.requests // 5), load.connections)
    stall = partial(_hung, contender.state)
    return [await _felt(contender, "state store hangs", stall, product, fewer, spliced=False)]


async def _held_model(
    store: Server, folder: Path, product: bytes, upstream: int, core: int, load: Load
) -> Stalled:
    """A model in our own process cannot hang but with the loop; it can be far too slow."""
    wiring = Wiring(state=f"redis://127.0.0.1:{store.port}/0", without=("haste",))
    name = "Saccade, slow model"
    server = saccade(folder, name, wiring.state, upstream, core, wiring)
    try:
        names = shop.crowd(load.requests)
        contender = await saccade_contender("Saccade, Redis", server, product, names, wiring)
        stage = f"model takes {wired.SLOW_MODEL_S * 1_000:.0f} ms a batch"
        hold = hold_of(home_of(folder, name))
        return await _felt(contender, stage, partial(_held, hold), product, load)
    finally:
        server.stop()


async def _felt(
    contender: Contender,
    stage: str,
    stall: Stalling,
    product: bytes,
    load: Load,
    *,
    spliced: bool = True,
) -> Stalled:
    """Rounds under one stall. A page that comes undecided is whole, and right."""
    whole = answers.passed(product, spliced=spliced)
    latencies: list[float] = []
    wrong: list[str] = []
    undecided = 0
    for _ in range(load.rounds):
        count = _Undecided()
        requests = _lenient(contender.pages, whole, count)
        result = await _under(stall, contender.port, requests, load)
        latencies += result.latencies_ms
        wrong += result.wrong
        undecided += count.pages
        await asyncio.sleep(0 if stall is _nothing else RECOVERED_S)
    merged = Round(len(latencies), latencies_ms=latencies)
    return Stalled(
        contender.name,
        stage,
        len(latencies),
        len(latencies) - undecided,
        merged.percentile(0.5),
        merged.percentile(0.99),
        merged.percentile(1.0),
        wrong,
    )


class _Undecided:
    """Counts pages that came without the decision expected."""

    def __init__(self) -> None:
        self.pages = 0


def _lenient(requests: Iterator[Request], whole: Check, count: _Undecided) -> Iterator[Request]:
    """The same calls; only a broken page is wrong."""

    def reader(strict: Check) -> Check:
        def read(status: int, body: bytes) -> str:
            count.pages += bool(strict(status, body))
            return whole(status, body)

        return read

    for request, strict in requests:
        yield request, reader(strict)


async def _under(stall: Stalling, port: int, requests: Iterator[Request], load: Load) -> Round:
    driving = asyncio.ensure_future(
        drive(port, requests, connections=load.connections, count=load.requests)
    )
    await asyncio.sleep(CALM_S)
    async with stall():
        return await driving


# --- stalls --------------------------------------------------------------------------------------


@asynccontextmanager
async def _nothing() -> AsyncGenerator[None]:
    yield


@asynccontextmanager
async def _hung(store: Server) -> AsyncGenerator[None]:
    store.hang()
    try:
        yield
    finally:
        store.resume()


@asynccontextmanager
async def _stuttering(store: Server) -> AsyncGenerator[None]:
    async def stutter() -> None:
        while True:
            store.hang()
            await asyncio.sleep(STUTTER_S)
            store.resume()
            await asyncio.sleep(STUTTER_S)

    task = asyncio.ensure_future(stutter())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        store.resume()


@asynccontextmanager
async def _held(file: Path) -> AsyncGenerator[None]:
    await asyncio.to_thread(file.touch)
    try:
        yield
    finally:
        await asyncio.to_thread(file.unlink)


@asynccontextmanager
async def _locked(journal: Path) -> AsyncGenerator[None]:
    """Another process's transaction: SQLite lets nobody else write."""
    with closing(sqlite3.connect(journal, timeout=5, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            held.execute("ROLLBACK")
