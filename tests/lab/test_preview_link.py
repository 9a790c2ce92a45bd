"""A live page opened by a preview's signed link, in Chromium: all of it seen, nothing of it kept."""

import pytest
from playwright.async_api import Request, Route

from lab.house import Lab
from lab.shopper import Shopper
from saccade.domain import Arm, Mode, Preview

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SESSION = "5" * 32
"""As a `Shopper` has it."""
OWN = {"/tracker.js", "/v1/experience", "/v1/signals"}
"""What every page of the shop asks us for."""
NOTHING = {"decisions": 0, "exposures": 0, "outcomes": 0}
ORDER = "[...document.querySelector('.chapters').children].map((one) => one.className)"


async def test_a_link_shows_a_paused_campaign_on_the_live_page_and_leaves_nothing(
    lab: Lab, shopper: Shopper
) -> None:  # R88
    """Before somebody of the control, whom nothing is ever shown; then the same page without."""
    visitor = lab.visitor(Arm.CONTROL, "foreign")
    await shopper.begin(visitor)
    page, shop = shopper.page, lab.shops["foreign"].url
    calls: list[str] = []

    def noted(request: Request) -> None:
        if request.url.startswith(lab.url):
            calls.append(request.url)

    page.on("request", noted)
    figures = lab.counted()
    token = lab.preview("foreign", Preview(campaign="weekend-notice"))
    await shopper.visit(f"{shop}/?saccade_preview={token}")
    await shopper.pass_time(1)
    panel = page.get_by_role("region", name="Saccade preview")
    await panel.get_by_text("chosen weekend-notice").wait_for()
    told = await panel.inner_text()
    for part in ("Forced: campaign weekend-notice", "Why", "set_text notice", "selection ", " ms"):
        assert part in told
    shown = "This weekend: our listening rooms are open until 8 pm"
    assert await page.inner_text(".topbar p") == shown

    await page.click(".topbar p")  # a click on what is shown, seen long enough to be an exposure
    await shopper.rest_on("h1", 6)
    assert await page.inner_text(".topbar p") == shown, "no flush takes it back"
    await page.goto("about:blank")
    paths = {url.split("?")[0].removeprefix(lab.url) for url in calls}
    assert paths == {"/tracker.js", *OWN, "/overlay.js", "/v1/preview"}
    assert all(token in url for url in calls if "/tracker.js" not in url)
    assert await lab.kept() == NOTHING
    state = await lab.known(visitor, SESSION, "foreign")
    assert (state.session, state.profile, state.caps, state.standing) == (None, None, (), None)
    assert lab.counted() == figures

    calls.clear()
    await shopper.visit(shop)
    assert await page.inner_text(".topbar p") != shown
    await shopper.pass_time(3)
    assert (await lab.kept())["decisions"] > 0, "a page like any other is kept"
    assert (await lab.known(visitor, SESSION, "foreign")).session is not None
    assert lab.counted() != figures
    assert {url.split("?")[0].removeprefix(lab.url) for url in calls} == OWN
    assert await page.locator("saccade-preview").count() == 0
    assert shopper.complaints == []


async def test_a_link_shows_a_mode_view_by_view(lab: Lab, shopper: Shopper) -> None:  # R88
    """A shop that goes on without a page load, and whose first answer was too late for its page:
    each view is decided anew, and the overlay shows it."""
    await shopper.begin(lab.visitor(Arm.TREATMENT, "foreign"))
    page, token = shopper.page, lab.preview("foreign", Preview(mode=Mode.ANALYTICAL))

    async def nothing(route: Route) -> None:
        await route.fulfill(status=204, headers={"Access-Control-Allow-Origin": "*"})

    await page.route("**/v1/experience?*", nothing)
    await shopper.visit(f"{lab.shops['foreign'].url}/?saccade_preview={token}")
    await shopper.pass_time(1)
    panel = page.get_by_role("region", name="Saccade preview")
    await panel.get_by_text("Mode analytical, chosen figures-first").wait_for()
    changed = await page.evaluate(ORDER)
    assert changed[0] == "data"
    await page.evaluate("saccade.view('another')")
    assert (await page.evaluate(ORDER))[0] != "data"
    async with page.expect_response("**/v1/preview?*") as asked:
        await shopper.pass_time(1)
    assert "product=another" in (await asked.value).url
    await page.wait_for_function(f"({ORDER})[0] === 'data'")
    await panel.get_by_role("button", name="Close").click()
    assert await page.locator("saccade-preview").count() == 0
    assert shopper.complaints == []


async def test_a_link_that_is_over_says_so_and_changes_nothing(
    lab: Lab, shopper: Shopper
) -> None:  # R88
    await shopper.begin(lab.visitor(Arm.TREATMENT, "foreign"))
    token = lab.preview("foreign", Preview(mode=Mode.ANALYTICAL))
    lab.clock.ahead_s += 7_200
    await shopper.visit(f"{lab.shops['foreign'].url}/?saccade_preview={token}")
    await shopper.pass_time(3)
    assert await shopper.page.locator("saccade-preview").count() == 0
    assert (await lab.kept())["decisions"] > 0, "a visit like any other"
