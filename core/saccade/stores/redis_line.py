"""Batches to one Redis: one packed write, the replies, one time-out around all of it.

redis-py at connection level: its clients wrap every write and every reply in a time-out of its
own, which costs more than the commands. Connecting and the handshake happen inside the batch's
time-out. A batch that fails in any way leaves no connection behind: a late reply meets no later
batch (F8).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, cast

import hiredis
from redis.asyncio.connection import AbstractConnection, Connection, parse_url
from redis.exceptions import NoScriptError, ReadOnlyError, RedisError, ResponseError

from saccade.breaker import StateUnavailable
from saccade.stores.redis_batch import exchanged

MOST_CONNECTIONS = 16
"""The engine keeps four batches under way (`saccade.flights`); the rest is for single writes."""

Argument = str | bytes

pack = cast(
    "Callable[[tuple[Argument, ...]], bytes]",
    hiredis.pack_command,  # pyright: ignore[reportUnknownMemberType] - its stub says a 1-tuple
)
"""A command as Redis reads it."""

PING: Final = pack(("PING",))


class Replies(NamedTuple):
    """Of one batch, in order; the complaints among them stand at their places, too."""

    all: list[Any]  # Any: whatever Redis answers
    complaints: Sequence[ResponseError]


class Line:
    """Connections to the Redis at ``url``, opened as they are needed.

    ``script``: the command that loads the script called here, sent where Redis does not know it;
    without one, that is a complaint like others.
    Raises ValueError for a URL that redis-py does not read.
    """

    def __init__(self, url: str, timeout_s: float, script: bytes = b"") -> None:
        options: dict[str, Any] = {
            **parse_url(url),
            "protocol": 2,  # its handshake is no round trip
            "driver_info": None,
            "decode_responses": False,
            "socket_timeout": None,
            "socket_connect_timeout": None,
            "retry_on_timeout": False,
            "health_check_interval": 0,
        }
        self._connection_class: type[AbstractConnection] = options.pop(
            "connection_class", Connection
        )
        self._options = options
        self.host = str(options.get("host", "localhost"))
        self._timeout_s = timeout_s
        self._script = script
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)
        self._idle: list[AbstractConnection] = []
        self._closed = False

    async def told(
        self,
        commands: Sequence[bytes],
        keys: Sequence[bytes] = (),  # noqa: ARG002 - the signature of `Cluster.told`
    ) -> list[Any]:
        """The replies to packed ``commands``, in order, complaints among them.

        Of ``keys`` only a cluster has need. Raises `StateUnavailable` where there is no answer.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                replies = await self.trip(commands)
        except TimeoutError:
            raise no_answer(self._timeout_s) from None
        except (RedisError, OSError) as error:
            refused = isinstance(error, ResponseError)
            raise StateUnavailable(f"Redis: {error}", answered=refused) from error
        return replies.all

    async def masters(self) -> "Sequence[Line]":
        """Each Redis that holds keys: this one."""
        return [self]

    async def ping(self) -> bool:
        """Whether Redis answers within the time-out."""
        try:
            return await self.told([PING]) == [b"PONG"]
        except StateUnavailable:
            return False

    async def trip(self, commands: Sequence[bytes]) -> Replies:
        """As `told`, for as long as it takes; whatever Redis complains of is returned in its place.

        Raises RedisError or OSError where there is no answer.
        """
        async with self._places:
            connection = await self._take()
            try:
                replies = await self._exchange(connection, commands)
            except BaseException:
                await connection.disconnect(nowait=True)
                raise
            if any(isinstance(complaint, ReadOnlyError) for complaint in replies.complaints):
                await connection.disconnect(nowait=True)  # the address may lead elsewhere by now
                return replies
            self._idle.append(connection)
            if self._closed:
                await self.close()
            return replies

    async def close(self) -> None:
        """Close idle connections now, and the others when their batch is done."""
        self._closed = True
        while self._idle:
            await self._idle.pop().disconnect()

    async def _exchange(self, connection: AbstractConnection, commands: Sequence[bytes]) -> Replies:
        """A Redis that does not know the script is given it, in a second trip: the first time, and
        after it has restarted."""
        replies = await _replies(connection, commands)
        lacks = any(isinstance(complaint, NoScriptError) for complaint in replies.complaints)
        if not (lacks and self._script):
            return replies
        missing = [i for i, one in enumerate(replies.all) if isinstance(one, NoScriptError)]
        late = await _replies(connection, [self._script, *(commands[i] for i in missing)])
        for i, reply in zip(missing, late.all[1:], strict=True):
            replies.all[i] = reply
        others = [each for each in replies.complaints if not isinstance(each, NoScriptError)]
        return Replies(replies.all, [*others, *late.complaints])

    async def _take(self) -> AbstractConnection:
        """An idle connection with nothing to read on it: else its server hung up, or worse."""
        while self._idle:
            connection = self._idle.pop()
            if not await connection.can_read():
                return connection
            await connection.disconnect(nowait=True)
        if self._closed:
            raise ConnectionError("closed")
        return self._connection_class(**self._options)


def no_answer(timeout_s: float) -> StateUnavailable:
    """What a time-out that has passed is told as."""
    return StateUnavailable(f"Redis gave no answer within {timeout_s * 1_000:g} ms")


def understood(replies: list[Any]) -> list[Any]:
    """The replies, where Redis complains of nothing but a key's wrong type."""
    for reply in replies:
        if isinstance(reply, ResponseError) and not str(reply).startswith("WRONGTYPE"):
            raise StateUnavailable(f"Redis: {reply}", answered=True)
    return replies


async def _replies(connection: AbstractConnection, commands: Sequence[bytes]) -> Replies:
    replies = await exchanged(connection, commands)
    return Replies(replies, [each for each in replies if isinstance(each, ResponseError)])
