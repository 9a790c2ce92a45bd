"""From a flush sent to the page changed by its answer, on loopback, in Chromium."""

import asyncio
from collections.abc import Callable

from storefront import Storefront

PATIENCE_S = 6.0

WATCH = """
let sentAt, isAnswered, witness;
document.addEventListener("saccade:signals", () => (sentAt = performance.now()));
document.addEventListener("saccade:experience", () => {
  if (sentAt === undefined) return; // the page's first, which no flush asked for
  witness.takeRecords();
  isAnswered = true;
});
window.reacted = new Promise((done) => {
  document.addEventListener("DOMContentLoaded", () => {
    witness = new MutationObserver(() => {
      if (!isAnswered) return;
      const changed = performance.now() - sentAt;
      witness.disconnect();
      requestAnimationFrame(() => setTimeout(() => done([changed, performance.now() - sentAt])));
    });
    witness.observe(document.body, {
      attributes: true, characterData: true, childList: true, subtree: true,
    });
  });
});
"""
"""No script of the page's own changes it: the first change after an answer is the answer's."""

READING = """document.querySelector(".voices").scrollIntoView({ behavior: "instant" })"""
"""What is to be changed is off screen then, where it may be changed at once."""


async def reactions(
    storefront: Storefront, count: int, said: Callable[[str], None]
) -> list[tuple[float, float]]:
    """Of so many new shoppers: ms to the document changed, and to the frame that shows it."""
    found: list[tuple[float, float]] = []
    for number in range(1, count + 1):
        async with storefront.shopper(init=WATCH) as (_, _profile, page):
            await page.goto(storefront.url)
            await page.evaluate(READING)
            async with asyncio.timeout(PATIENCE_S):
                changed, drawn = await page.evaluate("reacted")
            found.append((changed, drawn))
        if number % 20 == 0:
            said(f"reactions: {number} of {count}")
    return found
