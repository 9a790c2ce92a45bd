"""Hot state in process: the contract, and its bounds."""

import pytest

from core.stores.session_contract import CLICK
from core.stores.shopper import Clock, Shopper
from core.stores.state_contract import StateContract
from saccade.ports import StatePort
from saccade.state import PROFILE_LIFE_S, SESSION_LIFE_S, Limit, State
from saccade.stores.memory import MemoryState


@pytest.fixture
def store(clock: Clock) -> StatePort:
    """A store, empty."""
    return MemoryState(clock)


class TestMemory(StateContract):
    """One process: the second worker is the first."""

    @pytest.fixture
    def second(self, store: StatePort) -> StatePort:
        """The same store."""
        return store


def visitor(store: StatePort, clock: Clock, number: int) -> Shopper:
    """One of many."""
    return Shopper(store, clock, "lab", visitor=f"v-{number}", session=f"s-{number}")


async def test_the_longest_unwritten_visitors_are_forgotten(clock: Clock) -> None:
    store = MemoryState(clock, max_visitors=50)
    crowd = [visitor(store, clock, n) for n in range(200)]
    for shopper in crowd:
        clock.pass_s(1)
        await shopper.does(CLICK)
        await crowd[0].does(CLICK)
    states = [await shopper.state() for shopper in crowd]
    assert [n for n, state in enumerate(states) if state.session] == [0, *range(151, 200)]
    assert states[1] == State()
    assert (len(store._kept), len(store._visits)) == (50, 50)


async def test_a_person_unheard_of_for_long_is_forgotten(clock: Clock) -> None:  # R61
    store = MemoryState(clock)
    assert await store.claim("lab", "customer_id:aa", "v1", clock.now) == "v1"
    clock.pass_s(PROFILE_LIFE_S)
    assert await store.claim("lab", "customer_id:aa", "v2", clock.now) == "v2"


async def test_what_has_ended_takes_no_memory(clock: Clock) -> None:  # R61
    """Not only unreadable: gone, as others write."""
    store = MemoryState(clock)
    for n in range(100):
        await visitor(store, clock, n).does(CLICK)
        await visitor(store, clock, n).stands("d")
    clock.pass_s(SESSION_LIFE_S)
    for n in range(100, 200):
        await visitor(store, clock, n).does(CLICK)
    assert (len(store._kept), len(store._visits)) == (200, 100)
    clock.pass_s(PROFILE_LIFE_S)
    for n in range(200, 400):
        await visitor(store, clock, n).reserves("d", Limit(1))
        await visitor(store, clock, n).does(CLICK)
    assert (len(store._kept), len(store._visits)) == (200, 200)
