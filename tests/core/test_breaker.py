"""The circuit breaker: opens after five, one looks, and nothing else moves it (F1, F2)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from saccade.breaker import Breaker, Circuit, GuardedState, StateUnavailable
from saccade.domain import Identity, Moment
from saccade.state import State, ViewKey
from saccade.stores.memory import MemoryState

IDENTITY = Identity("v", "s")
KEY = ViewKey("lab", IDENTITY, Moment.PRODUCT)


class Clock:
    """Monotonic seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Moody(MemoryState):
    """A store that does as the test says, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.error: BaseException | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.calls = 0

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        self.calls += 1
        error = self.error
        await self.gate.wait()
        if error is not None:
            raise error
        return await super().read(keys)

    async def ping(self) -> bool:
        self.calls += 1
        return self.error is None


class Lab:
    """A guarded store, its clock, and what is inside."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.inner = Moody()
        self.guarded = GuardedState(self.inner, Breaker(clock=self.clock))

    async def reads(self, *, fails: bool = False, answered: bool = False) -> None:
        """One call that reaches the store."""
        self.inner.error = StateUnavailable("down", answered=answered) if fails else None
        before = self.inner.calls
        if fails:
            with pytest.raises(StateUnavailable, match="down"):
                await self.guarded.read([KEY, KEY])
        else:
            assert await self.guarded.read([KEY, KEY]) == [State(), State()]
        assert self.inner.calls == before + 1

    async def is_refused(self) -> None:
        """One call that does not."""
        before = self.inner.calls
        with pytest.raises(StateUnavailable, match="left alone"):
            await self.guarded.read([KEY])
        assert self.inner.calls == before

    async def opens(self) -> None:
        """Five failures."""
        for _ in range(5):
            await self.reads(fails=True)
        assert self.guarded.state is Circuit.OPEN


def circuit(lab: Lab) -> Circuit:
    """Asked anew each time: a checker would take the last answer for the next."""
    return lab.guarded.state


@pytest.fixture
def lab() -> Lab:
    """Closed."""
    lab = Lab()
    assert circuit(lab) is Circuit.CLOSED
    return lab


async def test_five_failures_in_succession_open_it(lab: Lab) -> None:  # F1
    for _ in range(4):
        await lab.reads(fails=True)
        assert circuit(lab) is Circuit.CLOSED
    await lab.reads(fails=True)
    assert circuit(lab) is Circuit.OPEN
    await lab.is_refused()


async def test_a_success_between_starts_the_count_again(lab: Lab) -> None:
    for _ in range(3):
        for _ in range(4):
            await lab.reads(fails=True)
        await lab.reads()
    assert circuit(lab) is Circuit.CLOSED


async def test_a_refusal_that_was_answered_does_not_count(lab: Lab) -> None:  # F5
    for _ in range(4):
        await lab.reads(fails=True)
    await lab.reads(fails=True, answered=True)
    for _ in range(4):
        await lab.reads(fails=True)
    assert circuit(lab) is Circuit.CLOSED


async def test_it_rests_half_a_second_then_one_looks(lab: Lab) -> None:  # F2
    await lab.opens()
    lab.clock.now = 0.499
    await lab.is_refused()
    lab.clock.now = 0.5
    await lab.reads()
    assert circuit(lab) is Circuit.CLOSED
    for _ in range(4):
        await lab.reads(fails=True)
    assert circuit(lab) is Circuit.CLOSED, "a closed circuit has forgotten"


async def test_exactly_one_looks(lab: Lab) -> None:
    await lab.opens()
    lab.clock.now = 0.5
    lab.inner.error = None
    lab.inner.gate.clear()
    crowd = [asyncio.ensure_future(lab.guarded.read([KEY])) for _ in range(50)]
    await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
    lab.clock.now = 60.0
    await lab.is_refused()
    assert circuit(lab) is Circuit.HALF_OPEN
    assert lab.inner.calls == 6
    lab.inner.gate.set()
    results = await asyncio.gather(*crowd, return_exceptions=True)
    assert sum(isinstance(result, list) for result in results) == 1
    assert sum(isinstance(result, StateUnavailable) for result in results) == 49
    assert circuit(lab) is Circuit.CLOSED


