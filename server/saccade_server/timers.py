"""Prometheus' histogram for what is observed several times a page."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import Any

from prometheus_client import Histogram
from prometheus_client.samples import Sample

MOST_WAITING = 512
"""Observations that wait to be counted together."""


class Timer(Histogram):
    """A histogram whose observations are counted many at a time, at a tenth of the cost.

    They are in the figures once `settle` was called: when this process is scraped, when
    `MOST_WAITING` have come, and whenever the owner says so, as it must where workers share a
    folder: there another process may be the one that is scraped.
    """

    _upper_bounds: list[float]
    _sum: Any  # Any: prometheus_client makes its value classes at run time
    _buckets: list[Any]  # Any: as above
    _waiting: list[float]

    def later(self, amount: float) -> None:
        """As `observe`, but counted at the next `settle`."""
        self._waiting.append(amount)
        if len(self._waiting) >= MOST_WAITING:
            self.settle()

    def settle(self) -> None:
        """Count what waits."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._sum.inc(sum(waiting))
            places = Counter(bisect_left(self._upper_bounds, amount) for amount in waiting)
            for place, count in places.items():
                self._buckets[place].inc(count)

    def _metric_init(self) -> None:
        super()._metric_init()
        self._waiting = []

    def _child_samples(self) -> Iterable[Sample]:
        self.settle()
        return super()._child_samples()
