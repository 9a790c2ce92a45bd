"""A platform played by respx, whose answers are unread as a real connection's are."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, cast

import httpx
import respx


class _Unread(httpx.AsyncByteStream):
    """httpx reads a stream of plain bytes at once; this one only when it is asked."""

    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            yield part


class _Played(httpx.AsyncBaseTransport):
    def __init__(self, platform: respx.Router) -> None:
        self._platform = platform

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        played = await self._platform.async_handler(request)
        stream = _Unread(cast("httpx.AsyncByteStream", played.stream))
        return httpx.Response(played.status_code, headers=played.headers, stream=stream)


def playing(platform: respx.Router) -> Callable[[], httpx.AsyncBaseTransport]:
    """What makes transports that lead to it."""
    return lambda: _Played(platform)


def asked(route: respx.Route) -> list[httpx.Request]:
    """What came by a route."""
    return [cast("httpx.Request", one.request) for one in cast("Iterable[Any]", route.calls)]
