"""How late the event loop runs: felt at every beat, and read by whoever would add to its work."""

import asyncio
import time
from collections.abc import Callable

from saccade_server.settings import SHED_LAG_MS

EVERY_S = 0.02


class Pulse:
    """The loop's own clock against the machine's, which is monotonic and in seconds.

    A loop is `late` that has been so at one beat and is so again: one long turn alone, a collection
    of garbage or an import, is over before anything could be gained by letting go. Until the first
    beat nothing is late: a server that starts has no pulse yet.
    """

    __slots__ = ("_clock", "_due", "_strikes", "_too_late_s")

    def __init__(
        self, too_late_s: float = SHED_LAG_MS / 1_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._too_late_s = too_late_s
        self._due = float("inf")
        self._strikes = 0

    @property
    def due(self) -> float:
        """When the next beat is due: names the turn of the loop that is under way."""
        return self._due

    @property
    def overdue_s(self) -> float:
        """How long the next beat has been due; negative before that."""
        return self._clock() - self._due

    @property
    def late(self) -> bool:
        """Whether what is asked for now could not be decided in time."""
        return self._strikes > 1 or (self._strikes == 1 and self.overdue_s > self._too_late_s)

    def beat(self) -> float:
        """The loop has run a timer; how late, in seconds."""
        now = self._clock()
        late = max(0.0, now - self._due)
        self._due = now + EVERY_S
        self._strikes = self._strikes + 1 if late > self._too_late_s else 0
        return late

    def rest(self) -> None:
        """No beat is due until the next has come, and what was late is forgotten."""
        self._due, self._strikes = float("inf"), 0


async def beating(pulse: Pulse, felt: Callable[[float], None]) -> None:
    """Beat until cancelled; ``felt`` is told how late each beat was."""
    try:
        while True:
            felt(pulse.beat())
            await asyncio.sleep(EVERY_S)
    finally:
        pulse.rest()
