"""One tag on any site (R5): what it needs, what it leaves behind, what it offers."""

import re

import pytest
from playwright.async_api import Page

from tracker.driving import apply, opened, pass_time
from tracker.pages import EXPERIENCE, shop, tag
from tracker.stand import Mood, Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

JSON_LD = """<script type="application/ld+json">{broken</script>
<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
  {"@type": "BreadcrumbList"}, {"@type": ["Product"], "sku": "LD-7"}]}</script>"""
LISTING = """<script type="application/ld+json">{"@type": "ItemList", "itemListElement": [
  {"@type": "ListItem", "item": {"@type": "Product", "sku": "LD-8"}}]}</script>"""


async def test_one_tag_on_a_foreign_page_and_a_session_appears(stand: Stand, page: Page) -> None:
    stand.page = f"<!doctype html><title>Foreign</title>{tag(stand.server)}<h1>Any shop</h1>"
    await page.goto(stand.origin)
    (flush,) = await stand.until("/v1/signals")
    assert flush.body["session_id"] == await page.evaluate("saccade.session")
    assert "product_id" not in flush.body
    assert await page.inner_text("body") == "Any shop"


async def test_a_tag_manager_can_hold_it(stand: Stand, page: Page) -> None:
    stand.page = "<!doctype html><title>Foreign</title><h1>Any shop</h1>"
    await page.goto(stand.origin)
    for _ in range(2):  # and may inject it twice
        await page.evaluate(
            """src => new Promise((done) => document.head.append(Object.assign(
                document.createElement("script"), { src, onload: done })))""",
            f"{stand.server}/tracker.js?site=demo-key",
        )
    await stand.until("/v1/signals")
    await page.wait_for_timeout(400)
    assert len(stand.flushes) == 1


async def test_where_it_cannot_know_its_address_it_does_nothing(stand: Stand, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    stand.page = tag(stand.server).replace("<script", "<script type=module crossorigin")
    await page.goto(stand.origin)
    await page.wait_for_timeout(100)
    assert [seen.path for seen in stand.seen] == ["/tracker.js"]
    assert not await page.evaluate("'saccade' in window")
    assert errors == []


async def test_nothing_but_one_global_is_left_on_the_page(stand: Stand, page: Page) -> None:
    look = """() => {
        const all = [Object, Array, Function, Element, Node, Document, EventTarget, Promise];
        const told = Object.getOwnPropertyDescriptor;
        return [Object.keys(window), ...all.map(({ prototype }) => Object.getOwnPropertyNames(
            prototype).map((name) => name + told(prototype, name).value))];
    }"""
    with_tag, stand.page = stand.page, "<!doctype html>"
    await page.goto(stand.origin)
    before = await page.evaluate(look)
    stand.page = with_tag
    await page.goto(stand.origin)
    named = set(await page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)"))
    after = await page.evaluate(look)
    assert set(after[0]) - set(before[0]) - named == {"saccade"}
    assert after[1:] == before[1:]


PRODUCTS = (
    ("data-product='A 1'", "<script>saccade={product:'B'}</script>", JSON_LD, "A 1"),
    ("", "<script>saccade={product:'B'}</script>", "<p data-saccade-product=C>", "B"),
    ("", "", "<p data-saccade-product=C>" + JSON_LD, "C"),
    ("", "", JSON_LD, "LD-7"),
    ("", "", LISTING, None),
)
"""What the tag, the page's script, its marks and its data say, and which of them is heard."""


async def test_the_product_is_found(stand: Stand, page: Page) -> None:
    for attributes, head, body, product in PRODUCTS:
        stand.page = shop(stand.server, attributes, head=head, body=body)
        await page.goto(stand.origin)
        view = await page.evaluate("saccade.viewId")
        await page.goto("about:blank")
        assert (await stand.until_view(view)).get("product_id") == product


async def test_a_new_view_without_a_page_load(stand: Stand, page: Page) -> None:
    await opened(page, stand.origin)
    before = await page.evaluate("document.body.outerHTML")
    await page.click("#red")
    await apply(page, EXPERIENCE)
    await pass_time(page, 1_000)
    first = await page.evaluate("saccade.viewId")
    await page.click("#blue")
    await page.evaluate("saccade.view(4711)")
    assert await page.evaluate("document.body.outerHTML") == before
    await pass_time(page, 1_000)
    flushes = await stand.until("/v1/signals", 3)
    assert flushes[1].is_beacon  # what was left of the former view
    assert (flushes[1].body["view"], flushes[1].body["variant_switches"]) == (first, 2)
    last = flushes[2].body
    assert last["view"] == await page.evaluate("saccade.viewId") != first
    assert last["product_id"] == "4711"
    assert (last["products_viewed"], last["variant_switches"]) == (2, 0)
    assert "decision_id" not in last


async def test_a_first_experience_is_fetched_where_the_tag_asks(stand: Stand, page: Page) -> None:
    stand.first = EXPERIENCE
    stand.page = shop(stand.server, "data-experience=fetch")
    await opened(page, stand.origin)
    (asked,) = await stand.until("/v1/experience")
    assert asked.method == "GET"
    assert asked.query == {
        "site": "demo-key",
        "session": await page.evaluate("saccade.session"),
        "product": "816324",
        "moment": "",
        "view": await page.evaluate("saccade.viewId"),
        "html_lang": "",
    }
    await page.wait_for_selector("#comparison", state="hidden")


async def test_a_first_experience_that_is_late_is_not_waited_for(  # R8, F22
    stand: Stand, page: Page
) -> None:
    stand.first, stand.first_after_s = EXPERIENCE, 1.0  # as a blocked event loop answers
    stand.page = shop(stand.server, "data-experience=fetch")
    await opened(page, stand.origin)
    assert await page.locator("#hero").is_visible()  # never hidden
    await stand.until("/v1/experience")
    await page.clock.run_for(250)
    await page.wait_for_timeout(1_200)
    assert await page.locator("#comparison").is_visible()
    stand.mood = Mood.CUT
    await page.reload()
    await stand.until("/v1/experience", 2)
    assert await page.locator("#comparison").is_visible()


async def test_a_page_that_throws_and_a_strict_policy_change_nothing(  # F37
    stand: Stand, page: Page
) -> None:
    stand.page_headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {stand.server}; connect-src {stand.server}"
    )
    stand.page = re.sub("<style>.*?</style>", "", stand.page, flags=re.DOTALL)
    await page.goto(stand.origin)
    await stand.until("/v1/signals")
    before = await page.evaluate("document.body.outerHTML")
    await page.evaluate(
        "document.addEventListener('saccade:experience', () => { throw new Error('theirs') })"
    )
    await apply(page, EXPERIENCE)
    assert not await page.locator("#comparison").is_visible()
    await page.evaluate("saccade.revert()")
    assert await page.locator("#comparison").is_visible()
    assert await page.evaluate("document.body.outerHTML") == before
