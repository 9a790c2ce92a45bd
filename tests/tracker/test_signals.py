"""The fourteen signals, each moved by what a shopper does in real Chromium (R2)."""

import msgspec
import pytest
from playwright.async_api import Browser, Page

from saccade.signals import SIGNAL_NAMES, Signals
from tracker.driving import opened, pass_time, scroll_by_hand
from tracker.pages import shop
from tracker.stand import Body, Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def typed(known: Body) -> Signals:
    """As the core's own type, nothing coerced."""
    return msgspec.json.decode(msgspec.json.encode(known), type=Signals, strict=True)


async def test_a_landing_sends_every_signal_it_can_measure(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await pass_time(page, 1_000)
    (flush,) = await stand.until("/v1/signals")
    signals = typed({name: flush.body[name] for name in SIGNAL_NAMES if name in flush.body})
    assert (signals.visit_count, signals.products_viewed) == (1, 1)
    assert (signals.compare_tool_opened, signals.spec_hover_ms) == (False, 0)
    assert signals.scroll_speed_px_sec is None  # nobody scrolled: missing, which is not 0
    height: int = await page.evaluate("document.documentElement.scrollHeight")
    assert signals.max_scroll_depth_pct == 100 * 700 // height


async def test_one_shopper_moves_all_fourteen(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await page.hover("#red")
    await page.click("#red")
    await page.click("#blue")
    await scroll_by_hand(page, 400, 800, 700, 1_200)  # one turn back, one forth
    await page.hover("#specs")
    await pass_time(page, 3_000)
    await page.click("#compare")
    await page.hover("#reviews li >> nth=1")
    await pass_time(page, 2_000)
    await page.mouse.move(200, 40)
    await page.mouse.move(200, -10)
    await page.click("#cta")
    await page.click("#go")
    await pass_time(page, 2_500)
    await stand.until_known(checkout_clicked=True)
    signals = typed(stand.known())
    assert None not in msgspec.structs.astuple(signals)
    assert 2_500 <= (signals.spec_hover_ms or 0) <= 3_500
    assert (signals.review_dwell_ms or 0) >= 1_750
    assert (signals.negative_review_dwell_ms or 0) >= 1_750
    assert (signals.scroll_reversals or 0) >= 2
    assert (signals.max_scroll_depth_pct or 0) > 40
    assert (signals.scroll_speed_px_sec or 0) > 0
    assert (signals.variant_switches, signals.exit_intent_count) == (2, 1)
    assert signals.add_to_cart_clicked
    assert signals.checkout_clicked
    assert signals.compare_tool_opened
    assert (signals.session_duration_ms or 0) >= 7_500


async def test_scrolling_is_measured_as_defined(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    # 125 ms apart: 200, 300 and 300 px count, the first step begins the movement
    await scroll_by_hand(page, 100, 300, 600, 300)
    await pass_time(page, 1_000)
    await scroll_by_hand(page, 340)  # 40 px: a tremor, and a movement of its own
    await pass_time(page, 1_000)
    known = await stand.until_known(scroll_reversals=1)
    assert known["scroll_speed_px_sec"] == pytest.approx(800 / 0.375, rel=0.02)


async def test_nobody_at_the_screen_dwells_on_nothing(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    await scroll_by_hand(page, 1_500)
    await page.hover("#specs")
    await pass_time(page, 40_000)
    known = stand.known()
    assert 29_000 <= known["spec_hover_ms"] <= 30_000  # places are looked for with a flush
    await pass_time(page, 3_000)
    assert stand.known()["spec_hover_ms"] == known["spec_hover_ms"]


async def test_choosing_the_same_way_twice_over_is_counted_as_it_is(
    stand: Stand, page: Page
) -> None:
    await opened(page, stand.origin)
    await page.click("#red")
    await page.click("label")  # the label's click, and its checkbox's change, are one switch
    await pass_time(page, 1_000)
    await stand.until_known(variant_switches=2)


async def test_touch_dwells_mid_screen_and_flings_to_leave(stand: Stand, browser: Browser) -> None:
    context = await browser.new_context(
        viewport={"width": 400, "height": 700}, has_touch=True, is_mobile=True
    )
    page = await context.new_page()
    await opened(page, stand.origin)
    await page.touchscreen.tap(200, 600)
    await scroll_by_hand(page, 1_550)
    await pass_time(page, 3_000)
    assert (await stand.until("/v1/signals", 2))[1].body["spec_hover_ms"] >= 1_500
    await scroll_by_hand(page, 1_700, 1_000)  # 700 px up in 125 ms
    await pass_time(page, 2_000)
    await stand.until_known(exit_intent_count=1, scroll_reversals=1)
    await context.close()


async def test_places_are_found_by_a_tenants_selectors(stand: Stand, page: Page) -> None:  # R8
    stand.prefix = (
        'window.__SACCADE__={"signals":{"compare":".vs","checkout":"[bad","reviews":"#r"}};\n'
    )
    body = (
        "<a class=vs>vs</a><div id=r style='height:90vh'></div>"
        "<i data-saccade-signal=checkout>go</i>"
    )
    stand.page = shop(stand.server, 'data-product="P/1 ü"', body=body)
    await opened(page, stand.origin)
    await page.click(".vs")
    await page.click("i")  # a selector that does not parse leaves the marks in force
    await pass_time(page, 2_500)
    known = await stand.until_known(compare_tool_opened=True, checkout_clicked=True)
    assert known["review_dwell_ms"] > 0
    assert stand.flushes[0].body["product_id"] == "P/1 ü"
