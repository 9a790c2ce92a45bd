"""A live page opened by a preview's signed link, in Chromium: all is seen, and nothing kept."""

import pytest
from playwright.async_api import Page, Request, Route

from lab.house import Lab
from lab.shopper import Shopper
from saccade.domain import Arm, Mode, Preview
from saccade.state import State

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SESSION = "5" * 32
"""As a `Shopper` has it."""
OWN = {"/tracker.js", "/v1/experience", "/v1/signals"}
"""What every page of the shop asks us for."""
NOTICE = "This weekend: our listening rooms are open until 8 pm"
NOTHING = {"decisions": 0, "exposures": 0, "outcomes": 0}
ORDER = "[...document.querySelector('.chapters').children].map((one) => one.className)"


def watched(page: Page, lab: Lab) -> list[str]:
    """Every address a page asks us for, from now on."""
    calls: list[str] = []

    def noted(request: Request) -> None:
        if request.url.startswith(lab.url):
            calls.append(request.url.removeprefix(lab.url))

    page.on("request", noted)
    return calls


def paths(calls: list[str]) -> set[str]:
    """Without their parameters."""
    return {url.split("?")[0] for url in calls}


async def test_a_link_shows_a_paused_campaign_on_the_live_page(
    lab: Lab, shopper: Shopper
) -> None:  # R88
    """Before somebody of the control, whom nothing is ever shown."""
    await shopper.begin(lab.visitor(Arm.CONTROL, "foreign"))
    page, calls = shopper.page, watched(shopper.page, lab)
    token = lab.preview("foreign", Preview(campaign="weekend-notice"))
    await shopper.visit(f"{lab.shops['foreign'].url}/?saccade_preview={token}")
    await shopper.pass_time(1)
    panel = page.get_by_role("region", name="Saccade preview")
    await panel.get_by_text("chosen weekend-notice").wait_for()
    told = await panel.inner_text()
    for part in ("Forced: campaign weekend-notice", "Why", "set_text notice", "selection ", " ms"):
        assert part in told
    assert await page.inner_text(".topbar p") == NOTICE
    await shopper.pass_time(6)
    assert await page.inner_text(".topbar p") == NOTICE, "no flush takes it back"
    assert paths(calls) == {*OWN, "/overlay.js", "/v1/preview"}
    assert all(token in url for url in calls if "/tracker.js" not in url)
    assert shopper.complaints == []


async def test_a_previewed_visit_leaves_nothing(lab: Lab, shopper: Shopper) -> None:  # R88
    """No state, cap, row or figure; then the same visit without the link leaves all of them."""
    visitor = lab.visitor(Arm.TREATMENT, "foreign")
    await shopper.begin(visitor)
    token = lab.preview("foreign", Preview(campaign="weekend-notice"))
    before = lab.counted()

    async def visited(address: str) -> State:
        await shopper.visit(address)
        await shopper.pass_time(1)
        await shopper.page.click(".topbar p")  # where the preview shows what it forces
        await shopper.rest_on("h1", 4)
        await shopper.page.goto("about:blank")
        return await lab.known(visitor, SESSION, "foreign")

    state = await visited(f"{lab.shops['foreign'].url}/?saccade_preview={token}")
    assert (state.session, state.profile, state.caps, state.standing) == (None, None, (), None)
    assert await lab.kept() == NOTHING
    assert lab.counted() == before

    calls = watched(shopper.page, lab)
    state = await visited(lab.shops["foreign"].url)
    assert state.session is not None
    assert (await lab.kept())["decisions"] > 0
    assert lab.counted() != before
    assert paths(calls) - {"/v1/exposures", "/v1/outcomes"} == OWN
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
