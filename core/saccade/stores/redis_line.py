"""Batches to one Redis: one packed write, the replies, one time-out around all of it.

redis-py at connection level: its clients wrap every write and every reply in a time-out of its
own, which costs more than the commands. Connecting and the handshake happen inside the batch's
time-out. A batch that fails in any way leaves no connection behind: a late reply meets no later
batch (F8).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis
from redis.asyncio.connection import AbstractConnection, Connection, parse_url
from redis.exceptions import NoScriptError, RedisError, ResponseError

from saccade.breaker import StateUnavailable

MOST_CONNECTIONS = 16
"""The engine keeps four batches under way (`saccade.flights`); the rest is for single writes."""

Argument = str | bytes

pack = cast(
    "Callable[[tuple[Argument, ...]], bytes]",
    hiredis.pack_command,  # pyright: ignore[reportUnknownMemberType] - its stub says a 1-tuple
)
"""A command as Redis reads it."""


class Line:
    """Connections to the Redis at ``url``, opened as they are needed.

    Raises ValueError for a URL that redis-py does not read.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
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
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)
        self._idle: list[AbstractConnection] = []
        self._closed = False

    async def ask(self, commands: Sequence[bytes]) -> list[Any]:
        """The replies to packed ``commands``, in order.

        Two error replies are returned as they are, for the caller knows a way on: a key of the
        wrong type, a script not loaded. Everything else raises `StateUnavailable`.
        """
        try:
            async with asyncio.timeout(self._timeout_s), self._places:
                return await self._exchange(commands)
        except TimeoutError:
            problem = f"Redis gave no answer within {self._timeout_s * 1_000:g} ms"
            raise StateUnavailable(problem) from None
        except (RedisError, OSError) as error:
            refused = isinstance(error, ResponseError)
            raise StateUnavailable(f"Redis: {error}", answered=refused) from error

    async def close(self) -> None:
        """Close idle connections now, and the others when their batch is done."""
        self._closed = True
        while self._idle:
            await self._idle.pop().disconnect()

    async def _exchange(self, commands: Sequence[bytes]) -> list[Any]:
        connection = await self._take()
        try:
            await connection.send_packed_command(b"".join(commands), check_health=False)
            replies = [await _reply(connection) for _ in commands]
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self._idle.append(connection)
        if self._closed:
            await self.close()
        return replies

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


async def _reply(connection: AbstractConnection) -> Any:  # Any: whatever Redis answers
    try:
        return await connection.read_response()  # pyright: ignore[reportUnknownVariableType] - untyped in redis-py
    except NoScriptError as error:
        return error
    except ResponseError as error:
        if str(error).startswith("WRONGTYPE"):
            return error
        raise
