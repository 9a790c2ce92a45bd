"""The platform's answer: its head, and its body as it arrives."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from multidict import CIMultiDict, MultiMapping

from saccade_gateway.headers import RawHeaders, downstream, named_by_connection, personal
from saccade_gateway.upload import Upload
from saccade_gateway.wire import MalformedError, Wire

LOOKED_UP = frozenset(
    {
        b"access-control-allow-origin",
        b"connection",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"transfer-encoding",
    }
)
"""The headers of an answer that mean something to us."""


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


class Answer(ABC):
    """An answer whose body is read by one reader, once. Close it, whatever happened."""

    __slots__ = ("by_close", "headers", "known", "length", "reason", "status")

    def __init__(
        self, status: int, reason: bytes, headers: RawHeaders, known: MultiMapping[str]
    ) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.known = known
        """To look up those of `LOOKED_UP`; ``headers`` are what is sent on."""
        length = known.get("Content-Length")
        # Zeros before it are lawful and without number, and Python reads no 5,000 digits.
        self.length: str | None = length and (length.lstrip("0") or "0")
        self.by_close = self.length is None and "Transfer-Encoding" not in known

    def lines(self) -> list[bytes]:
        """The header lines to send on with the body as it came, framing left out."""
        return downstream(self.headers, named_by_connection(self.known))

    def personal_lines(self) -> list[bytes]:
        """The same for a body with an experience in it."""
        return personal(self.headers, named_by_connection(self.known))

    @property
    @abstractmethod
    def arrived(self) -> bool:
        """Whether the body is here to its end, so that reading it will not wait."""

    @property
    @abstractmethod
    def begun(self) -> bool:
        """Whether there is something to read: bytes, or the end."""

    @abstractmethod
    async def read(self) -> bytes:
        """The next bytes, ``b""`` at the end; may be cancelled. Raises `TruncatedError`."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back where body and answer are whole, else close it; once or more."""


class Wired(Answer):
    """An answer over a `Wire`."""

    __slots__ = ("_keep", "_wire")

    def __init__(self, wire: Wire, keep: Callable[[Wire], None]) -> None:
        headers = wire.headers
        pairs = [
            (name.decode("ascii"), value.decode("utf-8", "surrogateescape"))
            for name, value in headers
            if name.lower() in LOOKED_UP
        ]
        super().__init__(wire.status, wire.reason, headers, CIMultiDict(pairs))
        wire.by_close = self.by_close
        self._wire: Wire | None = wire
        self._keep = keep

    @property
    def arrived(self) -> bool:
        """See `Answer.arrived`."""
        return self._wire is not None and self._wire.complete

    @property
    def begun(self) -> bool:
        """See `Answer.begun`."""
        return self._wire is not None and self._wire.begun

    async def read(self) -> bytes:
        """See `Answer.read`."""
        if self._wire is None:
            raise TruncatedError
        try:
            return await self._wire.read()
        except (MalformedError, OSError, TimeoutError) as error:
            raise TruncatedError from error

    def close(self) -> None:
        """See `Answer.close`."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.done()
            self._keep(wire)


class Streamed(Answer):
    """An answer in aiohttp's hands."""

    __slots__ = ("_connection", "_payload", "_upload", "_watch")

    def __init__(
        self,
        message: RawResponseMessage,
        payload: aiohttp.StreamReader,
        connection: Connection,
        upload: Upload | None,
        watch: Watch | None,
    ) -> None:
        reason = message.reason.encode("utf-8", "surrogateescape")
        super().__init__(message.code, reason, message.raw_headers, message.headers)
        self._payload = payload
        self._connection: Connection | None = connection
        self._upload = upload
        self._watch = watch
        if watch is not None:
            watch.payload = payload

    @property
    def arrived(self) -> bool:
        """See `Answer.arrived`."""
        return self._payload.is_eof()

    @property
    def begun(self) -> bool:
        """See `Answer.begun`."""
        return self._payload.total_bytes > 0 or self._payload.is_eof()

    async def read(self) -> bytes:
        """See `Answer.read`."""
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
        """See `Answer.close`."""
        if self._watch is not None:
            self._watch.payload = None
        connection, self._connection = self._connection, None
        if self._upload is not None and not self._upload.complete:
            self._upload.stop()
        elif connection is not None and self.arrived:
            connection.release()
            return
        if connection is not None:
            connection.close()
