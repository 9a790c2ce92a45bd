"""What a visit feels of the tag: layout shift, largest paint, input delay; paired, interleaved.

Each round has three visits, in another order each time: one with the tag and two without. What the
two without differ by is the noise: a difference is beyond it where rounds of nothing but noise, of
random sign, have a median as large in one of a hundred draws at most. Without the tag means that
the browser refuses the tag's address: the page is the same, and nothing of ours is loaded.
"""

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rounds import Spread
from storefront import Storefront

THROTTLE = 4
INPUTS, RESTS_AFTER = 24, 15
DRAWS, SURE = 4_000, 0.99
WITH, WITHOUT, AGAIN = "with", "without", "without again"
ARMS = (WITH, WITHOUT, AGAIN)

MEASURES: Mapping[str, tuple[str, float]] = {
    "layout shift": ("", 0.0001),
    "largest paint": ("ms", 0.1),
    "input delay, mean": ("ms", 0.1),
    "input delay, worst": ("ms", 0.1),
}
"""Unit, and the least difference a browser's clock tells apart."""

WATCH = """
window.felt = { shift: 0, paint: 0, delays: [], changes: 0 };
document.addEventListener("saccade:applied", () => felt.changes++);
new PerformanceObserver((list) => {
  for (const { value } of list.getEntries()) felt.shift += value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) felt.paint = startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
for (const type of ["pointerdown", "pointermove", "keydown", "wheel"]) {
  const heard = ({ timeStamp }) => felt.delays.push(performance.now() - timeStamp);
  addEventListener(type, heard, { capture: true, passive: true });
}
"""
"""Before any other script. Shifts after an input count too, though Chromium would forgive them."""

Felt = dict[str, float]


@dataclass(slots=True)
class Visits:
    """What each visit felt, by arm."""

    by_arm: dict[str, list[Felt]] = field(default_factory=lambda: {arm: [] for arm in ARMS})
    changed: int = 0
    """Visits with the tag in which the page was changed."""


class Difference(NamedTuple):
    """One measure with the tag, less the same without it."""

    measure: str
    unit: str
    without: float
    """Median of all visits without it."""
    differs: Spread
    noise: float
    """A median difference as large comes of noise alone."""

    @property
    def beyond_noise(self) -> bool:
        """Whether the tag makes it worse by more than the noise."""
        return self.differs.median > self.noise


async def visits(storefront: Storefront, rounds: int, said: Callable[[str], None]) -> Visits:
    """So many rounds, and one before them that does not count."""
    found = Visits()
    for number in range(rounds + 1):
        first = number % len(ARMS)
        for arm in (*ARMS[first:], *ARMS[:first]):
            felt, changed = await visit(storefront, tagged=arm == WITH)
            if number:
                found.by_arm[arm].append(felt)
                found.changed += changed
        said(f"visits: round {number} of {rounds}")
    return found


async def visit(storefront: Storefront, *, tagged: bool) -> tuple[Felt, bool]:
    """Open the page on a slow processor, scroll, click and type, rest, and go on.

    What was felt, and whether the page was changed.
    """
    async with storefront.shopper(init=WATCH) as (_, profile, page):
        chromium = await profile.new_cdp_session(page)
        await chromium.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})  # pyright: ignore[reportUnknownMemberType]  # playwright leaves the answer's type open
        if not tagged:
            await chromium.send("Network.enable")  # pyright: ignore[reportUnknownMemberType]  # as above
            await chromium.send("Network.setBlockedURLs", {"urls": ["*/tracker.js*"]})  # pyright: ignore[reportUnknownMemberType]  # as above
        await page.goto(storefront.url)
        await page.wait_for_timeout(400)  # the largest is painted; an input would end its time
        for at in range(INPUTS):
            await page.mouse.move(20 + at * 37 % 400, 100 + at * 53 % 500)
            if at % 3 == 0:
                await page.mouse.wheel(0, 200)
            if at % 5 == 0:
                await page.mouse.move(4, 400)
                await page.mouse.down()
                await page.mouse.up()
                await page.keyboard.press("Shift")
            await page.wait_for_timeout(700 if at == RESTS_AFTER else 60)
        felt = await page.evaluate("felt")
        delays: list[float] = felt["delays"]
        return {
            "layout shift": felt["shift"],
            "largest paint": felt["paint"],
            "input delay, mean": statistics.fmean(delays),
            "input delay, worst": max(delays),
        }, bool(felt["changes"])


def differences(found: Visits) -> list[Difference]:
    """Every measure."""
    return [difference(found, measure) for measure in MEASURES]


def difference(found: Visits, measure: str) -> Difference:
    """One measure, round by round: with the tag, less the mean of the two without."""
    tagged, plain, again = ([felt[measure] for felt in found.by_arm[arm]] for arm in ARMS)
    unit, least = MEASURES[measure]
    paired = [one - (two + three) / 2 for one, two, three in zip(tagged, plain, again, strict=True)]
    alike = [one - two for one, two in zip(plain, again, strict=True)]
    median = statistics.median([*plain, *again])
    return Difference(measure, unit, median, spread(paired), max(least, noise(alike)))


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def noise(alike: Sequence[float]) -> float:
    """What the median of as many differences of random sign stays below in 99 of 100 draws."""
    drawn = random.Random(7)
    medians = sorted(
        statistics.median(
            drawn.choice((-1, 1)) * value for value in drawn.choices(alike, k=len(alike))
        )
        for _ in range(DRAWS)
    )
    return medians[int(SURE * DRAWS)]
