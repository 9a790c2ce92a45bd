"""Batches to a Redis Cluster: each command to the master of its key, masters in parallel.

A visitor's keys share a slot, so no command is about two. Who holds which slot is learnt from any
node that answers, and anew when one does not, or says that a key has moved (F4). One time-out is
around all of a batch; one master that fails, fails the batch.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import AskError, ClusterDownError, MovedError, RedisError, ResponseError

from saccade.breaker import StateUnavailable
from saccade.stores.redis_line import Line, no_answer, pack

MOST_HOPS = 5
"""A key that moves while it is asked for is followed so often: two a node that has to be told the
script first, and one for a move meanwhile."""

_SLOTS: Final = pack(("CLUSTER", "SLOTS"))
_ASKING: Final = pack(("ASKING",))
_SUFFIX = "+cluster"

Address = tuple[str, int]


def is_cluster(url: str) -> bool:
    """Whether the URL names a cluster, as ``redis+cluster://HOST:PORT,HOST:PORT`` does."""
    return urlsplit(url).scheme.endswith(_SUFFIX)


class Cluster:
    """Lines to the masters of a cluster, found by the nodes its URL names.

    ``timeout_s`` and ``script`` as `Line` has them. Raises ValueError for a URL that names no node
    or a database but 0, which is the only one a cluster has.
    """

    def __init__(self, url: str, timeout_s: float, script: bytes = b"") -> None:
        self._url = urlsplit(url)
        self._timeout_s = timeout_s
        self._script = script
        self._lines: dict[Address, Line] = {}
        self._seeds = _seeds(self._url)
        self._holders: list[Line | None] = []
        """By slot; empty until a node was asked."""
        self._learning: asyncio.Task[Exception | None] | None = None
        for seed in self._seeds:
            self._line(seed)

    async def told(self, commands: Sequence[bytes], keys: Sequence[bytes]) -> list[Any]:
        """As `Line.told`; ``keys`` holds for each command the one it is about."""
        try:
            async with asyncio.timeout(self._timeout_s):
                replies = await self._followed(commands, keys)
        except TimeoutError:
            self._learn()
            raise no_answer(self._timeout_s) from None
        except (RedisError, OSError) as error:
            self._learn()
            refused = isinstance(error, ResponseError)
            raise StateUnavailable(f"Redis: {error}", answered=refused) from error
        complaints = [reply for reply in replies if isinstance(reply, ResponseError)]
        if any(isinstance(complaint, ClusterDownError) for complaint in complaints):
            self._learn()
        return replies

    async def masters(self) -> Sequence[Line]:
        """Each node that holds keys. Raises `StateUnavailable` where some are held by none."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._know()
        except TimeoutError:
            raise no_answer(self._timeout_s) from None
        except (RedisError, OSError) as error:
            raise StateUnavailable(f"Redis: {error}") from error
        found = {line for line in self._holders if line is not None}
        if None in self._holders:
            raise StateUnavailable("Redis: slots that no node holds")
        return list(found)

    async def ping(self) -> bool:
        """Whether every master answers."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._know()
        except (TimeoutError, RedisError, OSError):
            return False
        answers = [line.ping() if line else _no() for line in set(self._holders)]
        return all(await asyncio.gather(*answers))

    async def close(self) -> None:
        """See `Line.close`."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.wait((self._learning,))
        for line in self._lines.values():
            await line.close()

    # --- sending ------------------------------------------------------------------------------

    async def _followed(self, commands: Sequence[bytes], keys: Sequence[bytes]) -> list[Any]:
        """The replies, after every key that moved has been followed there."""
        await self._know()
        lines = [self._holder(key_slot(key)) for key in keys]
        replies = await self._sent(lines, commands)
        for _ in range(MOST_HOPS):
            moved = [i for i, reply in enumerate(replies) if isinstance(reply, AskError)]
            if not moved:
                break
            for i in moved:
                lines[i] = self._told(replies[i], lines[i].host)
            there = [lines[i] for i in moved for _ in range(2)]
            again = [half for i in moved for half in (_ASKING, commands[i])]
            for i, reply in zip(moved, (await self._sent(there, again))[1::2], strict=True):
                replies[i] = reply
        return replies

    async def _sent(self, lines: Sequence[Line], commands: Sequence[bytes]) -> list[Any]:
        """The replies of each line to its commands, asked for in parallel."""
        shares: dict[Line, list[int]] = {}
        for i, line in enumerate(lines):
            shares.setdefault(line, []).append(i)
        if len(shares) == 1:
            return (await lines[0].trip(commands)).all
        trips = [line.trip([commands[i] for i in share]) for line, share in shares.items()]
        replies: list[Any] = [None] * len(commands)
        answers = await asyncio.gather(*trips, return_exceptions=True)
        for share, answer in zip(shares.values(), answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            for i, reply in zip(share, answer.all, strict=True):
                replies[i] = reply
        return replies

    def _told(self, reply: AskError, host: str) -> Line:
        """Where a reply from ``host`` says that its key is: from now on, or only this time."""
        name = str(reply.host)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - untyped in redis-py
        line = self._line((name or host, reply.port))
        if isinstance(reply, MovedError):
            self._holders[reply.slot_id] = line
            self._learn()
        return line

    def _holder(self, slot: int) -> Line:
        line = self._holders[slot]
        if line is None:
            raise ConnectionError(f"no node holds slot {slot}")
        return line

    # --- who holds what -----------------------------------------------------------------------

    async def _know(self) -> None:
        """Return once it is known who holds what."""
        if not self._holders:
            self._learning = self._under_way()
            error = await asyncio.shield(self._learning)
            if error is not None:
                raise error

    def _learn(self) -> None:
        """Ask around, behind the back of the call that saw the need; one at a time."""
        self._learning = self._under_way()

    def _under_way(self) -> "asyncio.Task[Exception | None]":
        if self._learning is None or self._learning.done():
            return asyncio.get_running_loop().create_task(self._asked_around())
        return self._learning

    async def _asked_around(self) -> Exception | None:
        """Why nobody could say who holds what, if so.

        The node asked longest ago comes first, so that one which hangs is not asked again and
        again while others know.
        """
        trouble: Exception | None = None
        for address in list(self._lines):
            line = self._lines.pop(address)
            self._lines[address] = line
            try:
                async with asyncio.timeout(self._timeout_s):
                    [slots], _ = await line.trip([_SLOTS])
                if isinstance(slots, ResponseError):
                    trouble = slots
                elif slots:  # a node that has joined nobody knows of none
                    await self._adopt(slots, line.host)
                    return None
            except (TimeoutError, RedisError, OSError) as error:
                trouble = error
        return trouble or ConnectionError("no node that was named is part of a cluster")

    async def _adopt(self, slots: Any, host: str) -> None:  # Any: see CLUSTER SLOTS
        """Take over what the node at ``host`` says; a node without a name is at its own."""
        holders: list[Line | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        named = set(self._seeds)
        for first, last, (name, port, *_), *_ in slots:
            master = ((name or b"").decode() or host, int(port))
            named.add(master)
            holders[first : last + 1] = [self._line(master)] * (last + 1 - first)
        self._holders = holders
        for address in set(self._lines) - named:
            await self._lines.pop(address).close()

    def _line(self, address: Address) -> Line:
        line = self._lines.get(address)
        if line is None:
            url = _node(self._url, address)
            line = self._lines[address] = Line(url, self._timeout_s, self._script)
        return line


def _seeds(url: SplitResult) -> list[Address]:
    if url.path not in {"", "/", "/0"}:
        raise ValueError("a cluster has database 0 only")
    seeds: list[Address] = []
    for name in url.netloc.rpartition("@")[2].split(","):
        node = urlsplit(f"//{name}")
        if not node.hostname:
            raise ValueError(f"{name!r} is no node")
        seeds.append((node.hostname, node.port or 6379))
    return seeds


def _node(url: SplitResult, address: Address) -> str:
    """The URL of one node, with the user, the password and the options of the cluster's."""
    host, port = address
    user, at, _ = url.netloc.rpartition("@")
    shown = f"[{host}]" if ":" in host else host
    netloc = f"{user}{at}{shown}:{port}"
    return url._replace(scheme=url.scheme.removesuffix(_SUFFIX), netloc=netloc, path="").geturl()


async def _no() -> bool:
    return False
