"""Deliveries distributed by a real Redis's stream: told once, taken over, and never needed."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from redis.asyncio import Redis

from conftest import RedisServer
from faults.redis_cluster import RedisCluster
from saccade_webhooks import stream as stream_module
from saccade_webhooks.stream import GROUP, Stream, stream_key
from saccade_webhooks.streaming import Streams
from webhooks.conftest import Post
from webhooks.posting import order

pytestmark = pytest.mark.redis

NEVER_S = 3_600.0
"""As long as no test takes: whatever happens, happens by the stream."""


class Streamed(Post):
    """A process told of deliveries by the Redis at a URL."""

    def __init__(self, url: str, at: str, **times: float) -> None:
        self.key = stream_key(url)
        self.made = partial(self._streams, at, {"look_s": NEVER_S, "loan_s": NEVER_S, **times})
        self.distributed = self.made
        super().__init__(url)

    def _streams(self, at: str, times: dict[str, float], inbox: Any) -> Streams:
        return Streams(inbox, Stream(at, self.key, inbox.owner), **times)

    @property
    def streams(self) -> Streams:
        assert isinstance(self.distributor, Streams)
        return self.distributor

    async def orders(self, first: int, count: int) -> None:
        """Send them, one after another."""
        for number in range(first, first + count):
            assert await self.send(order(number), f"k{number}")

    @contextlib.asynccontextmanager
    async def told(self) -> AsyncGenerator[Streams]:
        """Nothing is processed; the stream is read, renewed and taken over all the same."""
        running = asyncio.create_task(self.streams.run())
        try:
            yield self.streams
        finally:
            running.cancel()
            await asyncio.wait((running,))


@pytest.fixture
async def redis(own_redis: RedisServer) -> AsyncIterator[Any]:  # Any: typed in part
    client: Any = Redis(port=own_redis.port)
    yield client
    await client.aclose()


async def until(holds: Callable[[], Awaitable[bool]], patience_s: float = 30.0) -> None:
    async with asyncio.timeout(patience_s):
        while not await holds():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)


def effects(*posts: Post) -> list[int]:
    """The orders that took effect, in any of them."""
    return sorted(int(one[2]) for post in posts for one in post.effects.of("event"))


async def pending(redis: Any, key: str) -> Any:  # Any: typed in part
    return await redis.xpending_range(key, GROUP, "-", "+", 10)


async def let_go(redis: Any, key: str) -> None:
    """Return once the stream holds nothing any more, and nobody of it."""

    async def empty() -> bool:
        pending: Any = await redis.xpending(key, GROUP)
        return bool(await redis.xlen(key) == 0 and pending["pending"] == 0)

    await until(empty)


async def named(streams: Streams, count: int) -> list[int]:
    """What a process is told to look at, so many of them."""
    found: set[int] = set()
    async with asyncio.timeout(30):
        while len(found) < count:
            some = await streams.next(64)
            found.update(some or ())
            streams.found((), some=False, named=some is not None)
    return sorted(found)


async def test_processes_share_what_comes_without_a_look_into_the_database(
    url: str, own_redis: RedisServer, redis: Any
) -> None:
    """Each delivery takes effect once; one tenant's share standing back is lent as others end; and
    the stream is empty then."""
    one, other = Streamed(url, own_redis.url), Streamed(url, own_redis.url)
    async with one.working(), other.working():
        sent = 1
        await one.orders(0, 1)
        await one.settled()
        while not (effects(one) and effects(other)):
            await one.orders(sent, 20)
            sent += 20
            await one.settled()
        await asyncio.gather(*(other.orders(number, 1) for number in range(sent, sent + 300)))
        await other.settled()
        assert effects(one, other) == list(range(sent + 300))
        await let_go(redis, one.key)
    await one.inbox.close()
    await other.inbox.close()


async def test_a_tenants_backlog_does_not_hide_anothers_deliveries(
    url: str, own_redis: RedisServer, redis: Any
) -> None:
    """F29: a process that has as many as it keeps reads no further, and looks instead."""
    post = Streamed(url, own_redis.url)
    async with post.working():
        await post.orders(0, 1)
        await post.settled()
        for number in range(200):
            await post.send({"kind": "refetch", "ids": ["hangs"]}, f"h{number}")

        async def waits() -> bool:
            told: Any = await redis.xinfo_groups(post.key)
            return bool(told[0]["lag"] > 0 and told[0]["pending"] >= 64)

        await until(waits)
        await post.send(order(1), "o", tenant="other")

        async def there() -> bool:
            return effects(post) == [0, 1]

        await until(there)
    await post.inbox.close()


async def test_nothing_but_numbers_is_in_redis(
    url: str, own_redis: RedisServer, redis: Any
) -> None:
    post = Streamed(url, own_redis.url)
    async with post.told():
        await post.orders(0, 3)

        async def there() -> bool:
            return bool(await redis.xlen(post.key) == 3)

        await until(there)
        told = [fields for _, fields in await redis.xrange(post.key)]
        assert told == [{b"delivery": str(number).encode()} for number in (1, 2, 3)]
        assert await redis.keys() == [post.key.encode()]
    assert post.key.removeprefix("saccade:webhooks:").isalnum()
    await post.streams.close()
    await post.inbox.close()


async def test_a_lost_processs_entries_are_told_to_another(
    url: str, own_redis: RedisServer, redis: Any
) -> None:
    """F27: and its consumer is forgotten once it has none."""
    lost = Streamed(url, own_redis.url)
    async with lost.told():
        await lost.orders(0, 5)
        assert await named(lost.streams, 5) == [1, 2, 3, 4, 5]
    other = Streamed(url, own_redis.url, loan_s=0.2, silent_s=0.2)
    async with other.told():
        assert await named(other.streams, 5) == [1, 2, 3, 4, 5]

        async def alone() -> bool:
            consumers: Any = await redis.xinfo_consumers(other.key, GROUP)
            return [one["name"] for one in consumers] == [other.inbox.owner.encode()]

        await until(alone)
    for post in (lost, other):
        await post.streams.close()
        await post.inbox.close()


async def test_a_living_processs_entries_are_not_taken(own_redis: RedisServer, redis: Any) -> None:
    """However long it processes them: it renews them, if they are still its own."""
    mine, others = (Stream(own_redis.url, "s", name) for name in ("mine", "others"))
    assert await mine.read(10) == {}
    await mine.send([7])
    entries = await mine.read(10)

    async def hours_pass() -> None:
        hours = NEVER_S * 1_000
        await redis.xclaim("s", GROUP, "mine", 0, [*entries.values()], idle=int(hours), justid=True)

    await hours_pass()
    await mine.renew(list(entries.values()))
    assert await others.take_lost(60.0, 10) == {}
    await hours_pass()
    assert await others.take_lost(60.0, 10) == entries == {7: entries[7]}
    await others.send((), list(entries.values()))
    await mine.renew(list(entries.values()))
    assert (await redis.xpending("s", GROUP))["pending"] == 0
    await mine.close()
    await others.close()


async def test_a_process_renews_what_it_was_told_of(
    url: str, own_redis: RedisServer, redis: Any
) -> None:
    """It does not take it over from itself, which would count as told twice."""
    post = Streamed(url, own_redis.url, loan_s=1.0)
    async with post.told():
        await post.orders(0, 3)
        await named(post.streams, 3)
        ids = [one["message_id"] for one in await pending(redis, post.key)]
        hours = int(NEVER_S * 1_000)
        owner = post.inbox.owner
        await redis.xclaim(post.key, GROUP, owner, 0, ids, idle=hours, justid=True)

        async def renewed() -> bool:
            told = await pending(redis, post.key)
            assert [one["times_delivered"] for one in told] == [1, 1, 1]
            return all(one["time_since_delivered"] < hours for one in told)

        await until(renewed)
    await post.streams.close()
    await post.inbox.close()


async def test_a_consumer_that_has_something_is_not_forgotten(
    own_redis: RedisServer, redis: Any
) -> None:
    """Nor is who asks; what it has would be nobody's."""
    mine, others = (Stream(own_redis.url, "s", name) for name in ("mine", "others"))
    assert await mine.read(10) == {}
    await mine.send([7])
    assert list(await others.read(10)) == [7]
    await redis.xgroup_createconsumer("s", GROUP, "mine")
    await asyncio.sleep(0.05)
    assert await mine.forget_dead(0.01) == 0
    await others.send((), [one["message_id"] for one in await pending(redis, "s")])
    await asyncio.sleep(0.05)
    assert await mine.forget_dead(0.01) == 1
    assert [one["name"] for one in await redis.xinfo_consumers("s", GROUP)] == [b"mine"]
    await mine.close()
    await others.close()


