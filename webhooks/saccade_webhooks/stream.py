"""A Redis stream of the numbers of deliveries, read by one consumer group.

Nothing else goes into it, and nothing rests on it: the database has every delivery. All of it is
one key, so a cluster holds it as well. Redis 7 lets go of pending entries that were trimmed.
"""

import hashlib
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from redis.exceptions import ResponseError
from sqlalchemy import make_url

from saccade.breaker import StateUnavailable
from saccade.stores.redis_cluster import Cluster, is_cluster
from saccade.stores.redis_line import Line, pack
from saccade.stores.redis_riders import Carrier

TRIP_S = 1.0
"""How long Redis may take to answer, connecting included. Nobody who sends a webhook waits."""
BLOCK_S = 1.0
"""How long Redis keeps a reader that there is nothing for."""
LONGEST = 100_000
"""Entries kept, 2 MB. The oldest make room beyond it: their deliveries are found by a look
into the database."""
TOGETHER = 500
"""Commands in one trip."""

MOST_DIGITS = 18
"""Of a number that every database takes."""

GROUP: Final = b"workers"
FIELD: Final = b"delivery"
START: Final = b"0-0"
_GROUPS = ("NOGROUP", "UNBLOCKED", "BUSYGROUP")
"""How Redis complains that there is no such group, none any more, or one already."""

Entries = dict[int, bytes]
"""The id of a delivery's entry, by its number."""


def stream_key(inbox_url: str) -> str:
    """The key of an inbox's stream. Numbers mean something in one database only: another that
    shares the Redis has another stream."""
    url = make_url(inbox_url)
    named = f"{url.get_backend_name()}|{url.host}|{url.port}|{url.database}"
    file = f"{socket.gethostname()}|{Path(str(url.database)).resolve()}"
    told = file if url.get_backend_name() == "sqlite" else named
    return f"saccade:webhooks:{hashlib.blake2b(told.encode(), digest_size=8).hexdigest()}"


class Stream:
    """One consumer of the stream under ``key`` in the Redis or the cluster at ``url``.

    Every method but `close` raises `StateUnavailable`. The group is made where it is missing: the
    first time, after a flush, after a fail-over to a node that has not heard of it.
    """

    def __init__(self, url: str, key: str, consumer: str) -> None:
        carrier = Cluster if is_cluster(url) else Line
        self._line: Carrier = carrier(url, TRIP_S)
        self._reading: Carrier = carrier(url, BLOCK_S + TRIP_S)
        """Of its own: what is told waits for no reader."""
        self._key, self._consumer = key.encode(), consumer.encode()
        self._cursor = START

    async def send(self, added: Sequence[int], over: Sequence[bytes] = ()) -> None:
        """Add deliveries; let go of the entries of those that are over."""
        commands = [self._add(sequence) for sequence in added]
        for some in _chunks(over):
            commands.append(pack((b"XACK", self._key, GROUP, *some)))
            commands.append(pack((b"XDEL", self._key, *some)))
        for trip in _chunks(commands):
            await self._told(trip)

    async def read(self, most: int) -> Entries:
        """Entries nobody has read; waits for one as long as `BLOCK_S`."""
        block = str(round(BLOCK_S * 1_000))
        asked = (b"GROUP", GROUP, self._consumer, b"COUNT", str(most), b"BLOCK", block)
        command = pack((b"XREADGROUP", *asked, b"STREAMS", self._key, b">"))
        found = await self._grouped(self._reading, command)
        return await self._entries(found[0][1]) if found else {}

    async def renew(self, ids: Sequence[bytes]) -> None:
        """Go on holding entries: while they are renewed nobody takes them for lost."""
        for some in _chunks(ids):
            claimed = (b"XCLAIM", self._key, GROUP, self._consumer, b"0", *some, b"JUSTID")
            await self._told([pack(claimed)])

    async def take_lost(self, idle_s: float, most: int) -> Entries:
        """Take over entries that nobody has renewed for so long. A call looks at some of them, the
        next one at those behind."""
        idle = str(round(idle_s * 1_000))
        asked = (self._key, GROUP, self._consumer, idle, self._cursor, b"COUNT", str(most))
        found = await self._grouped(self._line, pack((b"XAUTOCLAIM", *asked)))
        self._cursor = found[0] if found else START
        return await self._entries(found[1]) if found else {}

    async def forget_dead(self, silent_s: float) -> int:
        """Let go of others that have nothing and were not heard of for so long; how many."""
        told = await self._grouped(self._line, pack((b"XINFO", b"CONSUMERS", self._key, GROUP)))
        consumers = [dict(zip(one[::2], one[1::2], strict=True)) for one in told or ()]
        dead = [
            one[b"name"]
            for one in consumers
            if one[b"name"] != self._consumer
            and one[b"pending"] == 0
            and one[b"idle"] > silent_s * 1_000
        ]
        without = (b"XGROUP", b"DELCONSUMER", self._key, GROUP)
        await self._told([pack((*without, name)) for name in dead])
        return len(dead)

    async def close(self) -> None:
        """Close its connections."""
        await self._line.close()
        await self._reading.close()

    def _add(self, sequence: int) -> bytes:
        bound = (b"MAXLEN", b"~", str(LONGEST))
        return pack((b"XADD", self._key, *bound, b"*", FIELD, str(sequence)))

    async def _entries(self, found: Sequence[Any]) -> Entries:  # Any: as Redis answers
        """Of entries as Redis tells them. What is none of ours is let go of (F6)."""
        told = [one for one in found if one and one[1]]  # one deleted meanwhile has no fields
        ours = {int(one[1][1]): one[0] for one in told if _is_ours(one[1])}
        if strange := [one[0] for one in told if not _is_ours(one[1])]:
            await self.send((), strange)
        return ours

    async def _grouped(self, line: Carrier, command: bytes) -> Any:  # Any: as above
        """The reply; ``None`` where there was no group: now there is."""
        [reply] = await line.told([command], [self._key])
        if _is_lacking(reply):
            made = (b"XGROUP", b"CREATE", self._key, GROUP, b"0", b"MKSTREAM")
            await self._told([pack(made)])
            return None
        return _understood(reply)

    async def _told(self, commands: Sequence[bytes]) -> None:
        if commands:
            for reply in await self._line.told(commands, [self._key] * len(commands)):
                if not _is_lacking(reply):
                    _understood(reply)


def _is_lacking(reply: Any) -> bool:  # Any: whatever Redis answers
    return isinstance(reply, ResponseError) and str(reply).startswith(_GROUPS)


def _understood(reply: Any) -> Any:  # Any: as above
    if isinstance(reply, ResponseError):
        raise StateUnavailable(f"Redis: {reply}", answered=True)
    return reply


def _is_ours(fields: Sequence[bytes]) -> bool:
    if len(fields) != 2 or fields[0] != FIELD:  # noqa: PLR2004 - a name and its value
        return False
    return fields[1].isdigit() and len(fields[1]) <= MOST_DIGITS


def _chunks(things: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [things[at : at + TOGETHER] for at in range(0, len(things), TOGETHER)]
