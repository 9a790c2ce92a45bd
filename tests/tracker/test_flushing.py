"""When signals go out, what they carry, and what a failing server does to it (R3, R4)."""

import pytest
from playwright.async_api import BrowserContext, Page

from tracker.driving import hide, opened, pass_time, show
from tracker.pages import SITE
from tracker.stand import Mood, Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_ten_seconds_are_five_flushes_and_one_last_beacon(  # R3
    stand: Stand, page: Page
) -> None:
    await opened(page, stand.origin)
    await pass_time(page, 10_000)
    before = len(stand.flushes)
    assert 4 <= before <= 6
    assert not any(flush.is_beacon for flush in stand.flushes)
    await page.goto("about:blank")
    last = (await stand.until("/v1/signals", before + 1))[-1]
    assert last.is_beacon
    assert last.body["session_duration_ms"] >= 10_000
    await page.wait_for_timeout(200)
    assert len(stand.flushes) == before + 1


async def test_a_closed_tab_says_its_last_word(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await page.click("#red")
    await page.close(run_before_unload=True)
    (last,) = await stand.until("/v1/signals")
    assert last.is_beacon
    assert last.body["variant_switches"] == 1


async def test_the_last_word_knows_how_far_the_page_was_read(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await pass_time(page, 1_000)
    await page.evaluate("scrollTo({ top: 1e6, behavior: 'instant' })")  # no time passes after it
    await page.goto("about:blank")
    first, last = await stand.until("/v1/signals", 2)
    assert first.body["max_scroll_depth_pct"] < 50
    assert last.body["max_scroll_depth_pct"] == 100


async def test_a_hidden_page_is_silent_and_tells_all_when_it_is_back(
    stand: Stand, page: Page
) -> None:
    await opened(page, stand.origin)
    await page.click("#red")
    await pass_time(page, 1_000)
    await hide(page)
    await stand.until("/v1/signals", 2)
    assert stand.flushes[-1].is_beacon
    await pass_time(page, 20_000)
    assert len(stand.flushes) == 2
    await show(page)
    await pass_time(page, 1_000)
    back = (await stand.until("/v1/signals", 3))[-1]
    assert back.body["variant_switches"] == 1  # another tab may have spoken meanwhile


async def test_every_request_is_simple_and_carries_no_credentials(  # R4
    stand: Stand, page: Page, context: BrowserContext
) -> None:
    await context.add_cookies([{"name": "theirs", "value": "1", "url": stand.server}])
    await opened(page, stand.origin)
    await pass_time(page, 3_000)
    await page.goto("about:blank")
    sent = await stand.until("/v1/signals", 3)
    assert {request.method for request in stand.seen} == {"GET", "POST"}
    for request in sent:
        assert request.headers["Content-Type"].startswith("text/plain")
        assert request.query["site"] == SITE
        assert request.headers["Origin"] == stand.origin
    assert not any("Cookie" in request.headers for request in sent if not request.is_beacon)


async def test_only_what_changed_is_sent(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await pass_time(page, 1_000)
    await page.click("#compare")  # told at once
    await pass_time(page, 500)
    first, second = await stand.until("/v1/signals", 2)
    assert first.body["compare_tool_opened"] is False
    head = {"session_id", "product_id", "view", "events"}
    assert second.body["compare_tool_opened"] is True
    assert second.body.keys() - head <= {
        *("compare_tool_opened", "session_duration_ms", "max_scroll_depth_pct"),
        *("scroll_reversals", "scroll_speed_px_sec"),
    }
    await pass_time(page, 4_000)
    last = (await stand.until("/v1/signals", 4))[-1]
    assert last.body.keys() == {"session_id", "product_id", "view", "session_duration_ms"}


async def test_commerce_is_told_at_once(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await page.click("#cta")  # no time passes
    (flush,) = await stand.until("/v1/signals")
    assert flush.body["add_to_cart_clicked"] is True
    assert flush.body["checkout_clicked"] is False
    await page.click("#go")
    await stand.until("/v1/signals", 2)
    assert stand.flushes[1].body["checkout_clicked"] is True


async def test_what_a_failing_server_missed_is_sent_again_ever_more_slowly(
    stand: Stand, page: Page
) -> None:
    stand.mood = Mood.ERROR
    await opened(page, stand.origin)
    await page.click("#red")
    await pass_time(page, 30_000)
    # at 0.5 s, then after pauses of 4, 8 and 16 s
    assert len(stand.flushes) == 4
    stand.mood = Mood.WELL
    await pass_time(page, 34_000)
    recovered = stand.flushes[4]
    assert recovered.body["variant_switches"] == 1
    assert all("variant_switches" not in flush.body for flush in stand.flushes[5:])
    assert len(stand.flushes) >= 6  # every 2 s again


async def test_one_flush_is_under_way_at_a_time(stand: Stand, page: Page) -> None:
    stand.mood = Mood.SILENT
    await opened(page, stand.origin)
    await pass_time(page, 1_000, answered=False)
    await stand.until("/v1/signals")
    await page.click("#cta")
    await page.click("#go")
    await pass_time(page, 1_000, answered=False)
    assert len(stand.flushes) == 1
    stand.mood = Mood.WELL
    await pass_time(page, 1_500, answered=False)  # it gives up after 2 s,
    await pass_time(page, 5_000)  # pauses for 4, and tells what happened meanwhile
    again = (await stand.until("/v1/signals", 2))[1]
    assert again.body["add_to_cart_clicked"] is True


async def test_a_dead_server_leaves_the_page_untouched(stand: Stand, page: Page) -> None:  # R8, R27
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await opened(page, stand.origin)
    before = await page.evaluate("document.body.outerHTML")
    for mood in (Mood.ERROR, Mood.CUT, Mood.SILENT):
        stand.mood = mood
        sent = len(stand.flushes)
        await page.click("#cta")
        await pass_time(page, 6_000, answered=mood is not Mood.SILENT)
        assert len(stand.flushes) > sent, mood
    assert await page.evaluate("document.body.outerHTML") == before
    assert errors == []


async def test_without_send_beacon_the_last_word_is_a_fetch(
    stand: Stand, page: Page
) -> None:  # F37
    await page.add_init_script("delete Navigator.prototype.sendBeacon")
    await opened(page, stand.origin)
    await page.goto("about:blank")
    (last,) = await stand.until("/v1/signals")
    assert not last.is_beacon


async def test_how_the_shopper_came_is_told_with_the_landing(
    stand: Stand, page: Page
) -> None:  # R7
    asked = "?utm_source=mail&utm_campaign=a%26b&ref=private"
    await opened(page, stand.origin + "/p" + asked)
    await pass_time(page, 3_000)
    first, second = (await stand.until("/v1/signals", 2))[:2]
    assert first.query["utm_source"] == "mail"
    assert first.query["utm_campaign"] == "a&b"
    assert "ref" not in first.query
    assert first.query["tz"] == await page.evaluate("`${new Date().getTimezoneOffset()}`")
    assert first.body["session_duration_ms"] <= 2_000
    assert set(second.query) == {"site", "html_lang"}


async def test_the_documents_language_is_told_as_it_is_then(
    stand: Stand, page: Page
) -> None:  # R90
    stand.page = stand.page.replace("<html>", "<html lang=de-AT>")
    await opened(page, stand.origin)
    await pass_time(page, 1_000)
    await page.evaluate("document.documentElement.lang = 'en'")
    await page.click("#cta")
    flushes = await stand.until("/v1/signals", 2)
    assert [flush.query["html_lang"] for flush in flushes] == ["de-AT", "en"]


async def test_of_the_referrer_only_the_host_is_told(stand: Stand, page: Page) -> None:  # R7
    await page.goto(stand.origin + "/from/someone")
    await page.evaluate("location.href = '/to'")
    await page.wait_for_url("**/to")
    landing = (await stand.until("/v1/signals", 2))[-1]
    assert landing.query["referrer"] == stand.origin.removeprefix("http://")
