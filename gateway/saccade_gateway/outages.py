"""What goes wrong around the page path, said when it changes and not once for every call."""

import logging
from collections.abc import Mapping

_log = logging.getLogger(__name__)


class Outages:
    """Which tenants' platforms give no answers: a line when one begins to, one when it is back."""

    def __init__(self) -> None:
        self._failed: dict[str, int] = {}
        self._why: dict[str, str] = {}

    @property
    def now(self) -> Mapping[str, str]:
        """Tenants whose last call got no answer, and why."""
        return self._why

    def failed(self, tenant: str, why: Exception) -> None:
        """A call got no answer. ``why`` is written for the log: it names no address."""
        calls = self._failed.get(tenant, 0)
        self._failed[tenant] = calls + 1
        self._why[tenant] = str(why)
        if not calls:
            _log.warning("tenant %s: %s", tenant, why)

    def answered(self, tenant: str) -> None:
        """A call got an answer, whatever it says."""
        if self._failed and (calls := self._failed.pop(tenant, 0)):
            del self._why[tenant]
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
