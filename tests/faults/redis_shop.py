"""A shop whose state is in Redis: scripted platform, gateway, real engine; and a crowd in it.

Every page is asked for twice, straight from the platform and through the gateway, and checked byte
for byte: the platform's document, or that with our one key.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import quote

import msgspec
import pytest

from faults import upstream as up
from faults.comparing import LIMIT_MS, Seen, steady
from faults.page import PRODUCT, gateway_before
from faults.report import FaultReport
from faults.upstream import ScriptedUpstream
from faults.wire import Caller, Wire, request
from making import LAPTOP_SHOPPER, ready, tenant
from making import request as asked
from saccade.breaker import Breaker, GuardedState, StateUnavailable
from saccade.domain import Decision, Exposure, JsonObject, Outcome
from saccade.engine import Engine
from saccade.ports import IntentModel, StatePort
from saccade.signals import Signals
from saccade.stores import open_state

BODY = b'{"code":"816324","price":{"value":1249.00},"summary":"' + b"s" * 12_000 + b'"}'
GIVEN = (
    "x-anonymous-consents",
    quote('[{"templateCode":"PROFILE","templateVersion":1,"consentState":"GIVEN"}]'),
)

CALM_PAGES = 20
CROWD = 16
TURNS = 60
"""Pages each of a crowd asks for, one after another."""

LOADS = [
    pytest.param(False, id="calm"),
    pytest.param(True, id="load", marks=pytest.mark.full),
]


class Memory:
    """A journal that keeps decisions where a test can see them."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []

    def decided(self, decision: Decision) -> None:
        """Keep it."""
        self.decisions.append(decision)

    async def exposed(self, exposure: Exposure) -> None:
        """Nobody here exposes anything."""
        raise AssertionError(exposure)

    async def followed(self, outcome: Outcome) -> None:
        """As `exposed`."""
        raise AssertionError(outcome)

    async def find(self, tenant: str, decision_id: str) -> JsonObject | None:
        """As `exposed`."""
        raise AssertionError((tenant, decision_id))

    async def close(self) -> None:
        """Nothing to close."""


class RulesOnly:
    """No model: rules read the features."""

    def current(self) -> IntentModel | None:
        """See `ModelPort.current`."""
        return None


@dataclass(slots=True)
class Pages(Seen):
    """What a number of pages showed: of each the session and the mode, ``None`` without our key."""

    shown: list[tuple[str, object]] = field(default_factory=list[tuple[str, object]])

    @property
    def personal(self) -> int:
        """Pages that show what the laptop shopper is to see."""
        return [mode for _, mode in self.shown].count("hesitating")


