"""The stand-in's time: real, and moved ahead where a test wants four hours to pass."""

import time
from collections.abc import Callable


class Clock:
    """Seconds since the epoch. Called, it tells; nothing but `ahead` moves it on its own."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0

    def __call__(self) -> float:
        """Now."""
        return self._source() + self._ahead

    def ahead(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._ahead += max(0.0, seconds)

    def until(self, at: float) -> None:
        """Let time pass up to then, if that lies ahead."""
        self.ahead(at - self())
