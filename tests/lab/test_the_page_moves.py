"""The page moves for one shopper: the whole demo, in real Chromium, by behaviour alone."""

import pytest
from playwright.async_api import Route, expect

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


async def test_the_laptop_shopper_sees_the_page_answer_her_fear(
    lab: Lab, shopper: Shopper
) -> None:  # R10, R25, R27, R41, R43
    await shopper.begin(lab.visitor(Arm.TREATMENT))
    await _visit_twice(shopper)
    await shopper.open()
    assert (await look(shopper.page)).blocks == AS_MADE
    await _look_closely(shopper)
    await shopper.scroll_to(TWO_STARS)
    looked_at = await shopper.top_of(TWO_STARS)
    scrolled = await shopper.page.evaluate("scrollY")
    await shopper.rest_until("hesitating", TWO_STARS)
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
    await shopper.rest_on(TWO_STARS, 30)
    await shopper.waver(1)
    assert len((await look(shopper.page)).reviews) == 30
    await shopper.scroll_to(".buy")
    assert (await look(shopper.page)).reviews == ABOUT_THE_FEAR
    assert await shopper.watched("shifts") == []

    await _next_page_is_drawn_changed(shopper)
    record = await lab.journaled(experience["decision_id"])
    assert (record["chosen"], record["arm"]) == ("laptop-battery-fear", "treatment")
    assert shopper.complaints == []


@pytest.mark.full
async def test_days_later_is_another_session_of_the_same_visitor(
    lab: Lab, shopper: Shopper
) -> None:  # R43
    visitor = lab.visitor(Arm.TREATMENT)
    await shopper.begin(visitor)
    tokens = [await shopper.token()]
    for _ in range(2):
        await shopper.open()
        await shopper.pass_time(1)
        await shopper.come_back_after(days=2)
        await shopper.open()
        tokens.append(await shopper.token())
    assert {token.split(".")[0] for token in tokens} == {visitor}
    assert len(set(tokens)) == 3


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


@pytest.mark.full
async def test_what_is_on_screen_changes_once_it_has_left(
    lab: Lab, shopper: Shopper
) -> None:  # R8: she reads in a tunnel, and looks at the call to action when the network is back
    await shopper.begin(lab.visitor(Arm.TREATMENT))
    await _visit_twice(shopper)
    await shopper.open()
    await shopper.pass_time(1)
    await shopper.context.set_offline(True)
    await shopper.scroll_to(TWO_STARS)
    await shopper.rest_on(TWO_STARS, 45)
    await shopper.scroll_to(".buy")
    assert (await look(shopper.page)).blocks == AS_MADE
    looked_at = await shopper.top_of(".buy")

    await shopper.context.set_offline(False)
    await shopper.rest_until("hesitating", ".buy")
    await shopper.pass_time(2)
    seen = await look(shopper.page)
    assert (seen.blocks, seen.reviews) == (REASSURING, ABOUT_THE_FEAR)
    assert seen.cta == PLAIN_CTA
    assert await shopper.top_of(".buy") == looked_at

    await shopper.scroll(-200)
    assert (await look(shopper.page)).cta == PLAIN_CTA
    for _ in range(3):
        await shopper.scroll(500)
    assert (await look(shopper.page)).cta == REASSURING_CTA
    assert await shopper.watched("shifts") == []


async def test_the_page_of_a_held_out_visitor_never_changes(
    lab: Lab, shopper: Shopper
) -> None:  # R54
    visitor = lab.visitor(Arm.CONTROL)
    await shopper.begin(visitor)
    await _visit_twice(shopper)
    await shopper.open()
    await _look_closely(shopper)
    await shopper.scroll_to(TWO_STARS)
    await shopper.rest_until("hesitating", TWO_STARS)
    await shopper.scroll_to(".buy")
    await shopper.pass_time(2)
    experience = shopper.answers[-1]
    assert (experience["served"], experience["reason"]) == ("default", "HOLDOUT")
    assert experience["instructions"] == []
    assert await shopper.watched("touched") == []
    seen = await look(shopper.page)
    assert (seen.blocks, seen.cta, len(seen.reviews)) == (AS_MADE, PLAIN_CTA, 30)

    record = await lab.journaled(experience["decision_id"])
    assert (record["chosen"], record["arm"]) == ("laptop-battery-fear", "control")
    assert record["request"]["identity"]["visitor"] == visitor

    await shopper.open()
    assert await shopper.watched("firstDrawn") == ["specifications", PLAIN_CTA]
    assert (await look(shopper.page)).blocks == AS_MADE


