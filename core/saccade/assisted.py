"""Sessions an agent acts in: what the platform says of one call holds for the whole visit (R89).

Only the platform's calls say that an agent acts; the tracker's, from the same browser, do not.
Kept in this process, in order of the last word and bounded: another worker learns of a session by
the first assisted call it sees itself.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from saccade.domain import SESSION_LIFE_S, DecisionRequest

MOST = 10_000
"""Sessions remembered; beyond them the one that was told of longest ago is forgotten."""

Key = tuple[str, str]


class Assisted:
    """Remembers them for as long as a session lives. ``clock`` is the engine's, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._told: OrderedDict[Key, float] = OrderedDict()

    def told(self, request: DecisionRequest) -> DecisionRequest:
        """The request with what is known of its session; one that is assisted is remembered."""
        if request.assisted:
            self._remember(_key(request))
            return request
        if self.knows(*_key(request)):
            return msgspec.structs.replace(request, assisted=True)
        return request

    def knows(self, tenant: str, session: str) -> bool:
        """Whether an agent acts in a session."""
        return bool(self._told) and self._holds((tenant, session))

    def _remember(self, key: Key) -> None:
        self._told[key] = self._clock()
        self._told.move_to_end(key)
        if len(self._told) > MOST:
            self._told.popitem(last=False)

    def _holds(self, key: Key) -> bool:
        at = self._told.get(key)
        if at is None:
            return False
        if self._clock() - at < SESSION_LIFE_S:
            return True
        del self._told[key]
        return False


def _key(request: DecisionRequest) -> Key:
    return request.tenant, request.identity.session