async def test_a_process_that_stops_leaves_what_it_was_told_of_to_others(
    url: str, own_redis: RedisServer
) -> None:
    """At once, not when its entries count as lost."""
    stops, other = Streamed(url, own_redis.url), Streamed(url, own_redis.url)
    async with stops.told():
        await stops.orders(0, 3)
        assert await named(stops.streams, 3) == [1, 2, 3]
        await stops.orders(3, 1)
    await stops.streams.close()
    async with other.told():
        assert await named(other.streams, 4) == [1, 2, 3, 4]
    await other.streams.close()
    for post in (stops, other):
        await post.inbox.close()


async def test_entries_of_what_is_over_or_of_nobody_are_let_go_of(
    url: str, own_redis: RedisServer, redis: Any
) -> None:
    """F6: whatever somebody else wrote there, too."""
    post = Streamed(url, own_redis.url)
    async with post.working():
        await post.orders(0, 1)
        await post.settled()
        for fields in ({"delivery": "1"}, {"delivery": "99"}, {"delivery": "x"}, {"a": 1, "b": 2}):
            await redis.xadd(post.key, fields)
        await let_go(redis, post.key)
        await post.orders(1, 1)
        await post.settled()
    assert effects(post) == [0, 1]
    await post.inbox.close()


async def test_the_stream_is_bounded(
    own_redis: RedisServer, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest make room; Redis counts by blocks of a hundred."""
    monkeypatch.setattr(stream_module, "LONGEST", 200)
    stream = Stream(own_redis.url, "s", "mine")
    await stream.send(range(2_500))
    assert 200 <= await redis.xlen("s") <= 400
    newest = await redis.xrevrange("s", count=1)
    assert newest[0][1] == {b"delivery": b"2499"}
    await stream.close()


async def test_inboxes_that_share_a_redis_have_streams_of_their_own() -> None:
    """Numbers mean nothing in another's database. Who asks it is all the same."""
    urls = ["sqlite:////a/x.db", "sqlite:////b/x.db", "postgresql://h/x", "postgresql://i/x"]
    assert len({stream_key(url) for url in urls}) == len(urls)
    assert stream_key("postgresql://me:secret@h/x") == stream_key("postgresql://you@h/x")
    assert stream_key("postgresql+psycopg://h/x") == stream_key("postgresql://h/x")


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
        groups = await redis.xinfo_groups(post.key) if await redis.exists(post.key) else []
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
        assert time.monotonic() - began < 30 * stream_module.TRIP_S / 2
        await post.settled()
        assert effects(post) == list(range(40))
        own_redis.process.send_signal(signal.SIGCONT)
        await tells_again(post, redis, 40)
    await post.inbox.close()


async def test_a_redis_that_is_killed_or_never_there_is_not_missed(
    url: str, own_redis: RedisServer
) -> None:
    """F1."""
    post = Streamed(url, own_redis.url, look_s=NEVER_S)
    async with post.working():
        await post.orders(0, 10)
        own_redis.stop()
        await post.orders(10, 30)
        await post.settled()
    assert effects(post) == list(range(40))
    await post.inbox.close()


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
