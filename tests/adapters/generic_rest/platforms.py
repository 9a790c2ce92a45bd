"""Catalogs that are asked over real sockets, and platforms that answer as a test says."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web

from adapters.generic_rest.shops import settings
from saccade_gateway.calls import Calls
from saccade_gateway.pinned import pinned
from saccade_generic_rest.catalog import RestCatalog

Answer = Callable[[web.Request], Awaitable[web.StreamResponse] | web.StreamResponse]


@dataclass(slots=True)
class Platform:
    """A platform on loopback; remembers what it was asked."""

    answer: Answer
    url: str = ""
    asked: list[str] = field(default_factory=list[str])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Remember, then answer."""
        self.asked.append(request.raw_path)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        found = self.answer(request)
        return found if isinstance(found, web.StreamResponse) else await found


@contextlib.asynccontextmanager
async def platform(answer: Answer) -> AsyncGenerator[Platform]:
    """It listens while the block runs."""
    found = Platform(answer)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", found.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield found
    finally:
        await runner.cleanup()


def says(document: object, **headers: str) -> web.Response:
    """JSON."""
    body = document if isinstance(document, bytes) else msgspec.json.encode(document)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(body=body, content_type="application/json", headers=named)


def catalog(folder: Path, text: str, url: str, *, limit: int = 1_048_576) -> RestCatalog:
    """By a mapping in ``folder``; what fails is asked for twice, at once."""
    found = settings(folder, text, url)
    calls = Calls(pinned(allow_private=True), attempts=2, longest_wait_s=0.01, limit=limit)
    return RestCatalog(found, calls)
