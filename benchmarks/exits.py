"""Last words: of every page that goes, whether its last beacon was received and kept.

Before a page goes it is scrolled to its end, and what the server then knows is that depth: nothing
but the last beacon can have told it, for the flush before went out a moment ago.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Page, ViewportSize

from storefront import SHOP, Storefront

CLOSING, LEAVING, HIDING = "the tab is closed", "another page is opened", "the tab is hidden"
WAYS = (CLOSING, LEAVING, HIDING)
AT_ONCE = 3
SMALL: ViewportSize = {"width": 640, "height": 480}
PATIENCE_S = 10.0
MINUTE_S = 60.0

HIDDEN = """
for (const [name, value] of [["visibilityState", "hidden"], ["hidden", true]])
  Object.defineProperty(document, name, { get: () => value });
document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
"""
"""As going to another tab does: a Chromium without a screen calls every tab visible."""

TO_THE_END = """new Promise((done) => {
  scrollTo({ top: 1e6, behavior: "instant" });
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""


@dataclass(slots=True)
class Exits:
    """How many pages went in each way, and of how many the last word was kept."""

    gone: Counter[str] = field(default_factory=Counter[str])
    received: Counter[str] = field(default_factory=Counter[str])


async def exits(
    storefront: Storefront, count: int, found: Exits, said: Callable[[str], None]
) -> None:
    """So many page exits, a few at once."""
    line = iter(range(count))

    async def one_after_another() -> None:
        for number in line:
            while not await leave(storefront, WAYS[number % len(WAYS)], found):
                pass
            if (number + 1) % 50 == 0:
                said(f"exits: {number + 1} of {count}")

    async with asyncio.TaskGroup() as at_once:
        for _ in range(AT_ONCE):
            at_once.create_task(one_after_another())


async def leave(storefront: Storefront, way: str, found: Exits) -> bool:
    """One page, from its opening to its last word.

    Not counted, and false, where an ordinary flush has told of its end already: it would prove
    nothing.
    """
    async with storefront.shopper(screen=SMALL) as (visitor, _, page):
        async with page.expect_response("**/v1/signals*") as first:
            await page.goto(storefront.url)
        await (await first.value).finished()
        await page.evaluate(TO_THE_END)
        if await depth(storefront, visitor) == 100:
            return False
        await go(page, way)
        found.gone[way] += 1
        found.received[way] += await told_the_end(storefront, visitor)
        return True


async def go(page: Page, way: str) -> None:
    """The page goes."""
    match way:
        case "the tab is closed":
            await page.close()
        case "another page is opened":
            await page.goto("about:blank")
        case _:
            await page.evaluate(HIDDEN)


async def told_the_end(storefront: Storefront, visitor: str) -> bool:
    """Whether the server comes to know of the page's end."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if await depth(storefront, visitor) == 100:
            return True
        await asyncio.sleep(0.01)
    return False


async def depth(storefront: Storefront, visitor: str) -> float | None:
    """How far down the server knows the page was read."""
    state = await storefront.lab.known(visitor, visitor, SHOP)
    return state.session.signals.max_scroll_depth_pct if state.session else None


@asynccontextmanager
async def counted(storefront: Storefront, requests: Counter[str]) -> AsyncGenerator[Page]:
    """A page whose requests to the server are counted by path."""
    async with storefront.shopper() as (_, _profile, page):
        server = storefront.lab.url

        def count(url: str) -> None:
            if url.startswith(server):
                requests[url[len(server) :].partition("?")[0]] += 1

        page.on("request", lambda request: count(request.url))
        await page.goto(storefront.url)
        yield page


async def a_minute(storefront: Storefront, *, active: bool) -> Counter[str]:
    """Requests by path in a page's first minute, of a shopper who reads or one who has left."""
    requests: Counter[str] = Counter()
    async with counted(storefront, requests) as page:
        until = time.monotonic() + MINUTE_S
        turn = 0
        while (left := until - time.monotonic()) > 0:
            turn += 1
            if active:
                await page.mouse.move(100 + turn * 37 % 800, 100 + turn * 53 % 600)
                await page.mouse.wheel(0, 200 if turn % 6 < 4 else -200)
            await asyncio.sleep(min(0.5, left))
    return requests
