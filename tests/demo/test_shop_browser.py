"""The shop in real Chromium: whole without Saccade, and each mode's experience on it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from playwright.async_api import Page, expect

from demo.window import Browser, Shopfront
from saccade.campaigns import Campaign, read_campaigns
from saccade.domain import Experience, Mode, Reason, Served
from saccade_demo import lab
from saccade_sap_occ import factory

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BLOCKS = """() => [...document.querySelectorAll('.blocks > *')]
    .filter((block) => block.offsetParent).map((block) => block.id)"""
AS_MADE = [
    "specifications",
    "configurations",
    "comparison",
    "reviews",
    "battery-guarantee",
    "delivery",
]


def _campaigns() -> dict[Mode, Campaign]:
    tenant, folder = lab.demo_tenant("http://127.0.0.1:1")
    operations = factory.build(tenant).capabilities.operations
    found = read_campaigns(folder, tenant, operations).all
    return {mode: campaign for campaign in found for mode in campaign.modes}


def _block(mode: Mode) -> bytes:
    campaign = _campaigns()[mode]
    tenant, _ = lab.demo_tenant("http://127.0.0.1:1")
    instructions = campaign.wordings(tenant).of(None, None) or ()
    decided = Experience("0" * 32, mode, 0.84, Reason.MODEL, Served.MODEL, instructions)
    return msgspec.json.encode(decided)


async def _opened(browser: Browser, front: Shopfront, path: str = "/shop/816324") -> Page:
    await browser.page.goto(front.url + path)
    await browser.page.wait_for_selector(".blocks")
    return browser.page


async def _shows(page: Page, selector: str, count: int) -> None:
    """So many of them are visible, or will be in a moment."""
    await expect(page.locator(selector).filter(visible=True)).to_have_count(count)


async def test_the_shop_is_whole_without_the_tracker(
    browser: Browser, shopfront: Shopfront
) -> None:  # R27
    page = await _opened(browser, shopfront)
    await expect(page.locator("h1")).to_have_text("Kestrel Aero 14")
    await expect(page.locator(".buy-price")).to_have_text("$1,299.00")
    assert await page.evaluate(BLOCKS) == AS_MADE
    await _shows(page, ".configuration", 48)
    await _shows(page, ".review", 30)
    await expect(page.locator(".spec tr.battery >> nth=0")).to_contain_text("72 Wh")
    await page.click("[data-saccade-signal=compare]")
    await expect(page.locator(".compare thead th")).to_have_count(4)
    await page.click(".chip:has-text('Battery')")
    topics = await page.locator(".review").evaluate_all("all => all.map((r) => r.dataset.topic)")
    assert set(topics) == {"battery"}
    assert browser.complaints == []


async def test_a_configuration_is_chosen_and_bought(browser: Browser, shopfront: Shopfront) -> None:
    page = await _opened(browser, shopfront)
    await page.click(".swatch.sand")
    await expect(page.locator(".buy-price")).to_have_text("$1,329.00")
    assert "-sand-" in (await page.get_attribute(".gallery-large img", "src") or "")
    await page.click(".configuration:has-text('Arden 9 · 32 GB · 1 TB') >> nth=3")
    await expect(page.locator(".buy-price")).to_have_text("$1,809.00")
    await page.click(".buy")
    await page.wait_for_selector(".drawer-line")
    await expect(page.locator("#cart-count")).to_have_text("1")
    await page.click("[data-saccade-signal=checkout]")
    await page.wait_for_selector(".drawer-done")
    await expect(page.locator(".drawer-done")).to_contain_text("$1,809.00")
    assert browser.complaints == []


async def test_home_finds_and_orders(browser: Browser, shopfront: Shopfront) -> None:
    page = browser.page
    await page.goto(shopfront.url + "/")
    await page.wait_for_selector(".card")
    await expect(page.locator(".card")).to_have_count(24)
    await page.click("#more")
    await expect(page.locator(".card")).to_have_count(48)
    await page.click(".chip:has-text('Cameras')")
    await expect(page.locator(".card")).to_have_count(8)
    await page.select_option("#sorting", "price-asc")
    await expect(page.locator(".card .price").first).to_have_text("$429.00")
    await page.goto(shopfront.url + "/?q=kestrel")
    await page.wait_for_selector(".card")
    names = await page.locator(".card a").all_inner_texts()
    assert names
    assert all("Kestrel" in name for name in names)
    assert browser.complaints == []


async def test_what_is_not_there_is_said(browser: Browser, shopfront: Shopfront) -> None:
    await browser.page.goto(shopfront.url + "/shop/nosuch")
    await browser.page.wait_for_selector(".failure")
    await expect(browser.page.locator("h1")).to_have_text("We do not have this product")
    assert browser.complaints == []


async def test_slots_are_marked_and_blocks_begin_off_screen(
    browser: Browser, shopfront: Shopfront
) -> None:  # R8
    tenant, _ = lab.demo_tenant(shopfront.url)
    page = await _opened(browser, shopfront)
    for slot in tenant.slots:
        await expect(page.locator(f"[data-saccade-slot={slot}]")).to_have_count(1)
    parents = await page.locator("[data-saccade-slot]:not(button)").evaluate_all(
        "all => all.map((slot) => slot.parentElement.className)"
    )
    assert set(parents) == {"blocks"}
    await page.set_viewport_size({"width": 1920, "height": 1080})
    top = await page.evaluate("document.querySelector('.blocks').getBoundingClientRect().top")
    assert top > 1.2 * 1080
    position = await page.evaluate("getComputedStyle(document.querySelector('.buy-box')).position")
    assert position == "static"  # the call to action leaves the screen when the page is scrolled
    first = page.locator(".review").first
    assert await first.get_attribute("data-verified") == "true"
    assert await first.get_attribute("data-rating") == "5"
    await expect(page.locator("[data-recommended=true]")).to_have_count(3)


LEADING = {
    Mode.HESITATING: ["battery-guarantee", "specifications", "configurations", "reviews"],
    Mode.ANALYTICAL: ["comparison", "specifications", "configurations", "reviews"],
    Mode.OVERWHELMED: ["configurations", "specifications", "reviews", "battery-guarantee"],
}


async def test_each_mode_is_on_the_page_at_first_paint_and_reverts(
    browser: Browser, shopfront: Shopfront
) -> None:  # R41
    shopfront.tracker = True
    plain = await (await _opened(browser, shopfront)).inner_html("main")
    for mode, order in LEADING.items():
        shopfront.block = _block(mode)
        page = await _opened(browser, shopfront)
        blocks: list[str] = await page.evaluate(BLOCKS)
        assert blocks[:4] == order
        await expect(page.locator(".buy")).to_have_text(str(_campaigns()[mode].parameters["cta"]))
        assert await page.evaluate("window.saccade.ignored") == 0
        await _has_the_right_items(page, mode)
        await page.evaluate("window.saccade.revert()")
        await expect(page.locator(".shown .link")).to_have_count(0)
        assert await page.inner_html("main") == plain
    assert browser.complaints == []


async def _has_the_right_items(page: Page, mode: Mode) -> None:
    reviews = page.locator(".review").filter(visible=True)
    if mode is Mode.OVERWHELMED:
        await _shows(page, ".configuration", 3)
        await _shows(page, ".ribbon", 3)
    if mode is not Mode.HESITATING:
        await expect(reviews).to_have_count(30)
        return
    shown: list[Mapping[str, str]] = await reviews.evaluate_all(
        "all => all.map((review) => ({...review.dataset}))"
    )
    assert [(r["topic"], r["verified"]) for r in shown] == [("battery", "true")] * 5
    await page.click("text=Showing 5 of 30 reviews >> .link")
    await expect(reviews).to_have_count(30)  # a shopper can always have them all


async def _first_flush(front: Shopfront, *, but_not: set[str], visits: int = 1) -> dict[str, Any]:
    """The tracker's first word of a session that is none of ``but_not``, from its own page.

    On a busy machine the page before may still flush when the session has changed already.
    """
    async with asyncio.timeout(20):
        while True:
            for body in front.signals:
                told = "view" in body and body.get("visit_count") == visits
                if told and body["session_id"] not in but_not:
                    return body
            await asyncio.sleep(0.02)


async def test_the_panel_plays_the_laptop_shopper(browser: Browser, shopfront: Shopfront) -> None:
    shopfront.tracker = True
    page = await _opened(browser, shopfront)
    myself = await _first_flush(shopfront, but_not=set())
    await page.click(".saccade-pill")
    async with page.expect_navigation():
        await page.click("[data-name=laptop]")
    await page.wait_for_selector("text=You play the laptop shopper")
    played = await _first_flush(shopfront, but_not={myself["session_id"]}, visits=3)
    assert played["compare_tool_opened"] is True  # R10
    assert played["spec_hover_ms"] >= 14_200
    assert played["negative_review_dwell_ms"] >= 31_000
    posted = next(body for body in shopfront.signals if "view" not in body)
    assert posted["session_id"] == played["session_id"]
    async with page.expect_navigation():
        await page.click("[data-name=over]")
    known = {myself["session_id"], played["session_id"]}
    again = await _first_flush(shopfront, but_not=known)
    assert again.get("spec_hover_ms", 0) < 14_200
    assert browser.complaints == []
