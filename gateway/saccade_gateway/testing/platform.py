"""A platform as samples tell of it, on a thread of its own, and scripts for its bad days."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote_to_bytes

from saccade.testing.samples import Answered, Shop
from saccade_gateway.testing import upstream as up
from saccade_gateway.testing.upstream import Line, Received, Script, ScriptedUpstream

HEALTHY = b"x-certified-healthy"
"""A call with this header is answered well, whatever becomes of the others."""


@contextlib.asynccontextmanager
async def platform(script: Script) -> AsyncGenerator[ScriptedUpstream]:
    """On its own loop: an adapter that blocks the gateway's does not stop its platform too."""
    ours = asyncio.get_running_loop()
    here: asyncio.Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = ours.create_future()
    upstream = ScriptedUpstream(script)

    async def serve() -> None:
        stop = asyncio.Event()
        async with upstream:
            loop = asyncio.get_running_loop()
            ours.call_soon_threadsafe(here.set_result, (loop, stop))
            await stop.wait()

    thread = asyncio.create_task(asyncio.to_thread(asyncio.run, serve()))
    thread.add_done_callback(lambda _: here.cancel())  # it could not listen
    loop, stop = await here
    try:
        yield upstream
    finally:
        loop.call_soon_threadsafe(stop.set)
        await thread


def selling(shop: Shop) -> Script:
    """Answers a catalog's calls as the shop's samples say, and others with 404."""

    async def script(received: Received, line: Line) -> None:
        for one in shop.answers:
            if _fits(one, received):
                headers = [(k.encode(), v.encode("latin-1")) for k, v in one.headers.items()]
                status = b"%d %b" % (one.status, HTTPStatus(one.status).phrase.encode())
                await up.answer(one.body, *headers, status=status)(received, line)
                return
        await up.json(b'{"errors":[]}', status=b"404 Not Found")(received, line)

    return script


def dispatched(broken: Script, healthy: Script) -> Script:
    """``healthy`` for calls marked so, ``broken`` for all others."""

    async def script(received: Received, line: Line) -> None:
        await (healthy if received.values(HEALTHY) else broken)(received, line)

    return script


def dripping(body: bytes, pieces: int, pause_s: float) -> Script:
    """JSON in so many pieces, with a pause before each."""

    async def script(_: Received, line: Line) -> None:
        await asyncio.sleep(pause_s)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        await line.send(head % len(body))
        step = -(-len(body) // pieces)
        for start in range(0, len(body), step):
            await asyncio.sleep(pause_s)
            await line.send(body[start : start + step])

    return script


def cut_by_length(body: bytes) -> Script:
    """Promises the whole body and sends half of it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return up.then(up.raw(head % len(body) + body[: len(body) // 2]), Line.close)


def cut_by_chunk(body: bytes) -> Script:
    """Ends between two chunks."""
    half = len(body) // 2
    return up.chunked(*(part for part in (body[:half], body[half:]) if part), ended=False)


def reset_within(body: bytes) -> Script:
    """Resets the connection in the middle of the body."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    async def script(_: Received, line: Line) -> None:
        await line.send(head % len(body) + body[: len(body) // 2])
        await asyncio.sleep(0.01)  # what was sent must not be lost with the connection
        line.reset()

    return script


def _fits(one: Answered, received: Received) -> bool:
    path, _, query = received.target.partition(b"?")
    asked = _pairs(query.decode("latin-1"))
    return (
        received.method == one.method.encode()
        and unquote_to_bytes(path) == unquote_to_bytes(one.path)
        and all(asked.get(name) == value for name, value in _pairs(one.query).items())
        and one.asks in received.body
    )


def _pairs(query: str) -> Mapping[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))
