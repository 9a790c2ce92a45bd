"""Deliveries while the Redis that tells of them is broken: W, and the stream again afterwards."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from conftest import RedisServer
from faults.redis_cluster import RedisCluster
from saccade_webhooks import streaming
from saccade_webhooks.stream import TRIP_S, Entries, Stream
from webhooks.streamed import NEVER_S, Streamed, effects, let_go, named, until

pytestmark = [pytest.mark.redis, pytest.mark.full]


async def flushed(redis: Any) -> None:
    await redis.flushall()


async def full(redis: Any) -> None:
    await redis.config_set("maxmemory", "1")


async def without_replicas(redis: Any) -> None:
    await redis.config_set("min-replicas-to-write", "3")


async def read_only(redis: Any) -> None:
    await redis.replicaof("127.0.0.1", "9")


async def of_another_type(redis: Any) -> None:
    (key,) = await redis.keys("saccade:webhooks:*") or [None]
    if key:
        await redis.delete(key)
        await redis.set(key, "whatever")


async def healed(redis: Any) -> None:
    await redis.config_set("maxmemory", "0")
    await redis.config_set("min-replicas-to-write", "0")
    await redis.replicaof("NO", "ONE")
    (key,) = await redis.keys("saccade:webhooks:*") or [None]
    if key and await redis.type(key) != b"stream":
        await redis.delete(key)


async def tells_again(post: Streamed, redis: Any, number: int) -> None:
    """Send until the stream works once more: what comes is told, and let go of."""
    for at in range(number, number + 200):
        await post.orders(at, 1)
        await post.settled()
        await asyncio.sleep(0.05)
        there = await redis.exists(post.key)
        groups: list[Any] = await redis.xinfo_groups(post.key) if there else []
        if any(one["entries-read"] for one in groups) and not post.streams.away:
            await let_go(redis, post.key)
            return
    raise AssertionError("the stream tells nothing")


@pytest.mark.parametrize("fault", [flushed, full, without_replicas, read_only, of_another_type])
async def test_a_redis_that_refuses_or_forgets_loses_nothing(
    url: str, own_redis: RedisServer, redis: Any, fault: Callable[[Any], Awaitable[None]]
) -> None:
    """F5, F6: W; the database tells meanwhile, and the stream again afterwards."""
    post = Streamed(url, own_redis.url, look_s=0.2, loan_s=1.0)
    async with post.working():
        await post.orders(0, 10)
        await fault(redis)
        await post.orders(10, 30)
        await post.settled()
        assert effects(post) == list(range(40))
        await healed(redis)
        await tells_again(post, redis, 40)
    assert effects(post) == list(range(len(effects(post))))
    await post.inbox.close()


async def test_a_redis_that_is_full_is_away_though_it_lets_go(
    url: str, own_redis: RedisServer, redis: Any
) -> None:
    """F5: else every ending would make the database be looked at less, and every delivery more."""
    post = Streamed(url, own_redis.url)
    async with post.told() as streams:
        await post.orders(0, 3)
        assert await named(streams, 3) == [1, 2, 3]
        await full(redis)
        await post.orders(3, 1)

        async def away() -> bool:
            return streams.away

        async def let_go_of_one() -> bool:
            return bool(await redis.xlen(post.key) == 2)

        await until(away)
        await streams.ended([1])
        await until(let_go_of_one)
        await asyncio.sleep(0.05)
        assert streams.away
        await healed(redis)
        await post.orders(4, 1)

        async def back() -> bool:
            return not streams.away

        await until(back)
    await streams.close()
    await post.inbox.close()


async def test_nobody_waits_for_a_redis_that_hangs(
    url: str, own_redis: RedisServer, redis: Any
) -> None:
    """F2: W, though one trip to it would take longer than all of these acknowledgements may."""
    post = Streamed(url, own_redis.url, look_s=NEVER_S)
    async with post.working():
        await post.orders(0, 10)
        await post.settled()
        own_redis.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        await post.orders(10, 30)
        assert time.monotonic() - began < 30 * TRIP_S / 2
        await post.settled()
        assert effects(post) == list(range(40))
        own_redis.process.send_signal(signal.SIGCONT)
        await tells_again(post, redis, 40)
    await post.inbox.close()


async def test_a_redis_that_is_killed_is_not_missed(
    url: str, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F1: what a process takes in itself it processes at once, without a look from time to time."""
    monkeypatch.setattr(streaming, "EVERY_S", NEVER_S)
    read, reads = Stream.read, 0

    async def counted(stream: Stream, most: int) -> Entries:
        nonlocal reads
        reads += 1
        return await read(stream, most)

    post = Streamed(url, own_redis.url)
    async with post.working():
        await post.orders(0, 10)
        own_redis.stop()
        monkeypatch.setattr(Stream, "read", counted)
        await post.orders(10, 30)
        await post.settled()
    assert reads <= 1  # after one that fails it rests
    assert effects(post) == list(range(40))
    await post.inbox.close()


async def test_without_redis_processes_look_for_what_others_took_in(
    url: str, own_redis: RedisServer
) -> None:
    own_redis.stop()
    post, other = Streamed(url, own_redis.url), Streamed(url, own_redis.url)
    async with post.working():
        await other.orders(0, 1)
        await post.settled()
        await other.orders(1, 1)
        await post.settled()
    assert effects(post) == [0, 1]
    for one in (post, other):
        await one.inbox.close()


@pytest.mark.full
async def test_f4_a_cluster_that_fails_over_is_told_again(
    url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its master is killed with entries in it; the next one makes the group where it lacks."""
    async with RedisCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        one = Streamed(url, cluster.url, look_s=1.0, loan_s=2.0)
        other = Streamed(url, cluster.url, look_s=1.0, loan_s=2.0)
        master = cluster.holder(one.key.encode())
        async with one.working(), other.working():
            await one.orders(0, 100)
            master.kill()
            await one.orders(100, 100)
            await one.settled()
            assert effects(one, other) == list(range(200))
            began, sent = time.monotonic(), 200
            while one.streams.away or other.streams.away:
                await one.orders(sent, 1)
                sent += 1
                await asyncio.sleep(0.1)
                assert time.monotonic() - began < 30
            await one.settled()
        assert effects(one, other) == list(range(sent))
        for post in (one, other):
            await post.inbox.close()
