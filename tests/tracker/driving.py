"""Time and visibility of a page, as a test wants them."""

import asyncio
import json

from playwright.async_api import Page

_VISIBILITY = """state => {
  for (const [name, value] of [["visibilityState", state], ["hidden", state === "hidden"]])
    Object.defineProperty(document, name, { configurable: true, get: () => value });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""

_WATCH_SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifts.push(entry.value);
  }).observe({ type: "layout-shift" });
}"""


async def pass_time(page: Page, milliseconds: int) -> None:
    """Let the page's installed clock run, and real answers arrive, every half second."""
    for _ in range(milliseconds // 500):
        await page.clock.run_for(500)
        await asyncio.sleep(0.006)


async def opened(page: Page, address: str, at: str = "2026-03-02T10:00:00Z") -> None:
    """Load a page on a clock that only moves when it is told to."""
    await page.clock.install(time=at)
    await page.clock.pause_at(at)
    await page.goto(address)


async def scroll_by_hand(page: Page, *tops: int) -> None:
    """Scroll from place to place, 100 ms of the page's installed clock before each."""
    for top in tops:
        await page.clock.run_for(100)
        await page.evaluate("top => scrollTo(0, top)", top)
        await page.wait_for_timeout(50)  # the browser's own frame, which brings the event


async def hide(page: Page) -> None:
    """As switching to another tab does."""
    await page.evaluate(_VISIBILITY, "hidden")


async def show(page: Page) -> None:
    """As coming back does."""
    await page.evaluate(_VISIBILITY, "visible")


async def watch_shifts(page: Page) -> None:
    """Record every layout shift from now on in ``window.shifts``."""
    await page.evaluate(_WATCH_SHIFTS)


async def apply(page: Page, experience: object, *, now: bool = True) -> None:
    """Hand an experience over as a page that parsed it does: names such as ``__proto__`` survive."""
    await page.evaluate(
        "([text, now]) => saccade.apply(JSON.parse(text), { now })", [json.dumps(experience), now]
    )


async def frames(page: Page, count: int = 3) -> None:
    """Let the browser paint."""
    await page.evaluate(
        """count => new Promise((done) => {
            const next = () => (count-- ? requestAnimationFrame(next) : done());
            next();
        })""",
        count,
    )


async def scrolled(page: Page, top: int) -> None:
    """Scroll there as a program would, and come to rest as the tracker understands it."""
    await page.evaluate("top => scrollTo({ top, behavior: 'instant' })", top)
    await frames(page)
    await page.wait_for_timeout(550)  # a tick of 250 ms after a rest of 250 ms


async def top_of(page: Page, selector: str) -> float:
    """Distance of an element from the top of the screen."""
    found: float = await page.evaluate(
        "selector => document.querySelector(selector).getBoundingClientRect().top", selector
    )
    return found
