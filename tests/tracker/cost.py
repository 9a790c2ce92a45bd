"""What the tag costs the page's main thread, as Chromium's own trace accounts for it.

Thread time and not wall time: neighbours on the machine do not count. The throttle spends the
thread's own time, so it does.
"""

import asyncio
import json
import time
from typing import Any

from playwright.async_api import Browser, Page

from tracker.pages import BLOCKS, shop
from tracker.stand import Stand

THROTTLE = 4
SECONDS = 6.0

_CATEGORIES = ["devtools.timeline", "toplevel", "disabled-by-default-devtools.timeline"]
_CARDS = "".join(
    f"<article class=card><a href=#{at}><b>Card {at}</b> <i>{at},00</i></a></article>"
    for at in range(800)
)

Trace = list[dict[str, Any]]  # Any: trace events as Chromium writes them


async def cost(stand: Stand, browser: Browser, *, tagged: bool) -> tuple[float, float]:
    """Milliseconds a second under heavy input: in the tracker's functions, and in all tasks."""
    stand.page = shop(stand.server, body=BLOCKS + _CARDS)
    if not tagged:
        stand.page = stand.page.replace("<script", "<!--").replace("</script>", "-->")
    context = await browser.new_context(viewport={"width": 1000, "height": 700})
    page = await context.new_page()
    await page.goto(stand.origin)
    await page.wait_for_timeout(500)
    chromium = await context.new_cdp_session(page)
    await chromium.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})  # pyright: ignore[reportUnknownMemberType]  # playwright leaves the answer's type open
    await browser.start_tracing(page=page, categories=_CATEGORIES)
    begun = time.monotonic()
    await _handle_heavily(page, begun + SECONDS)
    lasted = time.monotonic() - begun
    trace: Trace = json.loads(await browser.stop_tracing())["traceEvents"]
    await context.close()
    return _ours(trace) / lasted, _all(trace) / lasted


async def _handle_heavily(page: Page, end: float) -> None:
    """The mouse crosses the page, the wheel turns to and fro, keys are struck."""
    at = 0
    while time.monotonic() < end:
        at += 1
        await page.mouse.move(100 + at * 37 % 800, 60 + at * 53 % 580)
        if at % 3 == 0:
            await page.mouse.wheel(0, 180 if at % 90 < 60 else -180)  # two down, one up
        if at % 10 == 0:
            await page.keyboard.press("ArrowRight")
        await asyncio.sleep(0.008)


def _ours(trace: Trace) -> float:
    calls = [
        event
        for event in trace
        if event["name"] == "FunctionCall"
        and "/tracker.js" in event.get("args", {}).get("data", {}).get("url", "")
    ]
    calls.sort(key=lambda event: event["ts"])
    spent, until = 0.0, 0
    for call in calls:
        if call["ts"] >= until:  # one within another is the other's
            spent += call.get("tdur", 0) / 1_000
            until = call["ts"] + call.get("dur", 0)
    return spent


def _all(trace: Trace) -> float:
    """Tasks of the page's main thread."""
    named = [event for event in trace if event["name"] == "thread_name"]
    mains = {
        (event["pid"], event["tid"]) for event in named if event["args"]["name"] == "CrRendererMain"
    }
    busiest: dict[tuple[int, int], float] = dict.fromkeys(mains, 0.0)
    for event in trace:
        where = (event.get("pid", 0), event.get("tid", 0))
        if event["name"].endswith("RunTask") and where in busiest:
            busiest[where] += event.get("tdur", 0) / 1_000
    return max(busiest.values(), default=0.0)
