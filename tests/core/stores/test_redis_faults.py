"""Redis refused, hung, slow, restarted, read-only, full: real servers, real sockets (F1-F3, F5-F8).

Every failure leaves as `StateUnavailable`, in bounded time, and no wrong value is ever returned.
"""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from conftest import RedisServer
from core.stores.consent_contract import well_known
from core.stores.session_contract import CLICK
from core.stores.shopper import Clock, Shopper
from core.stores.slow_proxy import SlowProxy
from saccade.breaker import Breaker, Circuit, GuardedState, StateUnavailable
from saccade.domain import Moment
from saccade.signals import Signals
from saccade.state import State
from saccade.stores.redis import RedisState
from saccade.stores.redis_line import MOST_CONNECTIONS, Line, pack

pytestmark = [pytest.mark.redis, pytest.mark.full]

PATIENCE_S = 10.0
TIME_OUT_S = 0.3
"""More than a machine short of time needs for a healthy call, and well below a second."""


@pytest.fixture
async def store(own_redis: RedisServer, clock: Clock) -> AsyncIterator[RedisState]:
    """A store that gives up soon."""
    opened = RedisState(own_redis.url, timeout_s=TIME_OUT_S, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
async def proxy(own_redis: RedisServer) -> AsyncIterator[SlowProxy]:
    """In front of `own_redis`."""
    async with SlowProxy(own_redis.port) as proxy:
        yield proxy


@pytest.fixture
async def raw(own_redis: RedisServer) -> AsyncIterator[Line]:
    """Redis itself."""
    line = Line(own_redis.url, PATIENCE_S)
    yield line
    await line.close()


VERBS: dict[str, Callable[[Shopper], Awaitable[object]]] = {
    "read": lambda shopper: shopper.state(),
    "record": lambda shopper: shopper.does(CLICK),
    "reserve": lambda shopper: shopper.reserves("d1"),
    "stand": lambda shopper: shopper.stands("d1"),
    "commit": lambda shopper: shopper.sees("d1"),
    "consent": lambda shopper: shopper.answers(given=True),
    "forget": lambda shopper: shopper.store.forget(shopper.tenant, "visitor-1"),
}


async def fails(call: Awaitable[object]) -> StateUnavailable:
    """The one exception, well before a second has passed."""
    started = time.perf_counter()
    with pytest.raises(StateUnavailable) as caught:
        await call
    assert time.perf_counter() - started < 1.0
    return caught.value


# --- F1 refused, F2 hung ---------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
async def test_refused(free_port: int, clock: Clock, verb: str) -> None:  # F1
    store = RedisState(f"redis://127.0.0.1:{free_port}/0", clock=clock)
    error = await fails(VERBS[verb](Shopper(store, clock, "lab")))
    assert not error.answered
    assert not await store.ping()
    await store.close()


async def test_refused_behind_the_breaker(free_port: int, clock: Clock) -> None:  # F1
    store = GuardedState(RedisState(f"redis://127.0.0.1:{free_port}/0", clock=clock))
    shopper = Shopper(store, clock, "lab")
    calls = 0
    while store.state is Circuit.CLOSED:
        await fails(shopper.state())
        calls += 1
    assert calls <= 10
    started = time.perf_counter()
    for _ in range(200):
        await fails(shopper.state())
    assert time.perf_counter() - started < 200 * 0.05 / 5, "a fraction of the time-out"
    await store.close()


@pytest.mark.parametrize("verb", VERBS)
async def test_hung(own_redis: RedisServer, store: RedisState, clock: Clock, verb: str) -> None:
    """F2: stopped with a connection open, and before one is opened."""
    shopper = Shopper(store, clock, "lab")
    await well_known(shopper)
    own_redis.process.send_signal(signal.SIGSTOP)
    for _ in range(2):
        error = await fails(VERBS[verb](shopper))
        assert not error.answered
    assert not await store.ping()
    own_redis.process.send_signal(signal.SIGCONT)


def circuit(guarded: GuardedState) -> Circuit:
    """Asked anew each time: a checker would take the last answer for the next."""
    return guarded.state


async def test_personalised_again_soon_after_it_resumes(  # F2
    own_redis: RedisServer, store: RedisState, clock: Clock
) -> None:
    guarded = GuardedState(store, Breaker())
    shopper = Shopper(guarded, clock, "lab")
    known = await shopper.does(CLICK)
    own_redis.process.send_signal(signal.SIGSTOP)
    while circuit(guarded) is Circuit.CLOSED:
        await fails(shopper.state())
    own_redis.process.send_signal(signal.SIGCONT)
    resumed = time.monotonic()
    while circuit(guarded) is not Circuit.CLOSED:
        assert time.monotonic() - resumed < 5.0  # calm it takes half a second
        try:
            assert await shopper.state() == known
        except StateUnavailable:
            await asyncio.sleep(0.01)
    assert await shopper.state() == known


async def test_after_a_hang_no_late_reply_is_taken_for_another(  # F2, F8
    own_redis: RedisServer, store: RedisState, clock: Clock
) -> None:
    crowd = await crowd_in(store, clock, 20)
    own_redis.process.send_signal(signal.SIGSTOP)
    for shopper in crowd[:3]:
        await fails(shopper.state())
    own_redis.process.send_signal(signal.SIGCONT)
    await asyncio.sleep(TIME_OUT_S)
    for n, shopper in enumerate(crowd):
        assert viewed(await shopper.state()) == n


# --- F3 slow, F8 cancelled in mid-reply ----------------------------------------------------------


async def crowd_in(store: RedisState, clock: Clock, size: int) -> list[Shopper]:
    """Visitors told apart by what they viewed; their states differ in length, too."""
    crowd = [Shopper(store, clock, "lab", visitor=f"v{n}", session=f"s{n}") for n in range(size)]
    for n, shopper in enumerate(crowd):
        await shopper.does(Signals(products_viewed=n), "p" * (n % 7 * 20))
    return crowd


def viewed(state: State) -> int | None:
    """Whose state it is."""
    return state.session.signals.products_viewed if state.session else None


async def test_slow_within_the_time_out(proxy: SlowProxy, clock: Clock) -> None:  # F3
    store = RedisState(proxy.url, timeout_s=PATIENCE_S, clock=clock)
    [shopper] = await crowd_in(store, clock, 1)
    proxy.delay_s = lambda: 0.005
    assert viewed(await shopper.state()) == 0
    await store.close()


async def test_a_walk_through_everything_waits_longer_than_a_page(
    proxy: SlowProxy, clock: Clock, own_redis: RedisServer
) -> None:
    """Of thousands of steps one that is late would end it, and the next begins at the beginning."""
    patient = RedisState(own_redis.url, timeout_s=PATIENCE_S, clock=clock)
    await crowd_in(patient, clock, 3)
    store = RedisState(proxy.url, timeout_s=TIME_OUT_S, clock=clock)
    proxy.delay_s = lambda: 2 * TIME_OUT_S
    await store.forget_tenant("lab")
    for n in range(3):
        shopper = Shopper(patient, clock, "lab", visitor=f"v{n}", session=f"s{n}")
        assert await shopper.state() == State()
    await store.close()
    await patient.close()


async def test_slow_beyond_it(proxy: SlowProxy, clock: Clock, own_redis: RedisServer) -> None:
    """F3: given up at the time-out; the connection with the late reply is not used again."""
    patient = RedisState(own_redis.url, timeout_s=PATIENCE_S, clock=clock)
    await crowd_in(patient, clock, 3)
    store = RedisState(proxy.url, timeout_s=TIME_OUT_S, clock=clock)
    crowd = [Shopper(store, clock, "lab", visitor=f"v{n}", session=f"s{n}") for n in range(3)]
    proxy.delay_s = lambda: 2 * TIME_OUT_S
    await fails(crowd[0].state())
    proxy.delay_s = lambda: 0.0
    assert viewed(await crowd[1].state()) == 1
    assert proxy.accepted == 2
    assert viewed(await crowd[2].state()) == 2
    assert proxy.accepted == 2, "a connection that behaved is kept"
    await store.close()
    await patient.close()


async def test_cancelled_in_mid_reply(
    own_redis: RedisServer, proxy: SlowProxy, clock: Clock
) -> None:
    """F8: 0.3 to 2 ms of patience, many at once, replies in pieces: a right value or none."""
    chance = random.Random(8)
    patient = RedisState(own_redis.url, timeout_s=PATIENCE_S, clock=clock)
    crowd = await crowd_in(patient, clock, 40)
    proxy.slice_bytes = 48
    proxy.delay_s = lambda: chance.uniform(0.0, 0.0006)
    stores = [
        RedisState(proxy.url, timeout_s=timeout_s, clock=clock)
        for timeout_s in (0.0003, 0.001, 0.002, PATIENCE_S)
    ]
    ends = {"right": 0, "none": 0}

    async def look(n: int) -> None:
        one = crowd[n].at(chance.choice(stores))
        patience_s = chance.choice((0.0003, 0.0007, 0.0012, 0.002, PATIENCE_S))
        views = [one.view(), one.view(moment=Moment.CART)]
        try:
            async with asyncio.timeout(patience_s):
                states = await one.store.read(views)
        except (StateUnavailable, TimeoutError):
            ends["none"] += 1
        else:
            assert [viewed(state) for state in states] == [n, n]
            ends["right"] += 1

    for _ in range(30):
        await asyncio.gather(*(look(chance.randrange(40)) for _ in range(24)))
    assert min(ends.values()) > 0, ends
    for n, shopper in enumerate(crowd):
        assert viewed(await shopper.at(stores[-1]).state()) == n
    for store in (*stores, patient):
        await store.close()


async def test_connections_are_few(proxy: SlowProxy, clock: Clock) -> None:
    """However many calls come at once; those that find no place in time fail as unanswered."""
    store = RedisState(proxy.url, timeout_s=PATIENCE_S, clock=clock)
    shopper = Shopper(store, clock, "lab")
    await asyncio.gather(*(shopper.state() for _ in range(200)))
    assert proxy.accepted <= MOST_CONNECTIONS
    await store.close()


async def test_a_connection_its_server_closed_is_not_used(  # a restart of Redis, its idle time-out
    proxy: SlowProxy, clock: Clock
) -> None:
    store = RedisState(proxy.url, timeout_s=PATIENCE_S, clock=clock)
    [shopper] = await crowd_in(store, clock, 1)
    for _ in range(3):
        await proxy.hang_up()
        await asyncio.sleep(0.05)
        assert viewed(await shopper.state()) == 0
    await store.close()


async def test_a_store_that_is_closed_says_so(store: RedisState, clock: Clock) -> None:
    shopper = Shopper(store, clock, "lab")
    await shopper.does(CLICK)
    await store.close()
    await fails(shopper.state())
    assert not await store.ping()


# --- F5 refusing writes, F7 no more clients ------------------------------------------------------

REFUSALS = {
    "READONLY": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    "OOM": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "NOREPLICAS": (
        ("CONFIG", "SET", "min-replicas-to-write", "1"),
        ("CONFIG", "SET", "min-replicas-to-write", "0"),
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_writes_refused(store: RedisState, raw: Line, clock: Clock, refusal: str) -> None:
    """F5: writers are told at once; reads go on, so the circuit stays closed."""
    guarded = GuardedState(store)
    shopper = Shopper(guarded, clock, "lab")
    await well_known(shopper)
    known = await shopper.state()
    fault, cure = REFUSALS[refusal]
    await raw.told([pack(fault)])
    for _ in range(10):
        error = await fails(shopper.does(CLICK))
        assert error.answered
        assert await shopper.state() == known
    assert guarded.state is Circuit.CLOSED
    await raw.told([pack(cure)])
    assert (await shopper.does(CLICK)).session


@pytest.mark.parametrize(("refusal", "accepted"), [("OOM", 1), ("READONLY", 4)])
async def test_a_refusal_keeps_the_connection(  # F5
    proxy: SlowProxy, raw: Line, clock: Clock, refusal: str, accepted: int
) -> None:
    """But of one who may not write: the address may lead to another by now."""
    store = RedisState(proxy.url, timeout_s=PATIENCE_S, clock=clock)
    shopper = Shopper(store, clock, "lab")
    await well_known(shopper)
    fault, cure = REFUSALS[refusal]
    await raw.told([pack(fault)])
    for _ in range(3):
        await fails(shopper.does(CLICK))
    await raw.told([pack(cure)])
    assert (await shopper.does(CLICK)).session
    assert proxy.accepted == accepted
    await store.close()


async def test_no_more_clients(own_redis: RedisServer, raw: Line, clock: Clock) -> None:  # F7
    await raw.told([pack(("CONFIG", "SET", "maxclients", "1"))])
    store = RedisState(own_redis.url, timeout_s=TIME_OUT_S, clock=clock)
    shopper = Shopper(store, clock, "lab")
    await fails(shopper.state())
    await raw.told([pack(("CONFIG", "SET", "maxclients", "100"))])
    assert await shopper.state() == State()
    await store.close()
