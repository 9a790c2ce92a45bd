"""What an attacker may put on a wire, what of it is beyond doubt, and what a platform then sees.

`unambiguous` reads bytes as RFC 9112 does where it says MUST, and stops at the first doubt: it is
the judge both proxies are held to, written without either's parser.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from faults.listening import listening

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = rb"\"[\t -~\x80-\xff]*\""
_LINE = re.compile(rb"(%b) +(/[!\"$-~\x80-\xff]*) +HTTP/1\.([01])" % _TOKEN)
_FIELD = re.compile(rb"(%b):[ \t]*([\t -~\x80-\xff]*?)[ \t]*" % _TOKEN)
_CHUNK = re.compile(
    rb"(0*[0-9A-Fa-f]{1,15})(?:[ \t]*;[ \t]*%b(?:=(?:%b|%b))?)*" % (_TOKEN, _TOKEN, _QUOTED)
)
_LENGTH = re.compile(rb"0*[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Message:
    """A request; ``whole`` where its body came to its end."""

    method: bytes
    target: bytes
    body: bytes = b""
    whole: bool = True

    @property
    def start(self) -> tuple[bytes, bytes]:
        """Method and target."""
        return self.method, self.target


class _DoubtError(Exception):
    """Not what RFC 9112 calls a request, or one that two recipients may read in two ways."""


class _MoreError(Exception):
    """The bytes end before the message does."""


class _Bytes:
    """A cursor over what was sent."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def ended(self) -> bool:
        """Whether all of it was read."""
        return self._at >= len(self._data)

    def line(self) -> bytes:
        """Up to CRLF."""
        end = self._data.find(b"\r\n", self._at)
        if end < 0:
            raise _MoreError
        found, self._at = self._data[self._at : end], end + 2
        if b"\n" in found or b"\r" in found:
            raise _DoubtError
        return found

    def skip_empty_lines(self) -> None:
        """What may stand before a request (RFC 9112, 2.2), however its ends are spelt: no byte of
        it belongs to any message."""
        while self._data[self._at : self._at + 1] in {b"\r", b"\n"}:
            self._at += 1

    def take(self, size: int) -> bytes:
        """So many bytes."""
        found = self._data[self._at : self._at + size]
        self._at += size
        if len(found) < size:
            raise _MoreError
        return found


def _start(data: _Bytes) -> re.Match[bytes]:
    match = _LINE.fullmatch(data.line())
    if match is None:
        raise _DoubtError
    return match


def _fields(data: _Bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    while line := data.line():
        match = _FIELD.fullmatch(line)
        if match is None:
            raise _DoubtError
        found.append((match[1].lower(), match[2]))
    return found


def _chunks(data: _Bytes) -> bytes:
    body = b""
    while True:
        match = _CHUNK.fullmatch(data.line())
        if match is None:
            raise _DoubtError
        size = int(match[1], 16)
        if size == 0:
            _fields(data)
            return body
        body += data.take(size)
        if data.take(2) != b"\r\n":
            raise _DoubtError


def _framing(fields: list[tuple[bytes, bytes]], minor: bytes) -> Callable[[_Bytes], bytes]:
    """How the body is read. One framing, said once, by a version that knows it."""
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) > 1 or (minor == b"1" and len(hosts) != 1):
        raise _DoubtError
    if codings:
        if codings != [b"chunked"] or lengths or minor == b"0":
            raise _DoubtError
        return _chunks
    if not lengths:
        return lambda _: b""
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
        raise _DoubtError
    size = int(lengths[0].lstrip(b"0") or b"0")
    return lambda data: data.take(size)


def _persists(fields: list[tuple[bytes, bytes]], minor: bytes) -> bool:
    tokens = {
        token.strip().lower()
        for name, value in fields
        if name == b"connection"
        for token in value.split(b",")
    }
    return b"close" not in tokens and (minor == b"1" or b"keep-alive" in tokens)


def unambiguous(data: bytes) -> list[Message]:
    """The requests in ``data``, in order, up to the first doubt.

    The last may lack its end: a head beyond doubt whose body is not, or did not all come.
    """
    found: list[Message] = []
    source = _Bytes(data)
    while not source.ended:
        head: tuple[bytes, bytes] | None = None
        try:
            source.skip_empty_lines()
            match = _start(source)
            fields = _fields(source)
            read = _framing(fields, match[3])
            head = match[1], match[2]
            found.append(Message(*head, read(source)))
        except (_DoubtError, _MoreError):
            return [*found, Message(*head, whole=False)] if head else found
        if not _persists(fields, match[3]):
            return found
    return found


@dataclass(slots=True)
class Recorder:
    """A platform on raw sockets that reads by the same rules and writes down what it saw."""

    seen: list[Message] = field(default_factory=list[Message])
    unreadable: list[bytes] = field(default_factory=list[bytes])
    """What came where a request was due: nobody may ever be sent this."""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    """Of every request, names in lower case."""
    port: int = 0
    _open: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def __aenter__(self) -> Self:
        listener = listening(self._serve, backlog=512)
        self.port = await self._open.enter_async_context(listener)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    def of(self, mark: bytes) -> list[Message]:
        """What was seen of one case."""
        return [message for message in self.seen if mark in message.target]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting = b""
        with contextlib.suppress(OSError):
            while piece := await reader.read(65_536):
                waiting = await self._read(waiting + piece, writer)
        if waiting:
            self._kept_short(waiting)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _read(self, data: bytes, writer: asyncio.StreamWriter) -> bytes:
        """Answers each request that is whole; returns what is not yet."""
        while data:
            source = _Bytes(data)
            try:
                match = _start(source)
                body = _framing(fields := _fields(source), match[3])(source)
            except _MoreError:
                return data
            except _DoubtError:
                self.unreadable.append(data)
                writer.close()
                return b""
            self.seen.append(Message(match[1], match[2], body))
            self.headers += fields
            writer.write(ANSWER if match[1] != b"HEAD" else HEAD_ANSWER)
            await writer.drain()
            if not _persists(fields, match[3]):
                writer.close()
                return b""
            data = data[source._at :]
        return b""

    def _kept_short(self, data: bytes) -> None:
        """A message whose sender went away before its end."""
        read = unambiguous(data)
        if len(read) == 1 and not read[0].whole:
            self.seen.append(read[0])
        else:
            self.unreadable.append(data)


HEAD_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"
ANSWER = HEAD_ANSWER + b'{"code":"1"}'


@dataclass(frozen=True, slots=True)
class Said:
    """What the attacker heard."""

    statuses: tuple[int, ...]
    closed: bool


_STATUS = re.compile(rb"HTTP/[0-9]\.[0-9] ([2-5][0-9]{2})[ \r]")


async def say(port: int, data: bytes, *, patience_s: float = 2.0, quiet_s: float = 0.3) -> Said:
    """Send bytes, hear until nothing more comes, and hang up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard, closed = b"", False
    try:
        writer.write(data)
        with contextlib.suppress(TimeoutError, OSError):
            while not closed:
                async with asyncio.timeout(quiet_s if heard else patience_s):
                    piece = await reader.read(65_536)
                heard += piece
                closed = not piece
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return Said(tuple(int(status) for status in _STATUS.findall(heard)), closed)
