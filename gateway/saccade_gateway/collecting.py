"""Which answers can carry an experience, and the gathering of one body under bounds.

A body is held back only while it stays small and comes soon: what is longer, or drips, is streamed
on untouched, no later than the budget after its head came (R24).
"""

import asyncio
import re

from saccade_gateway.answer import Answer, TruncatedError
from saccade_gateway.inflate import inflated

MERGE_LIMIT = 2 * 1_024 * 1_024
"""Bytes of a body that is merged, as it came and unfolded; the rest passes (R38, F13, F14)."""

_OK = 200
_JSON = re.compile(
    r'application/(?:json|[\w.-]+\+json)[ \t]*(?:;[ \t]*charset="?utf-8"?)?[ \t]*;?', re.IGNORECASE
)
_CODINGS = frozenset({"", "identity", "gzip"})


def can_carry(method: str, answer: Answer) -> bool:
    """Whether an answer is one a key can be merged into, as far as its head tells."""
    if method != "GET" or answer.status != _OK:
        return False
    if not _JSON.fullmatch(answer.known.get("Content-Type", "")):
        return False
    if coding(answer) not in _CODINGS:
        return False
    return answer.length is None or int(answer.length) <= MERGE_LIMIT


def coding(answer: Answer) -> str:
    """The content coding, in lower case; empty where none is named."""
    return answer.known.get("Content-Encoding", "").lower()


class Gathered:
    """What came of a body: all of it (``whole``), or the beginning of what must be streamed."""

    __slots__ = ("_size", "parts", "whole")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.whole = False
        self._size = 0

    @property
    def body(self) -> bytes:
        """In one piece."""
        return self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)

    async def gather(self, answer: Answer, within_s: float) -> None:
        """Read until the end, the limit, a fault, or the time is up; never raises for these."""
        try:
            if answer.arrived:
                await self._read(answer)
            else:
                async with asyncio.timeout(within_s):
                    await self._read(answer)
        except (TruncatedError, TimeoutError):
            return

    async def _read(self, answer: Answer) -> None:
        while self._size <= MERGE_LIMIT:
            chunk = await answer.read()
            if not chunk:
                self.whole = True
                return
            self.parts.append(chunk)
            self._size += len(chunk)


def plain(answer: Answer, body: bytes) -> bytes | None:
    """The body without its coding; ``None`` where that is broken or unfolds beyond the limit."""
    return inflated(body, MERGE_LIMIT) if coding(answer) == "gzip" else body
