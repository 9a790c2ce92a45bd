"""A shopper in a browser: everything is done with mouse and wheel, nothing is said for them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, Page

from lab.house import DAY_S, Lab

PRODUCT = "816324"

_KEEP_PERFORMANCE = "window.realPerformance = performance;"
"""The test clock's own `performance` knows of no paint; the tracker asks for it."""

_PAINTS = "performance.getEntriesByType = (type) => realPerformance.getEntriesByType(type)"

_WATCH = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifts.push(entry.value);
  }).observe({ type: "layout-shift" });
}"""


@dataclass
class Shopper:
    """One browser profile. What the tracker hears from the server is kept in ``answers``."""

    context: BrowserContext
    lab: Lab
    page: Page = field(init=False)
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def begin(self, visitor: str) -> None:
        """Has been here before under this id: the cookie is the tracker's own."""
        await self.context.add_cookies(
            [{"name": "saccade_session", "value": f"{visitor}.{'5' * 32}", "url": self.lab.url}]
        )
        await self.context.add_init_script(_KEEP_PERFORMANCE)
        await self.context.clock.install()
        self.page = await self.context.new_page()

    async def open(self, product: str = PRODUCT) -> None:
        await self.page.goto(f"{self.lab.url}/shop/{product}")
        await self.page.wait_for_selector(".blocks")
        await self.page.evaluate(_PAINTS)
        await self.page.evaluate(_WATCH)
        await self.page.mouse.move(640, 300)

    async def pass_time(self, seconds: float) -> None:
        """In the page and on the server alike, a quarter of a second at a time, answers arriving."""
        for _ in range(int(seconds * 4)):
            await self.context.clock.run_for(250)
            self.lab.clock.ahead_s += 0.25
            await asyncio.sleep(0.008)

    async def scroll_to(self, selector: str, at: float = 400) -> None:
        """Turn the wheel until the element's middle is ``at`` pixels from the screen's top."""
        target = self.page.locator(selector).first
        for _ in range(40):
            box = await target.bounding_box()
            assert box is not None, f"{selector} is not shown"
            way = box["y"] + box["height"] / 2 - at
            if abs(way) < 1:
                return
            before = await self.page.evaluate("scrollY")
            await self.page.mouse.wheel(0, max(-600, min(600, way)))
            await self.pass_time(0.5)
            if await self.page.evaluate("scrollY") == before:
                return  # the page ends here

    async def rest_on(self, selector: str, seconds: float) -> None:
        """Hold the mouse over it, as still as a hand does."""
        box = await self.page.locator(selector).first.bounding_box()
        assert box is not None, f"{selector} is not shown"
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        while seconds > 0:
            await self.page.mouse.move(x, y)
            await self.pass_time(min(5, seconds))
            x, seconds = x + 1, seconds - 5

    async def waver(self, times: int) -> None:
        """Scroll back and forth over the same lines."""
        for _ in range(times):
            for way in (-150, 150):
                await self.page.mouse.wheel(0, way)
                await self.pass_time(0.5)
