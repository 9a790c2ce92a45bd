"""Time and visibility of a page, as a test wants them."""

import asyncio
import json
from weakref import WeakKeyDictionary

from playwright.async_api import Page, Request

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


class _UnderWay:
    """Requests of a page that have no answer yet."""

    def __init__(self, page: Page) -> None:
        self.requests: set[Request] = set()
        self.none = asyncio.Event()
        self.none.set()
        page.on("request", self._begun)
        page.on("requestfinished", self._over)
        page.on("requestfailed", self._over)

    def _begun(self, request: Request) -> None:
        self.requests.add(request)
        self.none.clear()

    def _over(self, request: Request) -> None:
        self.requests.discard(request)
        if not self.requests:
            self.none.set()


_under_way: WeakKeyDictionary[Page, _UnderWay] = WeakKeyDictionary()


async def opened(page: Page, address: str) -> None:
    """Load a page on a clock that only moves when it is told to."""
    await page.clock.install(time="2026-03-02T10:00:00Z")
    await page.clock.pause_at("2026-03-02T11:00:00Z")  # it runs until then, and must not be later
    _under_way[page] = _UnderWay(page)
    await page.goto(address)


async def pass_time(page: Page, milliseconds: int, *, answered: bool = True) -> None:
    """Let the page's clock run, every half second waiting until its requests are ``answered``."""
    for _ in range(milliseconds // 500):
        await page.clock.run_for(500)
        if answered:
            await asyncio.wait_for(_under_way[page].none.wait(), 10)
        await page.evaluate("0")  # the answer's own turn in the page


async def scroll_by_hand(page: Page, *tops: int) -> None:
    """Scroll from place to place, 125 ms of the page's installed clock before each."""
    for top in tops:
        await page.clock.run_for(125)
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
    """Hand an experience over as JSON, so that names such as ``__proto__`` survive."""
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


async def scrolled(page: Page, top: int, *, tick: bool = False) -> None:
    """Scroll there as a program would, and rest as the tracker wants it, or a ``tick`` more."""
    await page.evaluate("top => scrollTo({ top, behavior: 'instant' })", top)
    await frames(page)
    await page.wait_for_timeout(580 if tick else 270)


async def top_of(page: Page, selector: str) -> float:
    """Distance of an element from the top of the screen."""
    found: float = await page.evaluate(
        "selector => document.querySelector(selector).getBoundingClientRect().top", selector
    )
    return found
