"""F5-F7 from end to end: a Redis that refuses writes, holds rubbish, or takes no more clients."""

import asyncio
import random

import pytest
from structlog.testing import capture_logs

from conftest import RedisServer
from faults.redis_shop import CROWD, LOADS, holds, shop_on
from faults.report import FaultReport
from making import LAPTOP_SHOPPER, TENANT
from making import request as asked
from saccade.breaker import StateUnavailable
from saccade.stores.redis import RedisState
from saccade.stores.redis_line import Line, pack
from saccade.stores.redis_values import session_field, visitor_keys

pytestmark = pytest.mark.redis

REFUSALS = {
    "READONLY": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    "OOM": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "NOREPLICAS": (
        ("CONFIG", "SET", "min-replicas-to-write", "1"),
        ("CONFIG", "SET", "min-replicas-to-write", "0"),
    ),
}


async def tell(redis: RedisServer, *commands: tuple[str | bytes, ...]) -> list[object]:
    """What Redis says to commands that nothing of a shop's is between."""
    line = Line(redis.url, 10.0)
    try:
        return await line.told([pack(command) for command in commands])
    finally:
        await line.close()


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("refusal", REFUSALS)
async def test_f5_writes_refused(
    own_redis: RedisServer, refusal: str, load: bool, fault_report: FaultReport
) -> None:
    """Pages go on, personal, for reads are answered; who sends signals is told."""
    async with shop_on(own_redis.url) as shop:
        await shop.known()
        await shop.personal_again()
        fault, cure = REFUSALS[refusal]
        await tell(own_redis, fault)
        pages = await shop.pages(load)
        with pytest.raises(StateUnavailable) as caught:
            await shop.engine.ingest(asked(), LAPTOP_SHOPPER)
        await tell(own_redis, cure)
        holds(fault_report, "F5", pages, load=load)
        assert pages.personal > 0  # all, but for time-outs of a busy machine
        assert caught.value.answered or "no answer" in str(caught.value)
        await shop.behaves("s1")


RUBBISH = {
    "not UTF-8": b"\x92\x01\x83\xa7started\x01\xa4seen\x02\xa7subject\xa1\xff",
    "an old schema": b"\x92\x00\x82\xa7started\x01\xa4seen\x01",
    "truncated": b"\x92\x01\x83\xa7star",
    "wrong type": b"",
}
FIELDS = ("profile", "caps", "session")


def spoil(session: str, field: str, rubbish: bytes) -> tuple[str | bytes, ...]:
    """The command that puts rubbish in a field of a visitor; or for none, a string for the hash."""
    kept, visit = visitor_keys(TENANT, session)
    key, name = (visit, session_field(session)) if field == "session" else (kept, field)
    return ("HSET", key, name, rubbish) if rubbish else ("SET", key, "x")


async def cleaned(store: RedisState, removed: int) -> None:
    """Return when so many values were removed in all: that goes on behind the pages."""
    async with asyncio.timeout(10):
        while True:
            if store.quarantined >= removed:
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
async def test_f6_rubbish(
    own_redis: RedisServer, rubbish: bytes, fault_report: FaultReport
) -> None:
    """In each field in turn: pages stand, the field goes, and its visitor is new as to it."""
    store = RedisState(own_redis.url)
    async with shop_on("", store=store) as shop:
        for turn, field in enumerate(FIELDS, 1):
            await shop.behaves("s0")
            await shop.personal_again()
            await shop.engine.close()  # what the last page leaves behind is written
            spoiling = spoil("s0", field, rubbish)
            with capture_logs() as logs:
                await tell(own_redis, spoiling)
                pages = await shop.pages(load=False)
                await cleaned(store, turn)
            holds(fault_report, "F6", pages, load=False)
            assert store.quarantined == turn, "once"
            assert [log["count"] for log in logs if log["event"] == "state_quarantined"] == [1]
            assert (pages.personal > 0) is (field != "session")
            [still] = await tell(own_redis, ("OBJECT", "ENCODING", spoiling[1]))
            assert still != b"embstr", "the string is gone"


@pytest.mark.full
async def test_f6_rubbish_under_load(own_redis: RedisServer, fault_report: FaultReport) -> None:
    """Anywhere, all the time; whoever lost something behaves on and is known again."""
    chance = random.Random(6)
    store = RedisState(own_redis.url)
    async with shop_on("", store=store) as shop:
        await shop.known()

        async def spoiling() -> None:
            while True:
                session = f"s{chance.randrange(CROWD)}"
                field, rubbish = chance.choice(FIELDS), chance.choice([*RUBBISH.values()])
                await tell(own_redis, spoil(session, field, rubbish))

        task = asyncio.create_task(spoiling())
        pages = await shop.pages(load=True)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        holds(fault_report, "F6", pages, load=True)
        assert store.quarantined > CROWD
        await shop.known()
        for n in range(CROWD):
            await shop.personal_again(f"s{n}")


@pytest.mark.parametrize("load", LOADS)
async def test_f7_no_more_clients(
    own_redis: RedisServer, load: bool, fault_report: FaultReport
) -> None:
    """The shop's connections are lost, and no new one is taken."""
    async with shop_on(own_redis.url) as shop:
        await shop.known()
        await shop.personal_again()
        line = Line(own_redis.url, 10.0)
        await line.told([pack(("CONFIG", "SET", "maxclients", "1"))])
        await line.told([pack(("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))])
        pages = await shop.pages(load)
        await line.told([pack(("CONFIG", "SET", "maxclients", "100"))])
        await line.close()
        holds(fault_report, "F7", pages, load=load)
        assert pages.personal == 0
        assert await shop.personal_again() < 2.0
