"""Wires between two calls."""

import time
from collections import deque
from collections.abc import Callable

from saccade_gateway.wire import Wire

KEEP_S = 10.0
"""A connection is left unused no longer: shorter than what platforms grant (F17)."""


class Idle:
    """The last one used is used next, so that those a busy time needed grow old and are closed.

    ``clock`` is monotonic, in seconds.
    """

    __slots__ = ("_clock", "_kept")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: deque[tuple[Wire, float]] = deque()

    def keep(self, wire: Wire) -> None:
        """Take a wire whose last answer was dealt with."""
        now = self._clock()
        while self._kept and now - self._kept[0][1] >= KEEP_S:
            self._kept.popleft()[0].close()
        if wire.usable:
            self._kept.append((wire, now))
        else:
            wire.close()

    def take(self) -> Wire | None:
        """One that may be used again; ``None`` where a new one is needed."""
        now = self._clock()
        while self._kept:
            wire, since = self._kept.pop()
            if now - since < KEEP_S and wire.usable:
                return wire
            wire.close()
        return None

    def close(self) -> None:
        """Close them all."""
        while self._kept:
            self._kept.pop()[0].close()
