"""Hot state in a Redis Cluster: the contract, keys that move, nodes that are not there."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from redis.crc import key_slot

from core.stores.session_contract import CLICK
from core.stores.shopper import Clock, Shopper, own_tenant
from core.stores.state_contract import StateContract
from faults.redis_cluster import Node, RedisCluster, until
from saccade.breaker import StateUnavailable
from saccade.ports import StatePort
from saccade.state import State
from saccade.stores.redis import RedisState
from saccade.stores.redis_cluster import (
    Cluster,
    _node,  # pyright: ignore[reportPrivateUsage] - what a URL becomes is seen nowhere else
    _seeds,  # pyright: ignore[reportPrivateUsage] - as above
)
from saccade.stores.redis_values import visitor_keys

pytestmark = [
    pytest.mark.redis,
    pytest.mark.full,
    pytest.mark.asyncio(loop_scope="module"),
]

PATIENCE_S = 10.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RedisCluster]:
    """Three masters; nobody fails over here."""
    async with RedisCluster(tmp_path_factory.mktemp("cluster"), replicas=0) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def store(cluster: RedisCluster, clock: Clock) -> AsyncIterator[RedisState]:
    """One worker's store."""
    opened = RedisState(cluster.url, timeout_s=PATIENCE_S, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
def crowd(store: RedisState, clock: Clock, tenant: str) -> list[Shopper]:
    """Visitors enough that every master holds some."""
    return [Shopper(store, clock, tenant, visitor=f"visitor-{n}") for n in range(30)]


class TestCluster(StateContract):
    """Two workers, two stores, one cluster."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def second(self, cluster: RedisCluster, clock: Clock) -> AsyncIterator[StatePort]:
        """Another worker's store."""
        opened = RedisState(cluster.url, timeout_s=PATIENCE_S, clock=clock)
        yield opened
        await opened.close()


def kept_key(shopper: Shopper) -> bytes:
    """Where the shopper's profile is."""
    return visitor_keys(shopper.tenant, shopper.identity.visitor).kept


async def test_one_batch_is_about_all_masters(
    cluster: RedisCluster, store: RedisState, crowd: list[Shopper]
) -> None:
    assert {cluster.holder(kept_key(one)).port for one in crowd} == {
        node.port for node in cluster.masters
    }
    recorded = await store.record([one.batch(CLICK, f"p{n}") for n, one in enumerate(crowd)])
    read = await store.read([one.view() for one in crowd])
    assert list(read) == list(recorded)
    assert [state.session and state.session.subject for state in read] == [
        f"p{n}" for n in range(len(crowd))
    ]
    granted = await store.reserve([one.wish("d1", []) for one in crowd])
    assert list(granted) == [True] * len(crowd)


async def test_a_script_lost_by_one_node_is_loaded_there(
    cluster: RedisCluster, store: RedisState, crowd: list[Shopper]
) -> None:
    await store.record([one.batch(CLICK) for one in crowd])
    for node in cluster.masters[:2]:
        await node.say("SCRIPT", "FLUSH")
    states = await store.record([one.batch(CLICK) for one in crowd])
    assert all(state.session for state in states)


class Move:
    """A slot of a shopper's on its way from one master to another, by the commands Redis has."""

    def __init__(self, cluster: RedisCluster, shopper: Shopper) -> None:
        self.cluster = cluster
        self.keys = visitor_keys(shopper.tenant, shopper.identity.visitor)
        self.slot = str(key_slot(self.keys.kept))
        self.source = cluster.holder(self.keys.kept)
        self.target = next(node for node in cluster.masters if node is not self.source)

    async def begin(self) -> None:
        """From now on keys that are not there any more are asked for at the target."""
        await self._set(self.target, "IMPORTING", await self.source.name())
        await self._set(self.source, "MIGRATING", await self.target.name())

    async def carry(self) -> None:
        """The shopper's keys."""
        place = ("127.0.0.1", str(self.target.port), "", "0", "5000", "KEYS")
        await self.source.say("MIGRATE", *place, *self.keys)

    async def end(self) -> None:
        """The target holds the slot, as every master knows."""
        for node in (self.target, self.source, *self.cluster.masters):
            await self._set(node, "NODE", await self.target.name())

    async def back(self) -> None:
        """As it was at the start."""
        self.source, self.target = self.target, self.source
        await self.begin()
        await self.carry()
        await self.end()

    async def _set(self, node: Node, what: str, name: bytes) -> None:
        await node.say("CLUSTER", "SETSLOT", self.slot, what, name)


async def test_a_key_is_followed_while_and_after_its_slot_moves(
    cluster: RedisCluster, crowd: list[Shopper]
) -> None:
    shopper = crowd[0]
    known = await shopper.does(CLICK)
    move = Move(cluster, shopper)
    await move.begin()
    assert await shopper.state() == known, "still at the source"
    await move.carry()
    assert await shopper.state() == known, "the source says ASK"
    await move.target.say("SCRIPT", "FLUSH")
    again = await shopper.does(CLICK)
    assert again.session, "the target is given the script on the way"
    await move.end()
    assert await shopper.state() == again, "the source says MOVED"
    assert (await shopper.does(CLICK)).session
    await move.back()
    assert (await shopper.state()).session


async def test_a_move_is_learnt_once(cluster: RedisCluster, crowd: list[Shopper]) -> None:
    shopper = crowd[0]
    await shopper.does(CLICK)
    move = Move(cluster, shopper)
    await move.begin()
    await move.carry()
    await move.end()

    async def refused() -> int:
        stats = await move.source.say("INFO", "errorstats")
        found = [line for line in stats.splitlines() if line.startswith(b"errorstat_MOVED:")]
        return int(found[0].rpartition(b"=")[2]) if found else 0

    assert (await shopper.state()).session
    before = await refused()
    for _ in range(5):
        assert (await shopper.state()).session
    assert await refused() == before
    await move.back()


async def test_one_living_seed_is_enough(
    cluster: RedisCluster, clock: Clock, free_port: int
) -> None:
    port = cluster.masters[2].port
    store = RedisState(
        f"redis+cluster://127.0.0.1:{free_port},127.0.0.1:{port}", timeout_s=1, clock=clock
    )
    assert await Shopper(store, clock, own_tenant()).state() == State()
    assert await store.ping()
    await store.close()


async def test_a_seed_that_hangs_costs_one_call(cluster: RedisCluster, clock: Clock) -> None:
    """It accepts and says nothing; the next call finds the cluster by the other."""
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    store = RedisState(
        f"redis+cluster://127.0.0.1:{port},127.0.0.1:{cluster.masters[0].port}",
        timeout_s=0.3,
        clock=clock,
    )
    shopper = Shopper(store, clock, own_tenant())
    with pytest.raises(StateUnavailable):
        await shopper.state()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                assert await shopper.state() == State()
                break
            except StateUnavailable:
                await asyncio.sleep(0.05)
    await store.close()
    silent.close()


async def test_a_redis_that_is_no_cluster_says_so(redis_url: str, clock: Clock) -> None:
    store = RedisState(redis_url.replace("redis://", "redis+cluster://"), clock=clock, timeout_s=5)
    with pytest.raises(StateUnavailable, match="cluster support disabled"):
        await Shopper(store, clock, own_tenant()).state()
    assert not await store.ping()
    await store.close()


async def test_a_node_that_has_joined_nobody_is_passed_over(
    cluster: RedisCluster, clock: Clock, tmp_path: Path
) -> None:
    stranger = Node(tmp_path)
    await until(stranger.line.ping)
    alone = f"redis+cluster://127.0.0.1:{stranger.port}"
    lost = RedisState(alone, timeout_s=PATIENCE_S, clock=clock)
    with pytest.raises(StateUnavailable, match="part of a cluster"):
        await Shopper(lost, clock, own_tenant()).state()
    url = f"{alone},127.0.0.1:{cluster.masters[0].port}"
    store = RedisState(url, timeout_s=PATIENCE_S, clock=clock)
    assert await Shopper(store, clock, own_tenant()).state() == State()
    for opened in (lost, store, stranger.line):
        await opened.close()
    stranger.kill()


async def test_nobody_there(clock: Clock, free_port: int) -> None:
    store = RedisState(f"redis+cluster://127.0.0.1:{free_port}", clock=clock)
    with pytest.raises(StateUnavailable):
        await Shopper(store, clock, own_tenant()).state()
    assert not await store.ping()
    await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "redis+cluster://user:word@127.0.0.1:7000,127.0.0.1:7001/0",
        "rediss+cluster://[::1]:7000",
        "redis+cluster://127.0.0.1",
    ],
)
async def test_what_a_url_may_say(url: str) -> None:
    await Cluster(url, 1.0).close()


@pytest.mark.parametrize(
    "url",
    ["redis+cluster://127.0.0.1:7000/1", "redis+cluster://127.0.0.1:7000,", "redis+cluster://,a"],
)
async def test_and_what_it_may_not(url: str) -> None:
    with pytest.raises(ValueError, match=r"database 0|no node"):
        Cluster(url, 1.0)


@pytest.mark.parametrize(
    ("url", "node"),
    [
        ("redis+cluster://a:1,b:2/0", "redis://a:1"),
        (
            "rediss+cluster://me:word@[::1]:7,b:2?ssl_cert_reqs=none",
            "rediss://me:word@[::1]:7?ssl_cert_reqs=none",
        ),
    ],
)
async def test_a_node_has_what_the_cluster_has(url: str, node: str) -> None:
    """User, password, options; TLS."""
    parts = urlsplit(url)
    assert _node(parts, _seeds(parts)[0]) == node
