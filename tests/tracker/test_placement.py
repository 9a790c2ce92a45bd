"""After the first paint only what is off screen changes, and nothing on screen moves (R8)."""

import pytest
from playwright.async_api import Page

from tracker.driving import apply, frames, opened, pass_time, scrolled, top_of, watch_shifts
from tracker.pages import EXPERIENCE, experience, shop
from tracker.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FIRST = "document.querySelector('main > section').id"
ORDER = "[...document.querySelectorAll('main > section')].slice(0, 4).map((one) => one.id)"
HTML = "document.body.outerHTML"

GUARANTEE_UP = {"op": "move", "slot": "battery-guarantee", "to": "top"}
COMPARISON_AWAY = {"op": "hide", "slot": "comparison"}
TEXT = {"op": "set_text", "slot": "cta", "text": "Other"}


async def _painted(stand: Stand, page: Page) -> None:
    await page.goto(stand.origin)
    await page.wait_for_function("performance.getEntriesByType('paint').length > 0")
    await watch_shifts(page)


async def test_before_the_first_paint_everything_is_done_at_once(stand: Stand, page: Page) -> None:
    stand.page = shop(
        stand.server,
        head="<script defer src='data:text/javascript,"
        "document.addEventListener(`DOMContentLoaded`,()=>{"
        "window.early=performance.getEntriesByType(`paint`).length===0;"
        "if(early)saccade.apply(window.served)})'></script>"
        f"<script>window.served={EXPERIENCE!r}</script>".replace("True", "true"),
    )
    await page.goto(stand.origin)
    if not await page.evaluate("early"):
        pytest.skip("this Chromium painted before the document was parsed")
    assert await page.evaluate(FIRST) == "guarantee"
    assert not await page.locator("#comparison").is_visible()


async def test_a_block_above_is_changed_and_the_screen_stands_still(
    stand: Stand, page: Page
) -> None:
    await _painted(stand, page)
    await scrolled(page, 2_150)  # the comparison fills the screen
    before = await top_of(page, "#comparison")
    await apply(page, experience(GUARANTEE_UP), now=False)
    assert await page.evaluate(FIRST) == "guarantee"
    await frames(page)
    assert await top_of(page, "#comparison") == pytest.approx(before, abs=1)
    assert await page.evaluate("shifts") == []


async def test_without_the_browsers_own_scroll_anchoring_too(stand: Stand, page: Page) -> None:
    stand.page = shop(
        stand.server,
        head="<style>* { overflow-anchor: none } html { scroll-behavior: smooth }</style>",
    )
    await _painted(stand, page)
    await scrolled(page, 2_150)
    before = await top_of(page, "#comparison")
    await apply(page, experience(GUARANTEE_UP), now=False)
    assert await page.evaluate(FIRST) == "guarantee"
    await frames(page)
    assert await top_of(page, "#comparison") == pytest.approx(before, abs=1)
    assert await page.evaluate("shifts") == []


async def test_what_is_on_screen_waits_until_it_has_left(stand: Stand, page: Page) -> None:
    await _painted(stand, page)
    before = await page.evaluate(HTML)
    hero = {"op": "hide", "slot": "cta"}
    await apply(page, experience(hero, COMPARISON_AWAY), now=False)
    assert not await page.locator("#comparison").is_visible()  # below the screen: at once
    assert await page.locator("#cta").is_visible()
    await scrolled(page, 900, tick=True)
    assert not await page.locator("#cta").is_visible()
    # now taken back: the button is off screen, the comparison's place is on it
    await scrolled(page, 1_800)
    await apply(page, experience(), now=False)
    assert await page.locator("#cta").is_visible()
    assert not await page.locator("#comparison").is_visible()
    await scrolled(page, 0, tick=True)
    assert await page.evaluate(HTML) == before
    assert await page.evaluate("shifts") == []


