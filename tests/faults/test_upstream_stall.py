"""A decision that never comes costs a page less than 200 ms, whatever its shape (R24).

The engine is one that never answers, and the real one on a store that stalls in each of its calls.
"""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncGenerator, Sequence

import pytest

from faults import cases
from faults import upstream as up
from faults.cases import Case
from faults.comparing import LIMIT_MS, Ends, calm, judged, loaded, shopper
from faults.page import gateway_before, page_path
from faults.report import FaultReport
from faults.upstream import ScriptedUpstream
from making import LAPTOP_SHOPPER, ready, reassurance, request, tenant
from saccade.campaigns import Caps
from saccade.domain import Decision, Exposure, JsonObject, Outcome
from saccade.engine import Engine
from saccade.ports import IntentModel
from saccade.state import Reservation, Standing, State, ViewKey
from saccade.stores.memory import MemoryState

SMALL = b'{"code":"816324"}'
LARGE = b'{"code":"816324","summary":"' + b"s" * 15_000 + b'"}'
ZIPPED = gzip.compress(LARGE, mtime=0)

SHAPES = {
    "small": Case(up.json(SMALL), SMALL),
    "15-kb": Case(up.json(LARGE), LARGE),
    "gzip": Case(up.json(ZIPPED, (b"Content-Encoding", b"gzip")), ZIPPED),
    "chunked": Case(up.chunked(LARGE[:7_000], LARGE[7_000:]), LARGE),
    "drips": Case(cases.dripped(3_000, 0.02), cases.BODY),
    "slow-head": Case(cases.dripped(len(cases.BODY), 0.0, before_s=0.15), cases.BODY),
    "slower-than-the-budget": Case(cases.dripped(4_000, 0.05, before_s=0.2), cases.BODY),
}
HEADS = {
    "length": Case(up.raw(cases.JSON_HEAD + cases.LENGTH % len(LARGE)), b""),
    "gzip": Case(
        up.raw(cases.JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 90\r\n\r\n"), b""
    ),
    "chunked": Case(up.raw(cases.JSON_HEAD + cases.CHUNKED), b""),
}


class NoJournal:
    """Keeps nothing."""

    def decided(self, decision: Decision) -> None:
        """Forget it."""

    async def exposed(self, exposure: Exposure) -> None:
        """Forget it."""

    async def followed(self, outcome: Outcome) -> None:
        """Forget it."""

    async def find(self, tenant: str, decision_id: str) -> JsonObject | None:
        """Nothing is kept."""

    async def close(self) -> None:
        """Nothing to close."""


class RulesOnly:
    """No model: rules read the features."""

    def current(self) -> IntentModel | None:
        return None


class StallingState(MemoryState):
    """Never comes back from one of its calls, until it is let go."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self._stage = stage
        self.stalled = 0
        self.go = asyncio.Event()

    async def _stall(self, stage: str) -> None:
        if stage == self._stage:
            self.stalled += 1
            await self.go.wait()

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        await self._stall("read")
        return await super().read(keys)

    async def reserve(self, reservations: Sequence[Reservation]) -> Sequence[bool]:
        await self._stall("reserve")
        return await super().reserve(reservations)

    async def stand(self, standings: Sequence[tuple[ViewKey, Standing]]) -> None:
        await self._stall("stand")
        await super().stand(standings)


@contextlib.asynccontextmanager
async def stalling_in(stage: str) -> AsyncGenerator[tuple[Ends, StallingState], None]:
    """The real engine on a store that stalls; its shopper hesitates, its campaign has a cap."""
    async with ScriptedUpstream(cases.dispatched(SHAPES)) as upstream:
        shop = tenant(url=upstream.url)
        state = StallingState(stage)
        capped = reassurance(caps=Caps(per_session=100_000))
        engine = Engine({shop.name: ready(shop, capped)}, state, NoJournal(), RulesOnly())
        await engine.ingest(request(session="shopper-1"), LAPTOP_SHOPPER)
        async with gateway_before(upstream.port, engine, shop=shop) as port:
            yield Ends(upstream.port, port), state
        state.go.set()
        await engine.close()


async def test_an_engine_that_never_answers(fault_report: FaultReport) -> None:
    async with page_path(cases.dispatched(SHAPES), at_once=False) as page:
        judged(fault_report, "stall", await calm(Ends.of(page), SHAPES))
        assert page.engine.abandoned > 0
    async with page_path(cases.dispatched(HEADS), at_once=False) as page:
        judged(fault_report, "stall", await calm(Ends.of(page), HEADS, method="HEAD"))


@pytest.mark.full
async def test_an_engine_that_never_answers_under_load(fault_report: FaultReport) -> None:
    async with page_path(cases.dispatched(SHAPES), at_once=False) as page:
        seen = await loaded(Ends.of(page), SHAPES, decided=False)
        judged(fault_report, "stall", *seen, load=True)


@pytest.mark.full
@pytest.mark.parametrize("stage", ["read", "reserve"])
async def test_a_store_that_stalls(stage: str, fault_report: FaultReport) -> None:
    async with stalling_in(stage) as (ends, state):
        judged(fault_report, "stall", await calm(ends, SHAPES))
        seen = await loaded(ends, SHAPES, decided=False)
        judged(fault_report, "stall", *seen, load=True)
        assert state.stalled > 0


async def test_a_store_that_stalls_once_the_page_has_gone_out(fault_report: FaultReport) -> None:
    async with stalling_in("stand") as (ends, state):
        clock = asyncio.get_running_loop().time
        worst, broken, views = 0.0, 0, 20
        async with shopper(ends.through) as caller:
            for view in range(views):
                started = clock()
                page, _ = await caller.get(f"{cases.PAGES}small?saccade_view={view}")
                worst = max(worst, (clock() - started) * 1_000)
                begun = SMALL[:-1] + b',"saccade":{"decision_id":"'
                broken += page is None or not page.body.startswith(begun)
        assert state.stalled > 0
        fault_report("stall", broken=broken, added_ms=worst, runs=views)
        assert (broken, worst < LIMIT_MS) == (0, True)