async def test_who_looks_and_fails_opens_it_again(lab: Lab) -> None:
    await lab.opens()
    lab.clock.now = 0.7
    await lab.reads(fails=True)
    assert circuit(lab) is Circuit.OPEN
    lab.clock.now = 1.19
    await lab.is_refused()
    lab.clock.now = 1.2
    await lab.reads()


async def test_who_looks_and_gives_up_lets_another_look(lab: Lab) -> None:
    await lab.opens()
    lab.clock.now = 0.5
    lab.inner.gate.clear()
    looking = asyncio.ensure_future(lab.guarded.read([KEY]))
    await asyncio.sleep(0)
    assert circuit(lab) is Circuit.HALF_OPEN
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    lab.inner.gate.set()
    await lab.reads()
    assert circuit(lab) is Circuit.CLOSED


async def test_calls_under_way_when_it_opened_change_nothing(lab: Lab) -> None:
    breaker = lab.guarded.breaker
    early = [permit for _ in range(10) if (permit := breaker.admit()) is not None]
    assert len(early) == 10
    await lab.opens()
    for permit in early[:5]:
        breaker.succeeded(permit)
    assert circuit(lab) is Circuit.OPEN, "a late success does not close it"
    lab.clock.now = 0.4
    for permit in early[5:]:
        breaker.failed(permit)
    lab.clock.now = 0.5
    await lab.reads()
    assert circuit(lab) is Circuit.CLOSED, "late failures do not prolong its rest"
    breaker.failed(early[0])
    for _ in range(4):
        await lab.reads(fails=True)
    assert circuit(lab) is Circuit.CLOSED, "nor count against what came after"


async def test_calls_that_fail_together_open_it_once(lab: Lab) -> None:
    lab.inner.error = StateUnavailable("down")
    lab.inner.gate.clear()
    crowd = [asyncio.ensure_future(lab.guarded.read([KEY])) for _ in range(40)]
    await asyncio.sleep(0)
    lab.inner.gate.set()
    results = await asyncio.gather(*crowd, return_exceptions=True)
    assert all(isinstance(result, StateUnavailable) for result in results)
    assert circuit(lab) is Circuit.OPEN
    lab.clock.now = 0.5
    await lab.reads()
    assert circuit(lab) is Circuit.CLOSED


async def test_a_fault_of_our_own_is_not_the_stores(lab: Lab) -> None:
    for _ in range(10):
        lab.inner.error = ValueError("a defect")
        with pytest.raises(ValueError, match="a defect"):
            await lab.guarded.read([KEY])
    assert circuit(lab) is Circuit.CLOSED


async def test_ping_neither_asks_nor_tells(lab: Lab) -> None:
    await lab.opens()
    assert not await lab.guarded.ping()
    lab.inner.error = None
    assert await lab.guarded.ping()
    assert circuit(lab) is Circuit.OPEN
    await lab.is_refused()


async def test_a_walk_through_everything_is_not_the_one_that_looks(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes as long as there are keys, and all others would be refused meanwhile."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def forget_tenant(_: str) -> None:
        begun.set()
        await ended.wait()

    monkeypatch.setattr(lab.inner, "forget_tenant", forget_tenant)
    await lab.opens()
    lab.clock.now = 0.6
    walk = asyncio.create_task(lab.guarded.forget_tenant("lab"))
    await begun.wait()
    await lab.reads()
    assert circuit(lab) is Circuit.CLOSED
    ended.set()
    await walk


VERBS: dict[str, Callable[[GuardedState], Awaitable[object]]] = {
    "read": lambda store: store.read([]),
    "record": lambda store: store.record([]),
    "reserve": lambda store: store.reserve([]),
    "stand": lambda store: store.stand([]),
    "commit": lambda store: store.commit("lab", IDENTITY, "d", 0.0),
    "consent": lambda store: store.consent("lab", IDENTITY, given=True, at=0.0),
    "forget": lambda store: store.forget("lab", "v"),
}


@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_is_guarded(lab: Lab, verb: str) -> None:
    await VERBS[verb](lab.guarded)
    await lab.opens()
    with pytest.raises(StateUnavailable, match="left alone"):
        await VERBS[verb](lab.guarded)


async def test_closing_closes_the_store() -> None:
    closed: list[bool] = []

    class Closing(MemoryState):
        async def close(self) -> None:
            closed.append(True)

    await GuardedState(Closing()).close()
    assert closed == [True]
