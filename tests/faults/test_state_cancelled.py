"""F8 from end to end: time-outs that end in the middle of replies, and nobody gets another's state.

Each visitor's session lasts a time of its own, which every decision states as a feature; half of
them hesitate and half compare, which their pages show.
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import pytest

from conftest import RedisServer
from faults.proxy import FaultProxy
from faults.redis_shop import CROWD, LOADS, TURNS, Pages, Shop, holds, shop_on, steadily
from faults.report import FaultReport
from making import LAPTOP_SHOPPER
from saccade.breaker import Breaker
from saccade.domain import Mode
from saccade.features import FEATURES
from saccade.signals import Signals
from saccade.state import SignalBatch, State, ViewKey
from saccade.stores.redis import RedisState
from saccade.stores.redis_line import Line

pytestmark = pytest.mark.redis

COMPARING = Signals(
    spec_hover_ms=45_000, compare_tool_opened=True, variant_switches=2, visit_count=2
)
DURATION = FEATURES.names.index("session_duration_ms")
SLICE_BYTES = 48


class Hurried(RedisState):
    """Gives most reads 0.3 to 2 ms, so that they end anywhere in their replies; some more."""

    def __init__(self, url: str) -> None:
        super().__init__(url, timeout_s=10.0)
        self._chance = random.Random(8)
        self.cut = 0

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        """In a hurry."""
        chance = self._chance
        self._own()._timeout_s = (
            chance.uniform(0.0003, 0.002) if chance.random() < 0.7 else chance.uniform(0.002, 0.03)
        )
        self.cut += 1
        states = await super().read(keys)
        self.cut -= 1
        return states

    def _own(self) -> Line:
        line = self._line._carrier
        assert isinstance(line, Line)
        return line

    async def record(self, batches: Sequence[SignalBatch]) -> Sequence[State]:
        """Not so: they are to be known."""
        self._own()._timeout_s = 10.0
        return await super().record(batches)


def mode_of(number: int) -> Mode:
    """What a visitor's pages show, where they show anything of them."""
    return Mode.HESITATING if number % 2 else Mode.ANALYTICAL


def signals_of(number: int) -> Signals:
    """What tells a visitor from all others."""
    signals = LAPTOP_SHOPPER if mode_of(number) is Mode.HESITATING else COMPARING
    return msgspec.structs.replace(signals, session_duration_ms=1_000 + number)


@pytest.mark.parametrize("load", LOADS)
async def test_f8_cancelled_in_mid_reply(
    own_redis: RedisServer, load: bool, fault_report: FaultReport
) -> None:
    async with FaultProxy(own_redis.port) as line:
        store = Hurried(f"redis://127.0.0.1:{line.port}/0")
        async with shop_on("", store=store, breaker=Breaker(failures=10**9)) as shop:
            for number in range(CROWD):
                await shop.behaves(f"s{number}", signals_of(number))
            line.faults.slice_bytes = SLICE_BYTES
            pages = await steadily(crowd_on(shop, load))
            holds(fault_report, "F8", pages, load=load)
    assert store.cut > 0, "no reply was cut"
    assert shop.journal.decisions, "none was whole"
    for session, mode in pages.shown:
        assert mode in {mode_of(int(session[1:])), Mode.DEFAULT, None}, session
    for decision in shop.journal.decisions:
        expected = signals_of(int(decision.request.identity.session[1:])).session_duration_ms
        assert decision.features[DURATION] == expected


def crowd_on(shop: Shop, load: bool) -> Callable[[Pages], Awaitable[None]]:
    """Everybody's pages, all at once or one visitor after another; each view is decided anew."""
    rounds = itertools.count()

    async def ask(pages: Pages) -> None:
        views, turns = f"round-{next(rounds)}", TURNS if load else 5
        visits = [shop.visit(pages, f"s{n}", turns, views=views) for n in range(CROWD)]
        if load:
            await asyncio.gather(*visits)
        else:
            for visit in visits:
                await visit

    return ask
