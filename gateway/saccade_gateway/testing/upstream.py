"""A scriptable platform on raw sockets: it answers byte for byte what a test tells it to."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from saccade_gateway.testing.listening import listening
from saccade_gateway.testing.wire import RawHeaders, parsed

RESET = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Received:
    """A call as it arrived."""

    method: bytes
    target: bytes
    headers: RawHeaders
    raw_head: bytes
    connection: int
    """Number of the connection it came on."""
    served: int
    """Calls answered on that connection before it."""
    body: bytes = b""

    def values(self, name: bytes) -> list[bytes]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Line:
    """The platform's end of a connection, as a script uses it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.over = False

    async def send(self, data: bytes) -> None:
        """Write now, as one segment where the system allows it."""
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        """End the connection in order."""
        self.over = True
        self.writer.close()

    def reset(self) -> None:
        """End it by RST."""
        self.over = True
        handle = self.writer.get_extra_info("socket")
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.writer.transport.abort()


Script = Callable[[Received, Line], Awaitable[None]]


def raw(*parts: bytes) -> Script:
    """Sends the parts, each in a write of its own; the connection stays open."""

    async def script(_: Received, line: Line) -> None:
        for part in parts:
            await line.send(part)
            await asyncio.sleep(0)

    return script


def answer(
    body: bytes = b"",
    *headers: tuple[bytes, bytes],
    status: bytes = b"200 OK",
    framed: bool = True,
) -> Script:
    """An ordinary answer; ``framed`` adds its Content-Length."""
    lines = [b"HTTP/1.1 " + status, *(name + b": " + value for name, value in headers)]
    if framed:
        lines.append(b"Content-Length: %d" % len(body))
    return raw(b"\r\n".join([*lines, b"", b""]) + body)


def json(body: bytes, *headers: tuple[bytes, bytes], status: bytes = b"200 OK") -> Script:
    """An answer as OCC sends it."""
    return answer(
        body, (b"Content-Type", b"application/json;charset=UTF-8"), *headers, status=status
    )


def chunked(*chunks: bytes, ended: bool = True) -> Script:
    """A JSON answer in chunks; without its end the connection is closed where it would come."""

    async def script(_: Received, line: Line) -> None:
        await line.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for chunk in chunks:
            await line.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await asyncio.sleep(0)
        if ended:
            await line.send(b"0\r\n\r\n")
        else:
            line.close()

    return script


def then(script: Script, end: Callable[[Line], None]) -> Script:
    """A script, and then an end of the connection."""

    async def both(received: Received, line: Line) -> None:
        await script(received, line)
        end(line)

    return both


async def hang(_: Received, line: Line) -> None:
    """Never answers; ends when the caller goes."""
    await line.reader.read()
    line.over = True


async def close(_: Received, line: Line) -> None:
    """Ends the connection without an answer."""
    line.close()


async def reset(_: Received, line: Line) -> None:
    """Resets the connection without an answer."""
    line.reset()


def in_turn(*scripts: Script) -> Script:
    """The first script for the first call, and so on; the last one stays."""
    waiting: list[Script] = list(scripts)

    async def script(received: Received, line: Line) -> None:
        chosen = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        await chosen(received, line)

    return script


@dataclass(slots=True)
class ScriptedUpstream:
    """Listens on a free port; ``script`` answers every call. ``received`` is what came."""

    script: Script
    reads_body: bool = True
    """False leaves a request's body to the script."""
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list[Received])
    connections: int = 0
    port: int = 0
    _open: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def __aenter__(self) -> Self:
        listener = listening(self._accept, limit=1 << 20, ssl=self.tls)
        self.port = await self._open.enter_async_context(listener)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Received:
        """The call that came last."""
        return self.received[-1]

    def targets(self) -> Sequence[bytes]:
        """What was asked for, in order."""
        return [received.target for received in self.received]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self._serve(self.connections, reader, writer)

    async def _serve(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        line = Line(reader, writer)
        served = 0
        try:
            while not line.over:
                received = await _read(reader, number, served, body=self.reads_body)
                self.received.append(received)
                await self.script(received, line)
                served += 1
        except (asyncio.IncompleteReadError, OSError):
            return
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader, number: int, served: int, *, body: bool) -> Received:
    head = await reader.readuntil(b"\r\n\r\n")
    start, headers = parsed(head[:-4])
    method, target, _ = start.split(b" ", 2)
    received = Received(method, target, headers, head, number, served)
    if not body:
        return received
    if received.values(b"transfer-encoding"):
        received.body = await _chunks(reader)
    elif length := received.values(b"content-length"):
        received.body = await reader.readexactly(int(length[0]))
    return received


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body
