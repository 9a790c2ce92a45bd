"""Connections between two calls.

Kept here and not given back to aiohttp's pool, which costs a page as much as sending its call: the
pool sees to limits, keys and waiters that one platform's calls do not have.
"""

import time
from collections import deque
from collections.abc import Callable

from aiohttp.connector import Connection

KEEP_S = 10.0
"""A connection is left unused no longer: shorter than what platforms grant (F17)."""


class Idle:
    """The last one used is used next, so that those a busy time needed grow old and are closed.

    ``clock`` is monotonic, in seconds.
    """

    __slots__ = ("_clock", "_kept")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: deque[tuple[Connection, float]] = deque()

    def keep(self, connection: Connection) -> None:
        """Take a connection whose last answer was read to its end."""
        now = self._clock()
        while self._kept and now - self._kept[0][1] >= KEEP_S:
            self._kept.popleft()[0].close()
        if usable(connection):
            self._kept.append((connection, now))
        else:
            connection.close()

    def take(self) -> Connection | None:
        """One that may be used again; ``None`` where a new one is needed."""
        now = self._clock()
        while self._kept:
            connection, since = self._kept.pop()
            if now - since < KEEP_S and usable(connection):
                return connection
            connection.close()
        return None

    def close(self) -> None:
        """Close them all."""
        while self._kept:
            self._kept.pop()[0].close()


def usable(connection: Connection) -> bool:
    """False where it is gone, was said to end, or said something unasked: never read that."""
    protocol = connection.protocol
    return protocol is not None and protocol.is_connected() and not protocol.should_close
