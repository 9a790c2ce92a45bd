"""Cost buckets: so many points at most, so many back each second."""

from collections.abc import Callable

from saccade.domain import JsonObject

SECONDS_FULL = 20
"""A full bucket is worth so long."""

MOST_FOR_ONE = 1_000
"""Points a single query may ask for, on every plan."""


class Bucket:
    """One shop's, for one app. ``rate`` is the plan's: 100, 200, 1,000 or 2,000 points a second."""

    def __init__(self, clock: Callable[[], float], rate: int = 100) -> None:
        self._clock = clock
        self.rate = rate
        self.most = float(rate * SECONDS_FULL)
        self._held = self.most
        self._at = clock()

    @property
    def available(self) -> float:
        """Points there are now."""
        now = self._clock()
        self._held = min(self.most, self._held + max(0.0, now - self._at) * self.rate)
        self._at = now
        return self._held

    def takes(self, requested: int, actual: int) -> bool:
        """Whether there is enough for what is asked; what it really cost is taken."""
        if self.available < requested:
            return False
        self._held -= actual
        return True

    def drain(self, left: float = 0.0) -> None:
        """Leave so many points: somebody else used the rest."""
        self._held = min(self.available, left)

    def status(self) -> JsonObject:
        """``throttleStatus``."""
        return {
            "maximumAvailable": self.most,
            "currentlyAvailable": int(self.available),
            "restoreRate": float(self.rate),
        }
