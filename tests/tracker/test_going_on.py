"""Shops without page loads, the browser's own way back, several tabs, clocks that are set."""

import pytest
from playwright.async_api import BrowserContext, Page

from tracker.driving import apply, opened, pass_time
from tracker.pages import EXPERIENCE, shop
from tracker.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

GO = """([path, product]) => {
    history.pushState({ theirs: path }, "", path);
    if (product) document.querySelector("main").dataset.saccadeProduct = product;
}"""


async def test_another_address_is_another_view(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin + "/p/816324")
    own = await page.evaluate("[history.pushState, history.replaceState, onpopstate].join()")
    before = await page.evaluate("document.body.outerHTML")
    await page.click("#red")
    await apply(page, EXPERIENCE)
    first = await page.evaluate("saccade.viewId")
    await page.evaluate(GO, ["/p/2", None])  # the content comes later
    await pass_time(page, 500)
    assert await page.evaluate("document.body.outerHTML") == before
    last = next(flush for flush in stand.flushes if flush.is_beacon)
    assert (last.body["view"], last.body["variant_switches"]) == (first, 1)
    await page.evaluate(GO, ["/p/2", "2"])
    await pass_time(page, 2_500)
    second = await page.evaluate("saccade.viewId")
    assert second != first
    bodies = [flush.body for flush in stand.flushes if flush.body["view"] == second]
    assert {body.get("product_id") for body in bodies} <= {None, "2"}  # never the former one
    assert bodies[-1]["product_id"] == "2"
    await page.go_back()
    await page.go_back()
    await page.evaluate("document.querySelector('main').dataset.saccadeProduct = '816324'")
    await pass_time(page, 3_000)
    assert stand.flushes[-1].body["product_id"] == "816324"
    assert stand.known()["products_viewed"] == 2
    assert (
        await page.evaluate("[history.pushState, history.replaceState, onpopstate].join()") == own
    )
    assert await page.evaluate("history.state") is None


async def test_a_parameter_is_no_other_page(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin + "/p/816324")
    view = await page.evaluate("saccade.viewId")
    await page.evaluate("history.replaceState({ theirs: 1 }, '', '?variant=7#red')")
    await pass_time(page, 3_000)
    assert await page.evaluate("saccade.viewId") == view
    assert await page.evaluate("history.state") == {"theirs": 1}


async def test_a_product_that_is_there_late_is_the_views(stand: Stand, page: Page) -> None:
    stand.page = shop(
        stand.server, body="<main></main>", head="<script>saccade={view:'v-1'}</script>"
    )
    await opened(page, stand.origin)
    await pass_time(page, 1_000)
    await page.evaluate("document.querySelector('main').dataset.saccadeProduct = 'late'")
    await pass_time(page, 3_000)
    assert stand.flushes[-1].body["product_id"] == "late"
    assert {flush.body["view"] for flush in stand.flushes} == {"v-1"}


async def test_the_way_back_shows_the_page_as_it_was(stand: Stand, page: Page) -> None:
    await page.goto(stand.origin)
    await page.evaluate("window.kept = saccade.viewId")
    await page.click("#red")
    await page.evaluate(
        """() => {
            dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
            dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
        }"""
    )
    _, back, *_ = await stand.until("/v1/signals", 2)
    assert back.body["variant_switches"] == 1
    assert back.body["view"] == await page.evaluate("window.kept")
    assert [flush.is_beacon for flush in stand.flushes].count(True) == 1


async def test_tabs_share_a_session_and_have_views_of_their_own(
    stand: Stand, page: Page, context: BrowserContext
) -> None:
    await page.goto(stand.origin)
    other = await context.new_page()
    await other.goto(stand.origin)
    told = "[saccade.session, saccade.viewId]"
    (session, view), (same, another) = await page.evaluate(told), await other.evaluate(told)
    assert session == same
    assert view != another


@pytest.mark.parametrize("hours", [-30 * 24, -2, 30 * 24])
async def test_a_clock_that_is_set_changes_no_duration(
    stand: Stand, page: Page, hours: int
) -> None:
    await opened(page, stand.origin)
    await pass_time(page, 2_000)
    await page.evaluate(
        "ms => { const now = Date.now; Date.now = () => now() + ms }", hours * 3_600_000
    )
    await page.mouse.move(9, 9)
    await pass_time(page, 4_000)
    assert stand.known()["session_duration_ms"] <= 6_000
    assert stand.known()["session_duration_ms"] >= 2_000
