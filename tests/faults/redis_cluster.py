"""A Redis Cluster of the suite's own, without root: masters and replicas on free ports."""

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import pytest
from redis.crc import key_slot

from conftest import unused_port
from saccade.breaker import StateUnavailable
from saccade.stores.redis_line import Line, pack

NODE_TIMEOUT_MS = 1_000
"""So long without an answer, and a master counts as dead; Redis's own default is 15 s."""

SLOTS = 16_384
PATIENCE_S = 10.0


class Node:
    """One redis-server of a cluster."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed: apt-get install redis-server")
        self.port, self.bus = unused_port(), unused_port()
        self.home = folder / str(self.port)
        self.home.mkdir()
        self.process = subprocess.Popen(  # noqa: S603 - the program found on the path, fixed arguments
            [
                program,
                *("--port", str(self.port), "--cluster-port", str(self.bus)),
                *("--bind", "127.0.0.1", "--dir", str(self.home), "--loglevel", "warning"),
                *("--save", "", "--appendonly", "no", "--cluster-enabled", "yes"),
                *("--cluster-node-timeout", str(NODE_TIMEOUT_MS)),
                *("--repl-diskless-sync-delay", "0"),
            ],
            stdout=subprocess.DEVNULL,
        )
        self.line = Line(f"redis://127.0.0.1:{self.port}", PATIENCE_S)

    async def say(self, *words: str | bytes) -> Any:  # Any: whatever Redis answers
        """Its reply to one command; a complaint raises `StateUnavailable`."""
        [reply] = await self.line.told([pack(words)])
        return reply

    async def name(self) -> bytes:
        """Its name in the cluster."""
        return bytes(await self.say("CLUSTER", "MYID"))

    async def replicated(self) -> None:
        """Return once its replicas have said that they have all it was told until now."""
        _, offset, _ = await self.say("ROLE")

        async def acknowledged() -> bool:
            _, _, replicas = await self.say("ROLE")
            return bool(replicas) and all(int(each[2]) >= offset for each in replicas)

        await until(acknowledged)

    def kill(self) -> None:
        """At once, even while it is stopped."""
        self.process.kill()
        self.process.wait(timeout=10)


class RedisCluster:
    """Three masters and ``replicas`` of each, up and agreed when entered."""

    def __init__(self, folder: Path, *, replicas: int = 1) -> None:
        self.masters = [Node(folder) for _ in range(3)]
        self.replicas = [Node(folder) for _ in range(3 * replicas)]

    @property
    def nodes(self) -> list[Node]:
        """All of them."""
        return [*self.masters, *self.replicas]

    @property
    def url(self) -> str:
        """As SACCADE_STATE_URL names it: by two of its nodes."""
        first, second, *_ = self.masters
        return f"redis+cluster://127.0.0.1:{first.port},127.0.0.1:{second.port}"

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(30):
                await self._join()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for node in self.nodes:
            node.kill()
            await node.line.close()

    def holder(self, key: bytes) -> Node:
        """The node that was given the slot of ``key`` at the start."""
        return self.masters[key_slot(key) * len(self.masters) // SLOTS]

    async def agreed(self) -> None:
        """Return once every living node finds the cluster whole."""
        for node in self.nodes:
            if node.process.poll() is None:
                await until(_whole, node)

    async def _join(self) -> None:
        for node in self.nodes:
            await until(_answers, node)
        first = self.masters[0]
        for i, node in enumerate(self.masters):
            bounds = [-(-SLOTS * each // 3) for each in (i, i + 1)]
            await node.say("CLUSTER", "ADDSLOTSRANGE", str(bounds[0]), str(bounds[1] - 1))
            await node.say("CLUSTER", "SET-CONFIG-EPOCH", str(i + 1))
        for node in self.nodes[1:]:
            await node.say(
                *("CLUSTER", "MEET", "127.0.0.1", str(first.port), str(first.bus)),
            )
        for i, node in enumerate(self.replicas):
            name = await self.masters[i % 3].name()
            await until(_replicates, node, name)
            await until(_in_sync, node)
        await self.agreed()


async def until(holds: Callable[..., Awaitable[bool]], *arguments: object) -> None:
    """Ask again and again; the caller bounds it."""
    while True:
        if await holds(*arguments):
            return
        await asyncio.sleep(0.02)


async def _answers(node: Node) -> bool:
    return await node.line.ping()


async def _whole(node: Node) -> bool:
    return b"cluster_state:ok" in await node.say("CLUSTER", "INFO")


async def _replicates(node: Node, master: bytes) -> bool:
    try:
        return bool(await node.say("CLUSTER", "REPLICATE", master) == b"OK")
    except StateUnavailable:  # it has not heard of the master yet
        return False


async def _in_sync(node: Node) -> bool:
    return b"master_link_status:up" in await node.say("INFO", "replication")
