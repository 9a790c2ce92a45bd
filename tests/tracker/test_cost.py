"""What the tag costs a busy page's main thread, printed."""

import statistics

import pytest
from playwright.async_api import Browser

from tracker.cost import THROTTLE, cost
from tracker.stand import Stand

pytestmark = [
    pytest.mark.browser,
    pytest.mark.full,
    pytest.mark.asyncio(loop_scope="session"),
]

MOST_MS = 20
ROUNDS = 3


async def test_the_main_thread_is_the_pages(stand: Stand, browser: Browser) -> None:
    ours = [(await cost(stand, browser, tagged=True))[0] for _ in range(ROUNDS)]
    spent = statistics.median(ours)
    print(f"tracker: {spent:.1f} ms a second at {THROTTLE} x throttle, heavy input")  # noqa: T201 - the figure asked for
    assert spent <= MOST_MS
