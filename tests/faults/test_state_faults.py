"""F1-F3 from end to end: a Redis that is away, hung or slow."""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import AsyncGenerator, Callable
from statistics import median

import pytest

from conftest import RedisServer
from faults.proxy import FaultProxy, Faults
from faults.redis_shop import GIVEN, LOADS, Shop, holds, shop_on
from faults.report import FaultReport
from making import request as asked
from saccade import views
from saccade.breaker import Circuit, StateUnavailable
from saccade.stores.redis import RedisState
from saccade.stores.redis_line import Line, pack

BUDGET_S = 0.05
"""What one call of the state may cost a page (F2)."""


async def refusals(shop: Shop, calls: int) -> list[float]:
    """Seconds that each call of the guarded state took to fail."""
    took: list[float] = []
    for _ in range(calls):
        started = time.perf_counter()
        with pytest.raises(StateUnavailable):
            await shop.state.read([views.key(asked())])
        took.append(time.perf_counter() - started)
    return took


@pytest.mark.redis
async def test_the_page_is_personal_on_a_healthy_redis(redis_server: RedisServer) -> None:
    async with shop_on(redis_server.url) as shop:
        await shop.behaves("healthy")
        found = await shop.page("healthy")
        assert found["mode"] == "hesitating"
        assert found["served"] != "default"
        assert [decision.id for decision in shop.journal.decisions] == [found["decision_id"]]


@pytest.mark.parametrize("load", LOADS)
async def test_f1_refused(free_port: int, load: bool, fault_report: FaultReport) -> None:
    async with shop_on(f"redis://127.0.0.1:{free_port}/0") as shop:
        pages = await shop.pages(load)
        holds(fault_report, "F1", pages, load=load)
        assert pages.personal == 0


async def test_f1_ten_calls_open_the_breaker_and_then_a_call_costs_nothing(free_port: int) -> None:
    async with shop_on(f"redis://127.0.0.1:{free_port}/0") as shop:
        await refusals(shop, 10)
        assert shop.state.state is Circuit.OPEN
        assert median(await refusals(shop, 200)) < 0.001


async def test_f1_what_cannot_be_known_is_recorded_where_the_call_brings_consent(
    free_port: int,
) -> None:
    async with shop_on(f"redis://127.0.0.1:{free_port}/0") as shop:
        for headers in ([], [GIVEN]) * 3:
            found = await shop.page("s0", *headers)
            assert found == {} or found["served"] == "default"
        assert len(shop.journal.decisions) == 3


@contextlib.asynccontextmanager
async def stopped(redis: RedisServer, _: bool) -> AsyncGenerator[None, None]:
    """The process does nothing; the system still accepts for it."""
    redis.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        redis.process.send_signal(signal.SIGCONT)


@contextlib.asynccontextmanager
async def paused(redis: RedisServer, load: bool) -> AsyncGenerator[None, None]:
    """It holds every command back, for a time that cannot be cut short."""
    pause_s = 4.0 if load else 1.0
    line = Line(redis.url, 10.0)
    assert await line.told([pack(("CLIENT", "PAUSE", str(int(pause_s * 1_000)), "ALL"))]) == [b"OK"]
    ends = time.perf_counter() + pause_s
    await line.close()
    yield
    if time.perf_counter() > ends:
        pytest.skip("this machine was too busy: the pause was over before its pages were")
    await asyncio.sleep(ends - time.perf_counter())


Hanging = Callable[[RedisServer, bool], contextlib.AbstractAsyncContextManager[None]]


@pytest.mark.redis
@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("hanging", [stopped, paused])
async def test_f2_hung(
    own_redis: RedisServer, hanging: Hanging, load: bool, fault_report: FaultReport
) -> None:
    async with shop_on(own_redis.url) as shop:
        await shop.known()
        await shop.personal_again()
        async with hanging(own_redis, load):
            pages = await shop.pages(load)
        again_s = await shop.personal_again()
        holds(fault_report, "F2", pages, load=load)
        assert pages.personal == 0
        assert again_s < 2.0


@pytest.mark.redis
async def test_f2_a_call_costs_its_time_out_and_no_more(own_redis: RedisServer) -> None:
    store = RedisState(own_redis.url)
    took: list[float] = []
    async with stopped(own_redis, False):
        for _ in range(9):
            started = time.perf_counter()
            with pytest.raises(StateUnavailable, match="no answer within 50 ms"):
                await store.read([views.key(asked())])
            took.append(time.perf_counter() - started)
    assert BUDGET_S * 0.9 < min(took) < BUDGET_S * 1.2  # what is more, a busy machine adds
    await store.close()


@contextlib.asynccontextmanager
async def slow_shop(redis: RedisServer) -> AsyncGenerator[tuple[Shop, Faults], None]:
    """Its visitors known while Redis was still quick."""
    async with (
        FaultProxy(redis.port) as line,
        shop_on(f"redis://127.0.0.1:{line.port}/0") as shop,
    ):
        await shop.known()
        yield shop, line.faults


@pytest.mark.redis
@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("delay_ms", [5, 20, 100, 300])
async def test_f3_slow(
    own_redis: RedisServer, delay_ms: int, load: bool, fault_report: FaultReport
) -> None:
    async with slow_shop(own_redis) as (shop, faults):
        faults.latency_s = delay_ms / 1_000
        pages = await shop.pages(load)
        holds(fault_report, "F3", pages, load=load)
        # Within the budget it is personal; on a machine short of time, at some of many tries.
        assert (pages.personal > 0) is (delay_ms < 1_000 * BUDGET_S)


@pytest.mark.redis
@pytest.mark.full
async def test_f3_slow_by_chance(own_redis: RedisServer, fault_report: FaultReport) -> None:
    """5 to 300 ms, anew every few milliseconds; and when it is over, personal again."""
    chance = random.Random(3)
    async with slow_shop(own_redis) as (shop, faults):

        async def vary() -> None:
            while True:
                faults.latency_s = chance.choice((0.0, chance.uniform(0.005, 0.3)))
                await asyncio.sleep(0.01)

        varying = asyncio.create_task(vary())
        pages = await shop.pages(load=True)
        varying.cancel()
        faults.latency_s = 0.0
        holds(fault_report, "F3", pages, load=True)
        assert await shop.personal_again() < 2.0
