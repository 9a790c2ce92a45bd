"""It was really shown, and what followed: told once a decision and slot."""

import pytest
from playwright.async_api import Page

from tracker.driving import apply, opened, pass_time
from tracker.pages import EXPERIENCE, experience
from tracker.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_touched_slot_half_visible_for_half_a_second_is_exposed(
    stand: Stand, page: Page
) -> None:
    await opened(page, stand.origin)
    await apply(page, EXPERIENCE)
    await page.clock.run_for(400)
    assert stand.all("/v1/exposures") == []
    await pass_time(page, 1_000)
    (seen,) = await stand.until("/v1/exposures")
    session = await page.evaluate("saccade.session")
    assert seen.body == {
        "session_id": session,
        "decision_id": "decision-0001",
        "slots": ["battery-guarantee", "cta"],
    }
    await page.evaluate("document.querySelector('#reviews').scrollIntoView()")
    await pass_time(page, 1_500)
    assert (await stand.until("/v1/exposures", 2))[1].body["slots"] == ["reviews"]
    await page.evaluate("scrollTo(0, 0)")
    await pass_time(page, 3_000)
    assert len(stand.all("/v1/exposures")) == 2  # once a slot; a hidden slot is never seen
    other = experience({"op": "set_text", "slot": "cta", "text": "Buy"})
    await apply(page, other)
    await pass_time(page, 1_500)
    third = (await stand.until("/v1/exposures", 3))[2].body
    assert (third["decision_id"], third["slots"]) == ("decision-0002", ["cta"])


async def test_a_glance_is_no_exposure(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await apply(page, experience({"op": "show", "slot": "reviews"}))
    for top in (2_700, 0, 2_700, 0):
        await page.evaluate("top => scrollTo(0, top)", top)
        await page.clock.run_for(400)
    await pass_time(page, 1_000)
    assert stand.all("/v1/exposures") == []


async def test_a_click_on_a_touched_slot_is_told_once(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await page.click("#cta")
    await apply(page, EXPERIENCE)
    await page.click("#red")
    assert stand.all("/v1/outcomes") == []
    await page.click("#cta span")
    await page.click("#cta")
    (seen,) = await stand.until("/v1/outcomes")
    assert seen.body["kind"] == "clicked"
    assert seen.body["decision_id"] == "decision-0001"
    await pass_time(page, 1_000)
    assert len(stand.all("/v1/outcomes")) == 1


async def test_without_a_decision_nothing_is_exposed(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await apply(page, {**EXPERIENCE, "decision_id": None})
    await page.click("#cta")
    await pass_time(page, 2_000)
    assert stand.all("/v1/exposures") == stand.all("/v1/outcomes") == []
