"""The answer on its way to the shopper, written byte by byte as the platform gave it.

aiohttp's own response adds headers (Server, Date, Content-Type) and encodes values anew; this one
writes the head itself. Bodies are framed again for this hop: with the platform's length, else
chunked, else (HTTP/1.0) by the end of the connection.
"""

import socket
import struct
from collections.abc import Sequence
from enum import Enum

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpVersion11

from saccade_gateway.answer import Answer, TruncatedError
from saccade_gateway.headers import RawHeaders, downstream, head
from saccade_gateway.observing import Witness

_BODILESS = frozenset({204, 304})
_RESET = struct.pack("ii", 1, 0)


class Framing(Enum):
    """How the shopper learns where the body ends."""

    NONE = 0
    LENGTH = 1
    CHUNKED = 2
    CLOSE = 3


class Relay(web.StreamResponse):
    """Hands an answer through. Returned to aiohttp's server, it has nothing left to do."""

    def __init__(self, request: web.Request) -> None:
        super().__init__()
        self._request = request
        self._out = request.writer
        self._kept = request.keep_alive
        self._begun = False
        self._sent = 0

    # --- what aiohttp's server calls on a response ---------------------------------------

    @property
    def prepared(self) -> bool:
        """Whether the head has been written."""
        return self._begun

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Nothing to prepare."""
        return self._out if request is self._request else None

    async def write_eof(self, data: bytes = b"") -> None:
        """The end has been written, or must not be."""

    @property
    def keep_alive(self) -> bool | None:
        """Whether the shopper's connection may be used again."""
        return self._kept

    @property
    def body_length(self) -> int:
        """Bytes of body sent."""
        return self._sent

    # --- what the gateway calls ------------------------------------------------------------

    async def inform(self, status: int, reason: bytes, headers: RawHeaders) -> None:
        """Pass an informational answer on (RFC 9110 section 15.2)."""
        if self._request.version >= HttpVersion11:
            await self._out.write(head(status, reason, downstream(headers, frozenset())))

    async def whole(self, answer: Answer, lines: Sequence[bytes], body: bytes) -> None:
        """Send an answer whose body is all here, in one write."""
        self._begin(answer)
        length = [b"Content-Length: %d" % len(body)]
        self._sent = len(body)
        start = head(answer.status, answer.reason, [*lines, *length, *self._connection()])
        await self._out.write(start + body)

    async def stream(
        self,
        answer: Answer,
        lines: Sequence[bytes],
        held: Sequence[bytes] = (),
        witness: Witness | None = None,
    ) -> None:
        """Send the head, what was ``held`` back of the body, then the rest as it arrives.

        A truncated body is never ended cleanly: the connection is closed short of the length or of
        the last chunk, and reset where only its end would tell (F11).
        """
        self._begin(answer)
        framing = self._framing(answer)
        start = head(answer.status, answer.reason, [*lines, *self._framed(answer, framing)])
        if framing is Framing.NONE:
            await self._out.write(start)
            return
        try:
            await self._pass_all(answer, framing, start, held, witness)
        except TruncatedError:
            self._kept = False
            if framing is Framing.CLOSE:
                await self._reset()
            if witness is not None:
                witness.broken()

    def last(self) -> None:
        """No other call is taken on this connection, which the answer shall say."""
        self._kept = False

    def ended(self) -> None:
        """The shopper has gone: nothing more can be sent on this connection."""
        self._kept = False

    def _begin(self, answer: Answer) -> None:
        self.set_status(answer.status)
        self._begun = True

    async def _pass_all(
        self,
        answer: Answer,
        framing: Framing,
        start: bytes,
        held: Sequence[bytes],
        witness: Witness | None,
    ) -> None:
        if not held and not answer.begun:
            await self._out.write(start)
            start = b""
        for chunk in held:
            start = await self._pass(start, chunk, framing, witness)
        try:
            while chunk := await answer.read():
                start = await self._pass(start, chunk, framing, witness)
        except TruncatedError:
            await self._out.write(start)
            raise
        await self._out.write(start + (b"0\r\n\r\n" if framing is Framing.CHUNKED else b""))

    async def _pass(
        self, start: bytes, chunk: bytes, framing: Framing, witness: Witness | None
    ) -> bytes:
        """Write a piece, with the head before the first one; returns what is yet to be written."""
        if witness is not None:
            witness.saw(chunk)
        self._sent += len(chunk)
        if framing is Framing.CHUNKED:
            chunk = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        await self._out.write(start + chunk if start else chunk)
        return b""

    def _framing(self, answer: Answer) -> Framing:
        if self._request.method == "HEAD" or answer.status in _BODILESS:
            return Framing.NONE
        if answer.length is not None:
            return Framing.LENGTH
        return Framing.CHUNKED if self._request.version >= HttpVersion11 else Framing.CLOSE

    def _framed(self, answer: Answer, framing: Framing) -> list[bytes]:
        """The header lines of this hop. A HEAD or 304 tells the length of the body it spares."""
        lines: list[bytes] = []
        if framing is Framing.CHUNKED:
            lines.append(b"Transfer-Encoding: chunked")
        elif answer.length is not None and answer.status != 204:  # noqa: PLR2004 - No Content
            lines.append(b"Content-Length: " + answer.length.encode("ascii"))
        elif framing is Framing.CLOSE:
            self._kept = False
        return [*lines, *self._connection()]

    def _connection(self) -> list[bytes]:
        if self._request.version >= HttpVersion11:
            return [] if self._kept else [b"Connection: close"]
        return [b"Connection: keep-alive"] if self._kept else []

    async def _reset(self) -> None:
        """End the connection so that nobody takes its end for the body's."""
        transport = self._request.transport
        if transport is None:
            return
        await self._out.drain()
        handle = transport.get_extra_info("socket")
        if handle is not None:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
