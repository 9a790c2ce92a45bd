"""Who a browser is: one cookie, one record, sessions of an hour, and nothing without consent."""

import re

import pytest
from playwright.async_api import BrowserContext, Page, Route

from tracker.driving import opened, pass_time
from tracker.pages import shop
from tracker.stand import TRACKER, Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TOKEN = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{32}\Z")
DAY_S = 86_400
MINUTE_MS = 60_000


async def session_of(page: Page) -> str:
    """As the page sees it."""
    found: str = await page.evaluate("saccade.session")
    return found


async def test_one_first_party_cookie_names_visitor_and_session(
    stand: Stand, page: Page, context: BrowserContext
) -> None:
    await page.goto(stand.origin)
    (cookie,) = await context.cookies()
    assert cookie.get("name") == "saccade_session"
    assert TOKEN.match(cookie.get("value", ""))
    assert (cookie.get("sameSite"), cookie.get("path")) == ("Lax", "/")
    assert not cookie.get("secure")  # a page without TLS could not keep it
    lasts = cookie.get("expires", 0) - await page.evaluate("Date.now() / 1000")
    assert lasts == pytest.approx(180 * DAY_S, abs=60)
    assert await session_of(page) == cookie.get("value")
    (flush,) = await stand.until("/v1/signals")
    assert flush.body["session_id"] == cookie.get("value")
    assert re.fullmatch(r"[0-9a-f]{16}", flush.body["view"])


async def test_a_session_lasts_from_page_to_page_and_ends_after_an_idle_hour(  # R43
    stand: Stand, page: Page
) -> None:
    await opened(page, stand.origin)
    await page.click("#compare")
    await pass_time(page, 1_000)
    first = await session_of(page)
    stand.page = shop(stand.server, 'data-product="other"')
    await page.goto(stand.origin + "/other")
    await pass_time(page, 1_000)
    assert await session_of(page) == first
    known = await stand.until_known(products_viewed=2, compare_tool_opened=True, visit_count=1)
    assert known["session_duration_ms"] >= 1_000
    await page.clock.fast_forward(59 * MINUTE_MS)
    await page.mouse.move(5, 5)
    await pass_time(page, 500)
    assert await session_of(page) == first
    await page.clock.fast_forward(61 * MINUTE_MS)
    await pass_time(page, 500)
    assert await session_of(page) == first  # an idle page begins nothing
    await page.mouse.move(9, 9)
    await pass_time(page, 1_000)
    second = await session_of(page)
    assert second.split(".")[0] == first.split(".")[0]
    assert second != first
    await stand.until_known(visit_count=2, products_viewed=1, compare_tool_opened=False)


