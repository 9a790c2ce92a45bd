"""A stand-in for the server: it records what the tracker sends, and misbehaves when told to."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from aiohttp import web

from saccade.signals import SIGNAL_NAMES

TRACKER = Path(__file__).parents[2] / "tracker" / "dist" / "tracker.js"

Body = dict[str, Any]  # Any: JSON as the tracker wrote it


class Mood(StrEnum):
    """How the server answers."""

    WELL = "well"
    ERROR = "error"
    SILENT = "silent"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    text: str
    at: float

    @property
    def body(self) -> Body:
        """The JSON sent as text."""
        found: Body = json.loads(self.text)
        return found

    @property
    def is_beacon(self) -> bool:
        """Chromium names a beacon's destination so; a fetch has `empty` and mode `cors`."""
        return self.headers.get("Sec-Fetch-Mode") == "no-cors"


@dataclass(slots=True)
class Stand:
    """The page's origin and the server's, and what passed between them."""

    page: str = ""
    """HTML served under every path of the page's origin."""
    prefix: str = ""
    """What the server writes before the tracker."""
    mood: Mood = Mood.WELL
    answers: list[object] = field(default_factory=list[object])
    """JSON for the next flushes, one each; without one the answer is 204."""
    first: object = None
    """JSON of ``GET /v1/experience``."""
    first_after_s: float = 0.0
    tokens: list[str] = field(default_factory=list[str])
    """What ``POST /v1/session`` gives, one each; without one it is busy."""
    page_headers: dict[str, str] = field(default_factory=dict[str, str])
    seen: list[Seen] = field(default_factory=list[Seen])
    origin: str = ""
    server: str = ""

    def all(self, path: str) -> Sequence[Seen]:
        """Requests of a path, in order of arrival."""
        return [seen for seen in self.seen if seen.path == path]

    @property
    def flushes(self) -> Sequence[Seen]:
        """Signals, the last beacon included."""
        return self.all("/v1/signals")

    def known(self) -> Body:
        """Every signal as a server that merges batches knows it now."""
        known: Body = {}
        for flush in self.flushes:
            known.update({k: v for k, v in flush.body.items() if k in SIGNAL_NAMES})
        return known

    async def until(self, path: str, count: int = 1, timeout_s: float = 8.0) -> Sequence[Seen]:
        """Wait until so many requests of a path have arrived."""
        end = time.monotonic() + timeout_s
        while len(self.all(path)) < count:
            assert time.monotonic() < end, f"{len(self.all(path))} of {count} {path} arrived"
            await asyncio.sleep(0.01)
        return self.all(path)

    async def until_view(self, view: str, timeout_s: float = 8.0) -> Body:
        """Wait for a flush of one view."""
        end = time.monotonic() + timeout_s
        while not (found := [f.body for f in self.flushes if f.body["view"] == view]):
            assert time.monotonic() < end, f"no flush of view {view}"
            await asyncio.sleep(0.01)
        return found[0]

    async def until_known(self, timeout_s: float = 8.0, **expected: object) -> Body:
        """Wait until the signals named are known with these values."""
        end = time.monotonic() + timeout_s
        while any(self.known().get(name) != value for name, value in expected.items()):
            assert time.monotonic() < end, f"expected {expected}, known {self.known()}"
            await asyncio.sleep(0.01)
        return self.known()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request of the server's origin."""
        self.seen.append(
            Seen(
                request.method,
                request.path,
                request.query,
                request.headers,
                await request.text(),
                time.monotonic(),
            )
        )
        if request.path == "/tracker.js":
            body = self.prefix.encode() + TRACKER.read_bytes()
            return web.Response(body=body, content_type="text/javascript", headers=_SHARED)
        return await self._misbehave(request) or await self._answer(request)

    async def _misbehave(self, request: web.Request) -> web.StreamResponse | None:
        match self.mood:
            case Mood.WELL:
                return None
            case Mood.ERROR:
                return web.Response(status=500, headers=_SHARED)
            case Mood.SILENT:
                await asyncio.sleep(30)
                return None
            case Mood.CUT:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/v1/experience":
            await asyncio.sleep(self.first_after_s)
            return web.json_response(self.first, headers=_SHARED)
        if request.path == "/v1/session":
            if not self.tokens:
                return web.Response(status=503, headers=_SHARED)
            return web.json_response({"session_id": self.tokens.pop(0)}, headers=_SHARED)
        if request.path == "/v1/signals" and self.answers:
            return web.json_response(self.answers.pop(0), headers=_SHARED)
        return web.Response(status=204, headers=_SHARED)

    async def show(self, _: web.Request) -> web.Response:
        """The page."""
        return web.Response(text=self.page, content_type="text/html", headers=self.page_headers)


_SHARED = {"Access-Control-Allow-Origin": "*"}


@asynccontextmanager
async def stand_up() -> AsyncGenerator[Stand]:
    """Two origins on free ports of the loopback."""
    stand = Stand()
    runners = [await _serve(stand.show), await _serve(stand.answer)]
    stand.origin, stand.server = (_address(runner) for runner in runners)
    yield stand
    for runner in runners:
        await runner.cleanup()


def _address(runner: web.AppRunner) -> str:
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


async def _serve(handler: Any) -> web.AppRunner:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner
