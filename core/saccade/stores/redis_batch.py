"""A batch's replies read off a connection in one go.

redis-py reads a reply at a time, through two coroutines and the bookkeeping of a time-out each,
which costs more than the reply. Connecting (handshake, login, TLS) stays its own.
"""

from collections.abc import Sequence
from typing import Any

from redis._parsers.hiredis import NOT_ENOUGH_DATA
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as LostError


async def exchanged(connection: AbstractConnection, commands: Sequence[bytes]) -> list[Any]:
    """What Redis answers to packed ``commands``, in order, its complaints as exceptions.

    Raises RedisError or OSError where the connection, or this Redis for now, is no good.
    """
    await connection.send_packed_command(b"".join(commands), check_health=False)
    parser: Any = connection._parser  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - redis-py hands it out nowhere else
    reader = parser._reader  # noqa: SLF001 - as above
    replies: list[Any] = []  # Any: whatever Redis answers
    while len(replies) < len(commands):
        reply = reader.gets()
        if reply is NOT_ENOUGH_DATA:
            await parser.read_from_socket()
        elif isinstance(reply, LostError):
            raise reply
        else:
            replies.append(reply)
    return replies
