"""Token buckets: one a second, bursts of five, in a table that forgets the least recently used."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

RATE_PER_S = 1.0
BURST = 5.0
MOST_BUCKETS = 50_000


class Buckets:
    """Rates by key. ``clock`` is monotonic, in seconds."""

    def __init__(
        self,
        rate: float = RATE_PER_S,
        burst: float = BURST,
        most: int = MOST_BUCKETS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate, self._burst, self._most, self._clock = rate, burst, most, clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable) -> float:
        """Take one token: 0.0, or the seconds until there is one."""
        now = self._clock()
        tokens, since = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        wait = 0.0 if tokens >= 1.0 else (1.0 - tokens) / self._rate
        self._buckets[key] = (tokens if wait else tokens - 1.0, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._buckets)
