"""A TCP proxy that injects faults, without root: what lies between two parts goes wrong.

Set `Faults` while it runs; each applies to what passes from then on, towards the client.
"""

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from typing import Self

from faults.listening import listening
from faults.upstream import RESET

_PIECE = 65_536


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class Faults:
    """What goes wrong. Everything off passes bytes through."""

    latency_s: float = 0.0
    """Each piece from the server is held back for so long."""
    down: bool = False
    """New connections are closed at once."""
    flowing: asyncio.Event = field(default_factory=_set)
    """Cleared, nothing is passed in either direction; connections stay open."""
    bytes_per_s: float = 0.0
    """Bandwidth from the server; 0 is unbounded."""
    slice_bytes: int = 0
    """Pieces from the server are cut into so many bytes, each in a write of its own."""
    truncate_after: int | None = None
    """The connection is closed after so many bytes from the server."""
    reset_after: int | None = None
    """It is reset after so many."""
    close_delay_s: float = 0.0
    """The server's close is passed on only after so long."""


@dataclass(slots=True)
class FaultProxy:
    """Listens on a free port before ``target``, a port of this machine."""

    target: int
    faults: Faults = field(default_factory=Faults)
    port: int = 0
    _open: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def __aenter__(self) -> Self:
        self.port = await self._open.enter_async_context(listening(self._pass))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.faults.down:
            await _closed(writer)
            return
        try:
            source, sink = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            await _closed(writer)
            return
        there = asyncio.create_task(self._upstream(reader, sink))
        back = asyncio.create_task(self._downstream(source, writer))
        try:
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in (sink, writer):
                end.close()
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            await _closed(sink)
            await _closed(writer)

    async def _upstream(self, reader: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_PIECE):
                await self.faults.flowing.wait()
                sink.write(piece)
                await sink.drain()

    async def _downstream(self, source: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := await source.read(_PIECE):
                await self.faults.flowing.wait()
                await asyncio.sleep(self.faults.latency_s)
                for part in self._cut(piece):
                    allowed = self._allowed(passed, len(part))
                    writer.write(part[:allowed])
                    await writer.drain()
                    passed += allowed
                    if allowed < len(part):
                        self._end(writer)
                        return
                    if self.faults.bytes_per_s:
                        await asyncio.sleep(len(part) / self.faults.bytes_per_s)
        await asyncio.sleep(self.faults.close_delay_s)

    def _cut(self, piece: bytes) -> list[bytes]:
        size = self.faults.slice_bytes or len(piece)
        return [piece[start : start + size] for start in range(0, len(piece), size)]

    def _allowed(self, passed: int, wanted: int) -> int:
        limits = [
            limit
            for limit in (self.faults.truncate_after, self.faults.reset_after)
            if limit is not None
        ]
        return min(wanted, max(0, min(limits) - passed)) if limits else wanted

    def _end(self, writer: asyncio.StreamWriter) -> None:
        if self.faults.reset_after is not None:
            handle = writer.get_extra_info("socket")
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
