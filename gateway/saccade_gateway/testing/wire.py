"""HTTP/1.1 by hand, so that tests compare bytes and not what a library makes of them."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

RawHeaders = tuple[tuple[bytes, bytes], ...]

HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"content-length"})
"""What a proxy frames anew: left out where two answers are compared."""


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as it stood on the wire."""

    status: int
    reason: bytes
    headers: RawHeaders
    body: bytes
    complete: bool
    """False where the body ended before its end, or not as its framing says."""
    early: tuple[tuple[int, RawHeaders], ...] = ()
    """Informational answers before it."""
    reset: bool = False
    """The connection was reset, not closed."""

    @property
    def end_to_end(self) -> RawHeaders:
        """Headers but those of one hop, in order."""
        return tuple((name, value) for name, value in self.headers if name.lower() not in HOP)

    def values(self, name: bytes) -> list[bytes]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def value(self, name: bytes) -> bytes | None:
        """The only value of a header. Raises ValueError where there are several."""
        found = self.values(name)
        if len(found) > 1:
            raise ValueError(f"{name!r} is there {len(found)} times")
        return found[0] if found else None


def parsed(head: bytes) -> tuple[bytes, RawHeaders]:
    """Start line and headers of a head, its end taken off; values keep every byte."""
    start, *lines = head.split(b"\r\n")
    pairs = [line.partition(b":") for line in lines]
    return start, tuple((name, value.strip(b" \t")) for name, _, value in pairs)


class Caller:
    """A client connection: sends what it is given, reads one answer after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> "Caller":
        """To a port of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 26))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close, whatever state it is in."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            return

    async def send(self, data: bytes) -> None:
        """Write bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> tuple[int, bytes, RawHeaders]:
        """The next head."""
        raw = await self.reader.readuntil(b"\r\n\r\n")
        start, headers = parsed(raw[:-4])
        _, status, *reason = start.split(b" ", 2)
        return int(status), reason[0] if reason else b"", headers

    async def answer(self, method: bytes = b"GET") -> Wire:
        """The next final answer, read to its end or to where it breaks."""
        early: list[tuple[int, RawHeaders]] = []
        while True:
            status, reason, headers = await self.head()
            if status >= HTTPStatus.OK:
                break
            early.append((status, headers))
        names = {name.lower(): value for name, value in headers}
        reset = False
        body, complete = b"", True
        if method != b"HEAD" and status not in (204, 304):
            try:
                body, complete = await self._body(names)
            except ConnectionResetError:
                complete, reset = False, True
        return Wire(status, reason, headers, body, complete, tuple(early), reset)

    async def _body(self, names: dict[bytes, bytes]) -> tuple[bytes, bool]:
        if names.get(b"transfer-encoding", b"").lower() == b"chunked":
            return await self._chunks()
        if b"content-length" in names:
            size = int(names[b"content-length"].lstrip(b"0") or b"0")
            try:
                return await self.reader.readexactly(size), True
            except asyncio.IncompleteReadError as error:
                return error.partial, False
        return await self.reader.read(), True

    async def _chunks(self) -> tuple[bytes, bool]:
        body = b""
        try:
            while True:
                size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
                if size == 0:
                    while await self.reader.readuntil(b"\r\n") != b"\r\n":
                        pass
                    return body, True
                body += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
        except asyncio.IncompleteReadError as error:
            return body + error.partial, False
        except ValueError:
            return body, False


def request(
    target: str | bytes,
    *headers: tuple[str | bytes, str | bytes],
    method: str = "GET",
    body: bytes = b"",
    host: str = "shop.example",
    version: str = "1.1",
) -> bytes:
    """A request's bytes; headers go out as given, Content-Length is added where there is a body."""
    raw_target = target if isinstance(target, bytes) else target.encode()
    lines = [b"%b %b HTTP/%b" % (method.encode(), raw_target, version.encode())]
    lines.append(b"Host: " + host.encode())
    for name, value in headers:
        lines.append(b"%b: %b" % (_bytes(name), _bytes(value)))
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", b""]) + body


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


async def call(
    port: int, target: str | bytes, *headers: tuple[str | bytes, str | bytes], method: str = "GET"
) -> Wire:
    """One call on a connection of its own."""
    return await exchange(port, request(target, *headers, method=method), method=method)


async def exchange(port: int, data: bytes, *, method: str = "GET") -> Wire:
    """Send bytes on a connection of their own, and read the answer."""
    async with await Caller.connect(port) as caller:
        await caller.send(data)
        return await caller.answer(method.encode())


async def attempted(caller: Caller, data: bytes, method: str = "GET") -> Wire | None:
    """Send on a caller's connection; ``None`` where the answer has no head that can be read."""
    try:
        await caller.send(data)
        return await caller.answer(method.encode())
    except (asyncio.IncompleteReadError, OSError, ValueError):
        return None
