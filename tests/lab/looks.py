"""What a product page looks like, as somebody before it sees it."""

from dataclasses import dataclass

from playwright.async_api import Page

_READ = """() => {
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.offsetParent);
  return {
    blocks: seen(".blocks > *").map((block) => block.id),
    reviews: seen(".review").map(({ dataset }) => `${dataset.topic} ${dataset.verified}`),
    configurations: seen(".configuration").length,
    cta: document.querySelector(".buy").innerText,
  };
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """The order of blocks, topic and purchase of each review, choices, the call to action."""

    blocks: list[str]
    reviews: list[str]
    configurations: int
    cta: str


async def look(page: Page) -> Look:
    """What can be seen, by scrolling, now."""
    return Look(**await page.evaluate(_READ))


AS_MADE = [
    "specifications",
    "configurations",
    "comparison",
    "reviews",
    "battery-guarantee",
    "delivery",
]
REASSURING = ["battery-guarantee", "specifications", "configurations", "reviews", "delivery"]
ABOUT_THE_FEAR = ["battery true"] * 5
PLAIN_CTA = "Add to cart"
REASSURING_CTA = "Add to cart — 30-day battery guarantee"
