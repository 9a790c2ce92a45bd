"""A kept connection to the platform, for calls without a body and without effects.

aiohttp's client costs such a call three times what sending and parsing it does: readers, queues,
timers and pools that a GET has no need of. The connection is aiohttp's own (addresses, TLS,
time-outs of connecting); from then on it is read here, by the parser aiohttp uses too, without the
leniencies aiohttp grants. What that
refuses is asked again in aiohttp's way (`Platform.send`).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserUpgrade,
    HttpResponseParser,
)

from saccade_gateway.headers import RawHeaders
from saccade_gateway.serving import HEADER_LIMIT, LINE_LIMIT

HEAD_LIMIT = 8 * LINE_LIMIT
"""Bytes of an answer's head, informational ones before it included."""

BUFFER = 256 * 1_024
"""Bytes of a body that wait to be read; then the platform waits."""

Inform = Callable[[int, bytes, RawHeaders], Awaitable[None]]
"""Takes an informational (1xx) answer that comes before the final one."""


class MalformedError(Exception):
    """What came is no answer, or none that may be relied upon."""


class UnreadError(MalformedError):
    """The parser does not take it; a more lenient one might."""


class Wire(asyncio.Protocol):
    """One call after the other. Make it of a connection on which nothing was sent yet.

    ``patience_s`` bounds each wait for more of an answer; ``None``: the shopper's own.
    """

    def __init__(
        self, connection: Connection, handler: ResponseHandler, patience_s: float | None
    ) -> None:
        transport = handler.transport
        if transport is None or handler.should_close:  # gone, or it spoke before it was spoken to
            raise ConnectionResetError("the connection has just been closed")
        self._connection = connection
        self._handler = handler
        self._patience_s = patience_s
        self._transport = transport
        self._parser = HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._fault: Exception | None = None
        self._asked = self._paused = self._spoiled = self._bodiless = False
        self.lost = False
        self._begin()
        transport.set_protocol(self)

    def _begin(self) -> None:
        """Forget the last answer."""
        self._informed: deque[tuple[int, bytes, RawHeaders]] = deque()
        self._chunks: list[bytes] = []
        self._waiting = self._coming = 0
        self.status, self.reason = 0, b""
        self._lines: list[tuple[bytes, bytes]] = []
        self.headed = False
        """Whether the final answer's head is here."""
        self.complete = False
        """Whether its body is here to its end."""
        self.by_close = False
        """Whether the body ends with the connection; said by whoever reads the head."""

    @property
    def headers(self) -> RawHeaders:
        """The final answer's, in their order and spelling."""
        return tuple(self._lines)

    @property
    def usable(self) -> bool:
        """False where it is gone, was said to end, or said something unasked: never read that."""
        return not (self.lost or self._spoiled or self._transport.is_closing())

    @property
    def begun(self) -> bool:
        """Whether there is something of the body to read: bytes, or the end."""
        return self._waiting > 0 or self.complete

    def ask(self, head: bytes, *, bodiless: bool = False) -> None:
        """Send a call; ``bodiless``: its answer has none, whatever its head says.

        Raises ConnectionResetError.
        """
        if not self.usable:
            raise ConnectionResetError("the connection has just been closed")
        if self._bodiless:  # the parser still waits for what its last answer spared
            self._parser = HttpResponseParser(self)
        self._begin()
        self._asked, self._bodiless = True, bodiless
        self._transport.write(head)

    async def answered(self, inform: Inform) -> None:
        """Return when the final answer's head is here.

        Raises `MalformedError`, ConnectionError, and TimeoutError where patience is over.
        """
        while True:
            while self._informed:
                await inform(*self._informed.popleft())
            if self.headed:
                return
            if self._fault is not None:
                raise self._fault
            if self.lost:
                raise ConnectionResetError("the platform ended the connection without an answer")
            await self._more()

    async def read(self) -> bytes:
        """The next bytes of the body, ``b""`` at its end; may be cancelled.

        Raises `MalformedError`, ConnectionError or TimeoutError where it ends before its end.
        """
        while not self._chunks:
            if self.complete:
                return b""
            if self._fault is not None:
                raise self._fault
            if self.lost:
                raise ConnectionResetError("the body ended before its end")
            await self._more()
        chunks, self._chunks, self._waiting = self._chunks, [], 0
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def done(self) -> None:
        """The answer has been dealt with: the wire is for the next call, if `usable`."""
        self._asked = False
        if self._paused or not self.complete:
            self._spoiled = True

    def close(self) -> None:
        """Drop it, whatever is under way."""
        self._connection.close()

    async def _more(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            if self._patience_s is None:
                await self._waiter
            else:
                async with asyncio.timeout(self._patience_s):
                    await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --- what the event loop calls ----------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        if not self._asked or self._fault is not None:
            self._spoiled = True
            self._transport.abort()
            return
        before_head = not self.headed
        self._coming += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserCallbackError:
            self._broken(MalformedError("an answer beyond its bounds"))
        except (HttpParserError, HttpParserUpgrade) as error:
            self._broken(UnreadError(str(error)))
        if before_head and not self.headed and self._coming > HEAD_LIMIT:
            self._broken(MalformedError("a head without end"))
        self._wake()

    def eof_received(self) -> bool:
        """The platform says no more: the connection ends."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """A body that ends with its connection has ended, unless that was reset."""
        self.lost = True
        if self.headed and self.by_close and exc is None and self._fault is None:
            self.complete = True
        self._handler.connection_lost(exc)
        self._wake()

    def _broken(self, fault: MalformedError) -> None:
        if not self.complete:
            self._fault = fault
        self._spoiled = True
        self._transport.abort()

    # --- what the parser calls --------------------------------------------------------------

    def on_message_begin(self) -> None:
        """After the final answer there is none: what comes was not asked for."""
        if self.complete:
            raise MalformedError("an answer nobody asked for")

    def on_status(self, reason: bytes) -> None:
        """The reason phrase, perhaps in pieces."""
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or after the body a trailer, which stays behind."""
        if not self.headed:
            self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        """The end of a head: the final one, or an informational one before it."""
        if len(self._lines) > HEADER_LIMIT:
            raise MalformedError("a head of too many lines")
        if self._coming > LINE_LIMIT and _longest(self._lines) > LINE_LIMIT:
            raise MalformedError("a line too long")
        self.status = self._parser.get_status_code()
        if self.status >= HTTPStatus.OK:
            self.headed = True
            if self._bodiless:
                self._ended()
        elif self.status == HTTPStatus.SWITCHING_PROTOCOLS:
            raise MalformedError("switched protocols unasked")
        elif self.status != HTTPStatus.CONTINUE:
            self._informed.append((self.status, self.reason, self.headers))
        if not self.headed:
            self.reason, self._lines = b"", []

    def on_body(self, chunk: bytes) -> None:
        """A piece of the body."""
        if self._bodiless:
            raise MalformedError("a body nobody asked for")
        self._chunks.append(chunk)
        self._waiting += len(chunk)
        if self._waiting > BUFFER and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """The end of a message, which an informational one is as well."""
        if self.headed:
            self._ended()

    def _ended(self) -> None:
        self.complete = True
        if not self._parser.should_keep_alive():
            self._spoiled = True


def _longest(lines: Sequence[tuple[bytes, bytes]]) -> int:
    return max((len(name) + len(value) for name, value in lines), default=0)