@dataclass(slots=True)
class Shop:
    """Its parts, and their ports."""

    port: int
    platform: int
    engine: Engine
    state: GuardedState
    journal: Memory

    async def pages(self, load: bool) -> Pages:
        """One visitor's pages, or a crowd's, all at once."""
        crowd, turns = (CROWD, TURNS) if load else (1, CALM_PAGES)

        async def ask(pages: Pages) -> None:
            await asyncio.gather(*(self.visit(pages, f"s{n}", turns) for n in range(crowd)))

        return await steadily(ask)

    async def page(self, session: str = "s0", *headers: tuple[str, str]) -> dict[str, object]:
        """Our block of one page; a page against the contract fails."""
        async with await Caller.connect(self.port) as caller:
            answer, _ = await _timed(caller, session, *headers)
        why, block = read(answer)
        assert why is None, why
        return block

    async def known(self, sessions: int = CROWD, signals: Signals = LAPTOP_SHOPPER) -> None:
        """Each visitor's signals, sent until they are kept, as the tracker does."""
        for n in range(sessions):
            await self.behaves(f"s{n}", signals)

    async def behaves(self, session: str, signals: Signals = LAPTOP_SHOPPER) -> None:
        """One visitor's."""
        for _ in range(20):
            with contextlib.suppress(StateUnavailable):
                await self.engine.ingest(asked(session=session), signals)
                return
            await asyncio.sleep(0.1)
        pytest.fail("signals were not kept in 20 tries")

    async def personal_again(self, session: str = "s0", within_s: float = 20.0) -> float:
        """Seconds until a page is personal."""
        started = time.perf_counter()
        async with asyncio.timeout(within_s):
            while True:
                if (await self.page(session)).get("mode") == "hesitating":
                    return time.perf_counter() - started
                await asyncio.sleep(0.02)

    async def visit(self, pages: Pages, session: str, turns: int, *, views: str = "") -> None:
        """A visitor's pages, each straight from the platform first; with a word for ``views``, each
        is a view of its own, decided anew."""
        direct: list[float] = []
        through: list[tuple[float, str | None]] = []
        async with (
            await Caller.connect(self.platform) as there,
            await Caller.connect(self.port) as here,
        ):
            for turn in range(turns):
                view = [("x-saccade-view", f"{views}-{turn}")] if views else []
                direct.append((await _timed(there, session, *view))[1])
                answer, took = await _timed(here, session, *view)
                why, block = read(answer)
                through.append((took, why))
                pages.shown.append((session, block.get("mode")))
        usual = median(direct)
        for took, why in through:
            pages.page(session, took - usual, why)


async def _timed(caller: Caller, session: str, *headers: tuple[str, str]) -> tuple[Wire, float]:
    """An answer and the milliseconds it took."""
    started = time.perf_counter()
    await caller.send(request(PRODUCT, ("x-session-id", session), *headers))
    answer = await caller.answer()
    return answer, (time.perf_counter() - started) * 1_000


def read(answer: Wire) -> tuple[str | None, dict[str, object]]:
    """Why an answer is against the contract, and our block, empty where there is none."""
    if answer.status != 200 or not answer.complete:
        return f"{answer.status}, complete: {answer.complete}", {}
    if answer.body == BODY:
        return None, {}
    head, key, rest = answer.body.partition(b',"saccade":')
    if head + b"}" != BODY or not key or not rest.endswith(b"}"):
        return f"other bytes: {answer.body[:80]!r}…{answer.body[-80:]!r}", {}
    try:
        return None, msgspec.json.decode(rest[:-1], type=dict[str, object])
    except msgspec.DecodeError as error:
        return f"our block: {error}", {}


@contextlib.asynccontextmanager
async def shop_on(
    url: str, *, store: StatePort | None = None, breaker: Breaker | None = None
) -> AsyncGenerator[Shop, None]:
    """A gateway with the real engine, its state at ``url`` unless a ``store`` is given."""
    async with ScriptedUpstream(up.json(BODY)) as upstream:
        shop = tenant(url=upstream.url)
        state = GuardedState(store or open_state(url), breaker)
        journal = Memory()
        engine = Engine({shop.name: ready(shop)}, state, journal, RulesOnly())
        gc.collect()
        gc.freeze()  # as the server does
        try:
            async with gateway_before(upstream.port, engine, shop=shop) as port:
                yield Shop(port, upstream.port, engine, state, journal)
        finally:
            gc.unfreeze()
            await engine.close()
            await state.close()


async def steadily(ask: Callable[[Pages], Awaitable[object]]) -> Pages:
    """The pages of a round as `steady` has it."""
    rounds: list[Pages] = []

    async def one_round() -> Pages:
        rounds.append(Pages())
        await ask(rounds[-1])
        return rounds[-1]

    await steady(one_round)
    return rounds[-1]


def holds(report: FaultReport, fault: str, pages: Seen, *, load: bool) -> None:
    """Record what pages went through, and hold it against the contract P."""
    broken = len(pages.broken)
    report(fault, broken=broken, added_ms=pages.added_ms, runs=pages.runs, load=load)
    assert pages.broken == []
    assert pages.added_ms < LIMIT_MS
