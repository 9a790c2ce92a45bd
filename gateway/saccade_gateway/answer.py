"""The platform's answer: its head, and its body as it arrives."""

import asyncio
from collections.abc import Callable

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from multidict import MultiMapping

from saccade_gateway.headers import RawHeaders, downstream, named_by_connection, personal
from saccade_gateway.upload import Upload


class TruncatedError(Exception):
    """The body ended before its end (F11): whoever relays it must not end it cleanly either."""


class Watch:
    """Tells the reader of a body that its connection is gone.

    aiohttp's parser leaves a reader waiting for ever where a chunk is malformed, and takes a reset
    for the clean end of a body that ends with its connection. One watch lives as long as its
    connection; a body with a length needs none.
    """

    __slots__ = ("lost", "payload", "reset")

    def __init__(self, protocol: ResponseHandler) -> None:
        self.payload: aiohttp.StreamReader | None = None
        self.reset = False
        closed = protocol.closed
        self.lost = closed is None
        if closed is not None:
            closed.add_done_callback(self._on_closed)

    def _on_closed(self, closed: "asyncio.Future[None]") -> None:
        self.lost = True
        self.reset = closed.cancelled() or closed.exception() is not None
        payload = self.payload
        if payload is not None and not payload.is_eof() and payload.exception() is None:
            payload.set_exception(aiohttp.ClientPayloadError("the connection is gone"))


class Answer:
    """An answer whose body is read by one reader, once. Close it, whatever happened."""

    __slots__ = (
        "_connection",
        "_payload",
        "_release",
        "_upload",
        "_watch",
        "by_close",
        "headers",
        "known",
        "length",
        "reason",
        "status",
    )

    def __init__(
        self,
        message: RawResponseMessage,
        payload: aiohttp.StreamReader,
        connection: Connection,
        upload: Upload | None,
        watch: Watch | None,
        release: Callable[[Connection], None],
    ) -> None:
        self.status: int = message.code
        self.reason: bytes = message.reason.encode("utf-8", "surrogateescape")
        self.headers: RawHeaders = message.raw_headers
        self.known: MultiMapping[str] = message.headers
        """To look headers up; ``headers`` are what is sent on."""
        length = self.known.get("Content-Length")
        # Zeros before it are lawful and without number, and Python reads no 5,000 digits.
        self.length: str | None = length and (length.lstrip("0") or "0")
        self.by_close = self.length is None and not message.chunked
        self._payload = payload
        self._connection: Connection | None = connection
        self._release = release
        self._upload = upload
        self._watch = watch
        if watch is not None:
            watch.payload = payload

    def lines(self) -> list[bytes]:
        """The header lines to send on with the body as it came, framing left out."""
        return downstream(self.headers, named_by_connection(self.known))

    def personal_lines(self) -> list[bytes]:
        """The same for a body with an experience in it."""
        return personal(self.headers, named_by_connection(self.known))

    @property
    def arrived(self) -> bool:
        """Whether the body is here to its end, so that reading it will not wait."""
        return self._payload.is_eof()

    @property
    def begun(self) -> bool:
        """Whether there is something to read: bytes, or the end."""
        return self._payload.total_bytes > 0 or self._payload.is_eof()

    async def read(self) -> bytes:
        """The next bytes, ``b""`` at the end; may be cancelled. Raises `TruncatedError`."""
        watch = self._watch
        if watch is not None and watch.lost and not self.arrived:
            raise TruncatedError
        try:
            chunk = await self._payload.readany()
        except (aiohttp.ClientError, OSError, HttpProcessingError, RuntimeError) as error:
            # RuntimeError: aiohttp's word for reading on a connection that is gone
            raise TruncatedError from error
        if not chunk and self.by_close and watch is not None and watch.reset:
            raise TruncatedError
        return chunk

    def close(self) -> None:
        """Give the connection back where body and answer are whole, else close it; once or more."""
        if self._watch is not None:
            self._watch.payload = None
        connection, self._connection = self._connection, None
        if self._upload is not None and not self._upload.complete:
            self._upload.stop()
        elif connection is not None and self.arrived:
            self._release(connection)
            return
        if connection is not None:
            connection.close()
