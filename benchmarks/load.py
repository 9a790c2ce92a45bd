"""A small HTTP/1.1 client for load: keep-alive connections, every answer checked by its reader."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Round:
    """What one round against one target gave."""

    requests: int = 0
    seconds: float = 0.0
    cpu_us: float = 0.0
    """CPU microseconds a request, of every process accounted to the target."""
    latencies_ms: list[float] = field(default_factory=list[float])
    wrong: list[str] = field(default_factory=list[str])

    def percentile(self, share: float) -> float:
        """Latency in milliseconds below which ``share`` of the requests stayed."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


UNDECIDED = "undecided"
"""How the complaint about an answer begins that is whole but carries no decision: it counts as
nothing done, and is nobody's error."""

Check = Callable[[int, bytes], str]
"""Status and body to a complaint, empty where the answer is right."""


Request = tuple[bytes, Check]
"""The bytes to send, and who reads the answer."""


async def run(
    port: int, requests: Iterator[bytes], check: Check, *, connections: int, count: int
) -> Round:
    """As `drive`, where one reader reads all answers."""
    read = ((request, check) for request in requests)
    return await drive(port, read, connections=connections, count=count)


async def drive(port: int, requests: Iterator[Request], *, connections: int, count: int) -> Round:
    """Send ``count`` of ``requests`` over ``connections``, one at a time on each."""
    result = Round()
    left = iter(range(count))

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4 << 20)
        try:
            for _ in left:
                request, check = next(requests)
                started = time.perf_counter()
                writer.write(request)
                status, body = await _answer(reader)
                result.latencies_ms.append((time.perf_counter() - started) * 1_000)
                complaint = check(status, body)
                if complaint:
                    result.wrong.append(complaint)
        finally:
            writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    result.seconds = time.perf_counter() - started
    result.requests = len(result.latencies_ms)
    return result


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        return status, await _chunks(reader)
    start = lower.find(b"content-length:")
    if start < 0:
        return status, b""
    length = int(lower[start + 15 : lower.index(b"\r\n", start)])
    return status, await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return bytes(body)
