"""Tokens the page is given by ``/v1/consent`` or ``/v1/identify``, and goes on under (R45, R60)."""

import pytest
from playwright.async_api import BrowserContext, Page

from tracker.driving import opened, pass_time
from tracker.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FIRST, SECOND = (f"{'a' * 32}.{session * 32}.{'c' * 32}" for session in "bd")
SIGNED = 'window.__SACCADE__={"signed":true};\n'
SIGNED_OPT_IN = 'window.__SACCADE__={"signed":true,"consent":"required"};\n'


@pytest.mark.parametrize(
    "said",
    [
        "token => { saccade.session = token; saccade.consent(true); }",
        "token => { saccade.consent(true); saccade.session = token; }",
        "token => { document.cookie = `saccade_session=${token}`; saccade.consent(true); }",
    ],
    ids=["token first", "consent first", "as a cookie"],
)
async def test_a_signed_opt_in_site_goes_by_the_receipts_token(
    stand: Stand, page: Page, said: str
) -> None:  # R60
    """In either order; the server is asked for no other, and before the yes nothing is stored."""
    stand.prefix = SIGNED_OPT_IN
    await opened(page, stand.origin)
    await page.click("#compare")
    await pass_time(page, 1_000)
    assert await page.evaluate("[document.cookie, localStorage.length]") == ["", 0]
    await page.evaluate(said, FIRST)
    await pass_time(page, 3_000)
    assert {flush.body["session_id"] for flush in stand.flushes} == {FIRST}
    assert stand.all("/v1/session") == []
    assert await page.evaluate("[saccade.session, document.cookie]") == [
        FIRST,
        f"saccade_session={FIRST}",
    ]


async def test_a_token_without_consent_is_kept_nowhere(
    stand: Stand, page: Page, context: BrowserContext
) -> None:  # R60
    stand.prefix = SIGNED_OPT_IN
    await opened(page, stand.origin)
    await page.evaluate("token => { saccade.session = token }", FIRST)
    await pass_time(page, 3_000)
    assert [seen.path for seen in stand.seen] == ["/tracker.js"]
    assert await context.cookies() == []
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0


async def test_a_login_without_a_page_load_goes_on_under_its_token(
    stand: Stand, page: Page, context: BrowserContext
) -> None:  # R45
    """One view, one session of this browser; all is told anew, in the other tab's flushes too."""
    stand.prefix, stand.tokens = SIGNED, [FIRST]
    await opened(page, stand.origin)
    await page.click("#compare")
    await pass_time(page, 5_000)
    assert {flush.body["session_id"] for flush in stand.flushes} == {FIRST}
    view = await page.evaluate("saccade.viewId")
    stand.seen.clear()
    await page.evaluate("token => { saccade.session = token }", SECOND)
    await pass_time(page, 1_000)
    (flush,) = stand.flushes
    assert (flush.body["session_id"], flush.body["view"]) == (SECOND, view)
    assert flush.body["compare_tool_opened"] is True
    assert flush.body["visit_count"] == 1
    other = await context.new_page()
    await opened(other, stand.origin)
    await pass_time(other, 1_000)
    await pass_time(page, 3_000)
    assert {flush.body["session_id"] for flush in stand.flushes} == {SECOND}
    assert stand.all("/v1/session") == []
    assert f"saccade_session={SECOND}" in await page.evaluate("document.cookie")


async def test_a_token_that_comes_late_is_gone_by_at_once(stand: Stand, page: Page) -> None:
    """The server was asked, and had none: the pause that made is over."""
    stand.prefix = SIGNED
    await opened(page, stand.origin)
    await page.click("#compare")
    await pass_time(page, 12_000)
    assert stand.all("/v1/session")
    assert stand.flushes == []
    await page.evaluate("token => { saccade.session = token }", FIRST)
    await pass_time(page, 1_000)
    (flush,) = stand.flushes
    assert flush.body["session_id"] == FIRST