async def test_an_idle_page_stops_when_its_session_ends(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await pass_time(page, 1_000)
    await page.clock.fast_forward(61 * MINUTE_MS)
    before = len(stand.flushes)
    await pass_time(page, 6_000)
    assert len(stand.flushes) == before


async def test_a_session_somebody_else_named_goes_on(
    stand: Stand, page: Page, context: BrowserContext
) -> None:
    token = f"{'a' * 32}.{'b' * 32}.{'c' * 32}"  # signed by a server
    await context.add_cookies([{"name": "saccade_session", "value": token, "url": stand.origin}])
    await page.goto(stand.origin)
    assert await session_of(page) == token


async def test_the_cookie_of_a_page_with_tls_is_sent_over_tls_alone(
    page: Page, context: BrowserContext
) -> None:
    async def answer(route: Route) -> None:
        if route.request.url.endswith("/"):
            page = shop("https://shop.test")
            await route.fulfill(body=page, content_type="text/html")
        elif "/tracker.js" in route.request.url:
            await route.fulfill(path=TRACKER, content_type="text/javascript")
        else:
            await route.fulfill(status=204)

    await page.route("https://shop.test/**", answer)
    await page.goto("https://shop.test/")
    (cookie,) = await context.cookies()
    assert cookie.get("secure")


async def test_a_site_that_signs_gives_each_session_its_token(stand: Stand, page: Page) -> None:
    """Nothing is said before it is there; the visitor's next session is asked for by the last."""
    first, second = (f"{'a' * 32}.{session * 32}.{'c' * 32}" for session in "bd")
    stand.prefix = 'window.__SACCADE__={"signed":true};\n'
    await opened(page, stand.origin)
    await page.click("#compare")
    await pass_time(page, 3_000)
    asked = stand.all("/v1/session")
    assert asked
    assert {seen.body["session_id"] for seen in asked} == {""}
    assert stand.flushes == []
    view = await page.evaluate("saccade.viewId")
    stand.tokens = [first]
    await pass_time(page, 10_000)
    assert {flush.body["session_id"] for flush in stand.flushes} == {first}
    assert stand.known()["compare_tool_opened"], "what was done before is told"
    assert await page.evaluate("[saccade.session, saccade.viewId]") == [first, view]
    assert f"saccade_session={first}" in await page.evaluate("document.cookie")
    before = len(stand.all("/v1/session"))
    await page.reload()
    await pass_time(page, 3_000)
    assert len(stand.all("/v1/session")) == before, "a page load goes on under the token"
    stand.tokens = [second]
    stand.seen.clear()
    await page.clock.fast_forward(61 * MINUTE_MS)
    await page.mouse.move(9, 9)
    await pass_time(page, 3_000)
    (again,) = stand.all("/v1/session")
    assert again.body["session_id"] == first
    assert {flush.body["session_id"] for flush in stand.flushes} == {second}
    assert stand.known()["visit_count"] == 2


async def test_two_tabs_are_one_session(stand: Stand, page: Page, context: BrowserContext) -> None:
    await page.goto(stand.origin)
    other = await context.new_page()
    stand.page = shop(stand.server, 'data-product="other"')
    await other.goto(stand.origin)
    assert await session_of(other) == await session_of(page)
    await other.click("#compare")
    await page.click("#cta")
    await stand.until_known(products_viewed=2, compare_tool_opened=True, add_to_cart_clicked=True)


async def test_blocked_storage_is_replaced_by_the_pages_memory(stand: Stand, page: Page) -> None:
    await page.add_init_script(
        """for (const [owner, name] of [[window, "localStorage"], [document, "cookie"]])
            Object.defineProperty(owner, name, { get() { throw new Error("blocked") } });"""
    )
    await opened(page, stand.origin)
    await page.click("#compare")
    await pass_time(page, 6_000)
    await stand.until_known(compare_tool_opened=True, products_viewed=1, visit_count=1)
    assert len({flush.body["session_id"] for flush in stand.flushes}) == 1


async def test_a_broken_record_is_begun_anew(stand: Stand, page: Page) -> None:
    await page.goto(stand.origin)
    for kept in ("null", "7", "{}", '{"seen":1}', "{broken"):
        stand.seen.clear()
        await page.evaluate("kept => (localStorage.saccade = kept)", kept)
        await page.reload()  # the last word of the page before counts as much as the new page's
        await stand.until("/v1/signals")
        assert await page.evaluate("JSON.parse(localStorage.saccade).n") == 1
        assert await page.evaluate("JSON.parse(localStorage.saccade).s") == ["816324"]


@pytest.mark.parametrize("asks", ["tag", "tenant"])
async def test_nothing_is_stored_or_sent_before_consent_or_after_its_end(  # R60
    stand: Stand, page: Page, context: BrowserContext, asks: str
) -> None:
    if asks == "tag":
        stand.page = shop(stand.server, "data-consent=required data-experience=fetch")
    else:
        stand.prefix = 'window.__SACCADE__={"consent":"required"};\n'
    await opened(page, stand.origin)
    await page.click("#compare")
    await page.click("#cta")
    await pass_time(page, 3_000)
    assert [seen.path for seen in stand.seen] == ["/tracker.js"]
    assert await context.cookies() == []
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    await page.evaluate("saccade.consent(true)")
    await pass_time(page, 1_000)
    await stand.until_known(visit_count=1, compare_tool_opened=False)
    await page.evaluate("saccade.consent(false)")
    sent = len(stand.seen)
    await pass_time(page, 5_000)
    await page.goto("about:blank")
    assert len(stand.seen) == sent
    await page.goto(stand.origin)
    assert await context.cookies() == []
    assert await page.evaluate("localStorage.length") == 0


async def test_a_pages_no_is_heard_while_it_is_open(stand: Stand, page: Page) -> None:  # R60
    await opened(page, stand.origin)
    await pass_time(page, 1_000)
    await page.evaluate("window.saccadeConsent = false")
    await pass_time(page, 500)
    sent = len(stand.seen)
    await pass_time(page, 5_000)
    assert len(stand.seen) == sent
    assert await session_of(page) is None