@pytest.mark.full
async def test_an_analytical_shopper_gets_the_facts_first(
    lab: Lab, shopper: Shopper
) -> None:  # R41
    await shopper.begin(lab.visitor(Arm.TREATMENT))
    await shopper.open()
    await shopper.scroll_to(BATTERY, at=60)
    looked_at = await shopper.top_of(BATTERY)
    await shopper.rest_until("analytical", BATTERY)
    # The comparison stands before the specifications she looks at, which stay where they are.
    assert (await look(shopper.page)).blocks[:2] == ["comparison", "specifications"]
    assert await shopper.top_of(BATTERY) == pytest.approx(looked_at, abs=1)

    took_ms = (await shopper.watched("applied"))[0]
    print(f"flush sent to change applied: {took_ms:.1f} ms")  # noqa: T201 - a figure to be read with -s
    assert took_ms < 1_000  # R25 wants 100 ms; a busy machine is no failure

    await shopper.rest_on(BATTERY, 20)
    await shopper.scroll_to(COMPARE)
    await shopper.page.click(COMPARE)
    await shopper.pass_time(2)
    await shopper.scroll_to(".buy")
    assert (await look(shopper.page)).blocks[:2] == ["comparison", "specifications"]
    assert await shopper.watched("shifts") == []
    await shopper.open()
    seen = await look(shopper.page)
    assert seen.blocks[:3] == ["comparison", "specifications", "configurations"]
    assert seen.cta == "Add to cart — every figure is above"


@pytest.mark.full
async def test_an_overwhelmed_shopper_gets_three_to_choose_from(
    lab: Lab, shopper: Shopper
) -> None:  # R41
    await shopper.begin(lab.visitor(Arm.TREATMENT))
    for product in ("816325", "816331", "816340"):
        await shopper.open(product)
        await shopper.pass_time(2)
    await shopper.open()
    for colour in ("sand", "silver", "midnight"):
        await shopper.page.click(f".swatch.{colour}")
        await shopper.pass_time(0.5)
    await shopper.waver(3, way=-600)
    await shopper.scroll(600)
    await shopper.scroll(600)
    assert shopper.answers[-1]["mode"] == "overwhelmed"
    seen = await look(shopper.page)
    assert (seen.configurations, seen.blocks[0]) == (3, "configurations")
    assert "comparison" not in seen.blocks
    assert seen.cta == "Add to cart — our most chosen one"
    assert await shopper.watched("shifts") == []


async def test_a_server_that_stops_leaves_the_page_as_it_is(
    lab: Lab, shopper: Shopper
) -> None:  # R24, R27
    await shopper.begin(lab.visitor(Arm.TREATMENT))
    await shopper.open()
    await shopper.scroll_to(BATTERY, at=60)
    await shopper.rest_until("analytical", BATTERY)
    await shopper.pass_time(2)
    changed = await look(shopper.page)
    assert changed.blocks != AS_MADE
    await lab.stop()
    await shopper.rest_on(BATTERY, 20)
    assert await look(shopper.page) == changed

    page = shopper.page
    await page.click(".swatch.sand")
    await expect(page.locator(".buy-price")).to_have_text("$1,329.00")
    await page.click(".chip:has-text('Battery')")
    assert {topic.split()[0] for topic in (await look(page)).reviews} == {"battery"}
    await page.click(".buy")
    await page.wait_for_selector("text=The cart is not answering")  # the platform is behind it
    await page.click("#cart-button")
    await page.wait_for_selector("text=Nothing in it yet")
    assert await shopper.watched("shifts") == []
    _only_failed_requests(shopper)


async def test_a_page_opened_without_the_server_is_whole(
    lab: Lab, shopper: Shopper
) -> None:  # R27: the shop's own files and its platform answer, nothing of ours does
    async def refuse(route: Route) -> None:
        await route.abort("connectionrefused")

    await shopper.context.route("**/tracker.js*", refuse)
    await shopper.context.route("**/v1/**", refuse)
    await shopper.begin(lab.visitor(Arm.TREATMENT))
    await shopper.open()
    seen = await look(shopper.page)
    assert (seen.blocks, seen.cta) == (AS_MADE, PLAIN_CTA)
    assert (len(seen.reviews), seen.configurations) == (30, 48)

    page = shopper.page
    await page.click(".buy")
    await page.wait_for_selector(".drawer-line")
    await expect(page.locator("#cart-count")).to_have_text("1")
    _only_failed_requests(shopper)


def _only_failed_requests(shopper: Shopper) -> None:
    assert shopper.complaints
    assert [c for c in shopper.complaints if "Failed to load resource" not in c] == []
