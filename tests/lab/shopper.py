"""A shopper in a browser: everything is done with mouse and wheel, nothing is said for them."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request

from lab.house import Clock

LAPTOP = "816324"
TICK_MS = 250
"""The tracker looks around so often."""

_WATCHING = Path(__file__).with_name("watching.js")


class Place(Protocol):
    """Where somebody shops, and the time there."""

    clock: Clock
    url: str


@dataclass
class Shopper:
    """One visitor in a browser profile of their own, on a clock that only moves when told to.

    ``answers`` are the experiences flushes brought, ``complaints`` what the console said.
    """

    context: BrowserContext
    lab: Place
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    complaints: list[str] = field(default_factory=list[str])
    _under_way: set[Request] = field(default_factory=set[Request])

    async def begin(self, visitor: str | None = None) -> None:
        """Known by this id: the cookie is the tracker's. Without one, never here before."""
        if visitor is not None:
            token = f"{visitor}.{'5' * 32}"
            await self.context.add_cookies(
                [{"name": "saccade_session", "value": token, "url": self.lab.url}]
            )
        await self.context.add_init_script(path=_WATCHING)
        start = datetime.now(UTC)
        await self.context.clock.install(time=start)
        await self.context.clock.pause_at(start)
        self.page: Page = await self.context.new_page()
        self.page.on("request", self._sent)
        self.page.on("requestfinished", self._answered)
        self.page.on("requestfailed", self._failed)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._said)

    async def token(self) -> str:
        """As the tracker keeps it: ``visitor.session``."""
        cookies = await self.context.cookies(self.lab.url)
        (token,) = (c.get("value", "") for c in cookies if c.get("name") == "saccade_session")
        return token

    async def open(self, product: str = LAPTOP) -> None:
        """A product's page, the mouse somewhere on it."""
        await self.visit(f"{self.lab.url}/shop/{product}")

    async def visit(self, address: str) -> None:
        """Any page of any shop."""
        await self.page.goto(address)
        await self.page.evaluate("window.watch.drawn")
        await self.page.mouse.move(400, 300)

    async def come_back_after(self, days: float) -> None:
        """Leave the shop for so long."""
        await self.page.goto("about:blank")
        await self.context.clock.fast_forward(int(days * 86_400_000))
        self.lab.clock.ahead_s += days * 86_400

    async def pass_time(self, seconds: float) -> None:
        """In the page and on the server alike; what is sent meanwhile is answered meanwhile."""
        for _ in range(round(seconds * 1_000 / TICK_MS)):
            await self.context.clock.run_for(TICK_MS)
            self.lab.clock.ahead_s += TICK_MS / 1_000
            patience = time.monotonic() + 3
            while self._under_way and time.monotonic() < patience:  # noqa: ASYNC110 - a browser tells no event of ours
                await asyncio.sleep(0.002)

    async def scroll(self, way: float) -> None:
        """One turn of the wheel."""
        await self.page.mouse.wheel(0, way)
        await self.page.evaluate("window.watch.frames(2)")  # the browser scrolls in its own time
        await self.pass_time(0.5)

    async def scroll_to(self, selector: str, at: float = 400) -> None:
        """Turn the wheel until the element's middle stands ``at`` pixels, or the page ends."""
        for _ in range(40):
            box = await self._box(selector)
            way = box["y"] + box["height"] / 2 - at
            before = await self.page.evaluate("scrollY")
            await self.scroll(max(-600, min(600, way)))
            if abs(way) < 1 or await self.page.evaluate("scrollY") == before:
                return

    async def rest_on(self, selector: str, seconds: float) -> None:
        """The mouse stays over it, as still as a hand is."""
        box = await self._box(selector)
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for second in range(int(seconds)):
            await self.page.mouse.move(x + second % 2, y)
            await self.pass_time(1)

    async def rest_until(self, mode: str, selector: str) -> None:
        """Rest on it until a flush says with at least 0.6 that this is the mode."""
        for _ in range(90):
            await self.rest_on(selector, 1)
            for told in self.answers[-1:]:
                if told["mode"] == mode and told["confidence"] >= 0.6:
                    return
        raise AssertionError(f"after 90 s still {self.answers[-1:]}")

    async def waver(self, times: int, way: float = 150) -> None:
        """Go back over the same lines."""
        for _ in range(times):
            await self.scroll(-way)
            await self.scroll(way)

    async def top_of(self, selector: str) -> float:
        """Distance from the top of the screen."""
        return (await self._box(selector))["y"]

    async def watched(self, what: str) -> Any:
        """What ``watching.js`` has seen of the present page."""
        return await self.page.evaluate("what => window.watch[what]", what)

    async def _box(self, selector: str) -> dict[str, float]:
        box = await self.page.locator(selector).first.bounding_box()
        assert box is not None, f"{selector} is not shown"
        return {"y": box["y"], "x": box["x"], "height": box["height"], "width": box["width"]}

    def _sent(self, request: Request) -> None:
        if "/v1/" in request.url and request.resource_type != "ping":
            self._under_way.add(request)

    async def _answered(self, request: Request) -> None:
        response = await request.response() if request in self._under_way else None
        if response and response.status == 200 and "/v1/signals" in request.url:
            self.answers.append(await response.json())
        self._under_way.discard(request)

    def _failed(self, request: Request) -> None:
        self._under_way.discard(request)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)
