"""A page that a preview's link opened, and one that none did (R88)."""

import pytest
from playwright.async_api import Page

from tracker.driving import opened, pass_time
from tracker.pages import experience, shop
from tracker.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LINK = "WyJsYWIiXQ.0123456789abcdef"


async def test_every_call_of_a_previewed_page_says_so_and_the_overlay_is_asked_for(
    stand: Stand, page: Page
) -> None:  # R88
    stand.page = shop(stand.server, "data-experience=fetch")
    stand.first = {**experience({"op": "hide", "slot": "cta"}), "decision_id": None}
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await opened(page, f"{stand.origin}/p?a=1&saccade_preview={LINK}&b=2")
    await page.click("#compare")
    await pass_time(page, 3_000)
    await page.goto("about:blank")
    await stand.until("/overlay.js")
    asked = [seen for seen in stand.seen if seen.path != "/tracker.js"]
    paths = {seen.path for seen in asked}
    assert paths == {"/overlay.js", "/v1/experience", "/v1/signals"}, "no exposure of no decision"
    assert {seen.query["saccade_preview"] for seen in asked} == {LINK}
    assert {seen.query["site"] for seen in asked} == {"demo-key"}
    assert errors == [], "the overlay had no script in it"


@pytest.mark.parametrize("search", ["", "?saccade_preview=", "?other=saccade"])
async def test_any_other_page_loads_nothing_more(stand: Stand, page: Page, search: str) -> None:
    await opened(page, f"{stand.origin}/p{search}")
    await pass_time(page, 3_000)
    assert {seen.path for seen in stand.seen} == {"/tracker.js", "/v1/signals"}
    assert not any("saccade_preview" in seen.query for seen in stand.seen)


POLICIES = (
    "script-src 'nonce-abc'",
    "script-src 'nonce-abc' 'strict-dynamic'",
    "script-src {server}; require-trusted-types-for 'script'; trusted-types 'none'",
)


@pytest.mark.parametrize("policy", POLICIES)
async def test_no_more_of_a_policy_is_needed_than_for_the_tag(
    stand: Stand, page: Page, policy: str
) -> None:  # R88, F37
    stand.page_headers["Content-Security-Policy"] = policy.format(server=stand.server)
    stand.page = stand.page.replace("<script", "<script nonce=abc")
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    await page.goto(f"{stand.origin}/p?saccade_preview={LINK}")
    await stand.until("/overlay.js")
    await stand.until("/v1/signals")
    assert not [each for each in problems if "Content Security Policy" in each], problems
    assert not [each for each in problems if "Trusted" in each], problems