async def test_a_move_that_had_to_wait_takes_its_place_in_the_order(
    stand: Stand, page: Page
) -> None:
    """Each goes to the top, so the later one stands first, whichever could go first."""
    await _painted(stand, page)
    specifications_up = {"op": "move", "slot": "specifications", "to": "top"}
    await scrolled(page, 1_300)  # the specifications are on screen, the guarantee is below it
    await apply(page, experience(specifications_up, GUARANTEE_UP), now=False)
    assert await page.evaluate(ORDER) == ["guarantee", "hero", "story", "specs"]
    await scrolled(page, 3_200, tick=True)
    assert await page.evaluate(ORDER) == ["guarantee", "specs", "hero", "story"]
    await page.evaluate("saccade.revert()")
    assert await page.evaluate(ORDER) == ["hero", "story", "specs", "comparison"]


async def test_a_destination_on_screen_waits_too(stand: Stand, page: Page) -> None:
    await _painted(stand, page)
    before = await page.evaluate(HTML)
    await apply(page, experience(GUARANTEE_UP, TEXT), now=False)
    await frames(page)
    assert await page.evaluate(HTML) == before
    await scrolled(page, 1_000, tick=True)
    assert await page.evaluate(FIRST) == "guarantee"
    assert "Other" in await page.inner_text("#cta")
    assert await page.evaluate("shifts") == []


async def test_what_leaves_a_slot_leaves_it_before_anything_else_comes(
    stand: Stand, page: Page
) -> None:
    await _painted(stand, page)
    before = await page.evaluate(HTML)
    await scrolled(page, 2_150)
    await apply(page, experience(GUARANTEE_UP), now=False)
    await scrolled(page, 3_700, tick=True)  # where it stood is on screen
    down = {"op": "move", "slot": "battery-guarantee", "to": "bottom"}
    await apply(page, experience(down), now=False)
    assert await page.evaluate(FIRST) == "guarantee"
    await scrolled(page, 1_000, tick=True)
    assert await page.evaluate("document.querySelector('main').lastElementChild.id") == "guarantee"
    await page.evaluate("saccade.revert()")
    assert await page.evaluate(HTML) == before


async def test_what_would_move_another_column_is_not_done(stand: Stand, page: Page) -> None:
    stand.page = shop(
        stand.server,
        body="""<main style='display:flex'>
          <div id=left style='flex:1'><p style='height:5000px' id=tall>left</p></div>
          <div id=right style='flex:1'><p style='height:1500px' id=one>1</p>
            <p style='height:900px' id=two>2</p>
            <p style='height:300px' data-saccade-slot=cta id=last>3</p></div></main>""",
    )
    await _painted(stand, page)
    await scrolled(page, 1_650)
    before = await page.evaluate(HTML)
    tops = [await top_of(page, selector) for selector in ("#tall", "#two")]
    await apply(page, experience({"op": "move", "slot": "cta", "to": "top"}), now=False)
    await frames(page)
    assert await page.evaluate(HTML) == before
    assert [await top_of(page, selector) for selector in ("#tall", "#two")] == tops
    assert await page.evaluate("shifts") == []


async def test_the_open_page_changes_by_a_flushs_answer(stand: Stand, page: Page) -> None:  # R4
    stand.answers = [EXPERIENCE]
    await opened(page, stand.origin)
    await page.evaluate(
        """() => {
            performance.getEntriesByType = () => [{}]; // painted, which this clock does not know
            document.addEventListener("saccade:experience", ({ detail }) => (window.told = detail));
        }"""
    )
    await pass_time(page, 1_000)
    await stand.until("/v1/signals")
    await page.wait_for_function("window.told?.decision_id === 'decision-0001'")
    await pass_time(page, 2_000)
    assert not await page.locator("#comparison").is_visible()
    named = (await stand.until("/v1/signals", 2))[1].body
    assert named["decision_id"] == "decision-0001"


async def test_our_own_scrolling_is_no_signal(stand: Stand, page: Page) -> None:
    await _painted(stand, page)
    await scrolled(page, 2_150)
    await apply(page, experience(GUARANTEE_UP), now=False)
    await apply(page, experience(), now=False)
    await page.wait_for_timeout(300)
    await page.evaluate("document.querySelector('#compare').click()")
    await page.goto("about:blank")
    await stand.until_known(compare_tool_opened=True, scroll_reversals=0)
