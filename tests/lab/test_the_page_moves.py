"""The page moves for one shopper: the whole demo, in real Chromium, by behaviour alone."""

import pytest
from playwright.async_api import Route

from lab.house import Lab
from lab.looks import (
    ABOUT_THE_FEAR,
    AS_MADE,
    PLAIN_CTA,
    REASSURING,
    REASSURING_CTA,
    look,
)
from lab.shopper import Shopper
from saccade.domain import Arm

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BATTERY = ".spec tr.battery"
TWO_STARS = ".review[data-rating='2']"
COMPARE = "[data-saccade-signal=compare]"


async def _visit_twice(shopper: Shopper) -> None:
    """Look in, and come back days later."""
    for _ in range(2):
        await shopper.open()
        await shopper.scroll(600)
        await shopper.pass_time(2)
        await shopper.come_back_after(days=2)


async def _look_closely(shopper: Shopper) -> None:
    """Long on the battery's row, back and forth, and the comparison opened."""
    await shopper.scroll_to(BATTERY)
    await shopper.rest_on(BATTERY, 14)
    await shopper.waver(2)
    await shopper.scroll_to("#comparison")
    await shopper.page.click(COMPARE)
    await shopper.pass_time(2)


async def _rest_until_hesitating(shopper: Shopper, selector: str) -> None:
    for _ in range(90):
        await shopper.rest_on(selector, 1)
        if shopper.answers[-1]["mode"] == "hesitating" and shopper.answers[-1]["confidence"] >= 0.6:
            return
    pytest.fail(f"90 s later still {shopper.answers[-1]}")


async def test_the_laptop_shopper_sees_the_page_answer_her_fear(
    lab: Lab, shopper: Shopper
) -> None:  # R10, R25, R27, R41, R43
    visitor = lab.visitor(Arm.TREATMENT)
    await shopper.begin(visitor)
    first_session = await shopper.token()
    await _visit_twice(shopper)
    await shopper.open()
    third_session = await shopper.token()
    assert third_session.startswith(visitor)
    assert third_session != first_session
    assert (await look(shopper.page)).blocks == AS_MADE

    await _look_closely(shopper)
    await shopper.scroll_to(TWO_STARS)
    looked_at = await shopper.top_of(TWO_STARS)
    scrolled = await shopper.page.evaluate("scrollY")
    await _rest_until_hesitating(shopper, TWO_STARS)
    experience = shopper.answers[-1]
    assert (experience["served"], experience["reason"]) == ("model", "MODEL")
    await shopper.pass_time(2)  # one flush

    # What is off screen has changed, and what she reads stands where it stood.
    seen = await look(shopper.page)
    assert seen.blocks == REASSURING
    assert seen.cta == REASSURING_CTA
    assert len(seen.reviews) == 30
    assert await shopper.top_of(TWO_STARS) == pytest.approx(looked_at, abs=1)
    assert await shopper.page.evaluate("scrollY") != scrolled  # the page was scrolled along

    # The reviews she reads wait until she has left them.
    await shopper.waver(1)
    assert len((await look(shopper.page)).reviews) == 30
    await shopper.scroll_to(".buy")
    assert (await look(shopper.page)).reviews == ABOUT_THE_FEAR
    assert sum(await shopper.watched("shifts")) == 0

    await _next_page_is_drawn_changed(shopper)
    record = await lab.journaled(experience["decision_id"])
    assert (record["chosen"], record["arm"]) == ("laptop-battery-fear", "treatment")
    assert shopper.complaints == []


async def _next_page_is_drawn_changed(shopper: Shopper) -> None:
    """The platform's product carries the experience, and nobody sees the page without it."""
    async with shopper.page.expect_response("**/occ/v2/**/products/816324?*") as answer:
        await shopper.open()
    product = await (await answer.value).json()
    assert product["saccade"]["mode"] == "hesitating"
    assert product["saccade"]["served"] == "model"
    assert await shopper.watched("firstDrawn") == ["battery-guarantee", REASSURING_CTA]
    seen = await look(shopper.page)
    assert (seen.blocks, seen.reviews) == (REASSURING, ABOUT_THE_FEAR)


async def test_from_sent_to_applied(shopper: Shopper, lab: Lab) -> None:  # R25
    await shopper.begin(lab.visitor(Arm.TREATMENT))
    await shopper.open()
    await shopper.scroll_to(BATTERY)
    await shopper.rest_on(BATTERY, 12)  # enough to be taken for analytical
    took_ms = (await shopper.watched("applied"))[0]
    print(f"flush sent to change applied: {took_ms:.1f} ms")
    assert took_ms < 1_000
