"""Facts seen passing: a small answer is copied and read by the adapter once it has gone out."""

import logging

from saccade.ports import Call, EventPort
from saccade_gateway.answer import Answer
from saccade_gateway.hooks import EventSink
from saccade_gateway.inflate import inflated

LIMIT = 262_144
"""Bytes of an answer that are kept for reading; most orders are far smaller."""

_WITHOUT_EFFECT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_log = logging.getLogger(__name__)


class Witness:
    """Copies what passes, up to `LIMIT`. Where the body breaks it saw nothing; what it cannot read,
    for length or coding, was accepted all the same."""

    __slots__ = ("_broken", "_call", "_coding", "_events", "_parts", "_size", "_status")

    def __init__(self, call: Call, events: EventPort, answer: Answer) -> None:
        self._call, self._events, self._status = call, events, answer.status
        self._coding = answer.known.get("Content-Encoding", "identity").lower()
        self._parts: list[bytes] = []
        self._size = 0
        self._broken = False

    def saw(self, chunk: bytes) -> None:
        """Keep a piece."""
        self._size += len(chunk)
        if self._size <= LIMIT:
            self._parts.append(chunk)
        else:
            self._parts.clear()

    def broken(self) -> None:
        """The body did not end: what is known of it is no fact."""
        self._broken = True
        self._parts.clear()

    def tell(self, sink: EventSink) -> None:
        """Hand over what the adapter makes of it. An adapter that fails has seen nothing."""
        if self._broken:
            return
        try:
            events = self._events.observe(self._call, self._status, self._read())
        except Exception as error:  # noqa: BLE001 - an adapter's fault must not reach the page
            _log.error("adapter failed to observe an answer: %s", type(error).__name__)
            return
        try:
            if events:
                sink(events)
        except Exception as error:  # noqa: BLE001 - nor may a sink's that breaks its promise
            _log.error("events were not taken: %s", type(error).__name__)

    def _read(self) -> bytes:
        """The body without its coding, or nothing."""
        body = b"".join(self._parts)
        if self._coding == "identity":
            return body
        return (inflated(body, LIMIT) or b"") if self._coding == "gzip" else b""


def witness(call: Call, events: EventPort, answer: Answer) -> Witness | None:
    """A witness for a call that may have changed something, and was accepted."""
    accepted = 200 <= answer.status < 300  # noqa: PLR2004 - a 2xx is the rule's own wording (R50)
    if not accepted or call.method in _WITHOUT_EFFECT:
        return None
    return Witness(call, events, answer)
