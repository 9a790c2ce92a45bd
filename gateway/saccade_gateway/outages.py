"""What goes wrong around the page path, said when it changes and not once for every call."""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)


MOST, WITHIN_S = 3, 60.0
"""So many outages of a tenant are told in so long: a platform that answers every other call would
fill the log with two lines a call."""


class Outages:
    """Which tenants' platforms give no answers: a line when one begins to, one when it is back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[str, int] = {}
        self._why: dict[str, str] = {}
        self._began: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MOST))
        """When the last outages began that were told."""
        self._told: set[str] = set()
        """Tenants with one whose end is to be told as well."""

    @property
    def now(self) -> Mapping[str, str]:
        """Tenants whose last call got no answer, and why."""
        return self._why

    def failed(self, tenant: str, why: Exception) -> None:
        """A call got no answer. ``why`` is written for the log: it names no address."""
        self._failed[tenant] = self._failed.get(tenant, 0) + 1
        self._why[tenant] = str(why)
        if tenant in self._told:
            return
        now, began = self._clock(), self._began[tenant]
        if len(began) < MOST or now - began[0] >= WITHIN_S:
            began.append(now)
            self._told.add(tenant)
            _log.warning("tenant %s: %s", tenant, why)

    def answered(self, tenant: str) -> None:
        """A call got an answer, whatever it says."""
        if not self._failed or self._why.pop(tenant, None) is None:
            return
        if tenant in self._told:
            self._told.discard(tenant)
            calls = self._failed.pop(tenant)
            _log.warning("tenant %s: the platform answers again, failed calls: %d", tenant, calls)


class Breakages:
    """Parts of ours that raise: a line for each part and type of error, then silence.

    Only the type is written: what an error says may hold a shopper's data.
    """

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def broke(self, part: str, error: Exception) -> None:
        """``part`` is a name of ours, so that what is remembered stays small."""
        told = (part, type(error).__name__)
        if told not in self._told:
            self._told.add(told)
            _log.error("%s failed: %s", *told)
