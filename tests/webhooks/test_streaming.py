"""Deliveries distributed by a real Redis's stream: told once, taken over, let go of."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from conftest import RedisServer
from saccade_webhooks import stream as stream_module
from saccade_webhooks.stream import GROUP, Stream, stream_key
from webhooks.posting import order
from webhooks.streamed import NEVER_S, Streamed, effects, let_go, named, pending, until

pytestmark = pytest.mark.redis


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


async def test_what_the_stream_does_not_know_is_found_by_one_look_after_another(
    url: str, own_redis: RedisServer
) -> None:
    """More than a tenant's share of places: as they end, the rest is looked for, not in time."""
    silent, post = Streamed(url, own_redis.url), Streamed(url, own_redis.url)
    await asyncio.gather(*(silent.orders(number, 1) for number in range(200)))
    async with post.working():
        await post.settled()
    assert effects(post) == list(range(200))
    for one in (silent, post):
        await one.inbox.close()


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


async def test_a_lost_entry_is_found_behind_any_number_of_others(
    own_redis: RedisServer, redis: Any
) -> None:
    """A call looks at ten entries for each that it may take."""
    mine, others = (Stream(own_redis.url, "s", name) for name in ("mine", "others"))
    assert await mine.read(10) == {}
    await mine.send(range(50))
    *_, lost = (await mine.read(50)).values()
    await redis.xclaim("s", GROUP, "mine", 0, [lost], idle=int(NEVER_S * 1_000), justid=True)
    found = [await others.take_lost(60.0, 1) for _ in range(6)]
    assert [one for one in found if one] == [{49: lost}]
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
    """At once, not when its entries count as lost; and what it took in last."""
    stops, other = Streamed(url, own_redis.url), Streamed(url, own_redis.url)
    async with stops.told():
        await stops.orders(0, 3)
        assert await named(stops.streams, 3) == [1, 2, 3]
    await stops.orders(3, 1)  # Redis has not been told of it
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
        for fields in (
            *({"delivery": "1"}, {"delivery": "99"}, {"delivery": "9" * 18}),
            *({"delivery": "9" * 19}, {"delivery": "x"}, {"x": 1}, {"a": 1, "b": 2}),
        ):
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


async def test_inboxes_that_share_a_redis_have_streams_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers mean nothing in another's database. Who asks it is all the same."""
    urls = ["sqlite:////a/x.db", "sqlite:////b/x.db", "postgresql://h/x", "postgresql://i/x"]
    assert len({stream_key(url) for url in urls}) == len(urls)
    assert stream_key("postgresql://me:secret@h/x") == stream_key("postgresql://you@h/x")
    assert stream_key("postgresql+psycopg://h/x") == stream_key("postgresql://h/x")
    here = stream_key("sqlite:///x.db")
    monkeypatch.chdir(tmp_path)
    assert stream_key("sqlite:///x.db") == stream_key(f"sqlite:///{tmp_path}/x.db") != here
