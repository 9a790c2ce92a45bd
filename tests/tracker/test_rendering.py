"""The four operations: applied as data says, and reverted exactly (R8)."""

import pytest
from playwright.async_api import Page

from tracker.driving import apply
from tracker.pages import EXPERIENCE, experience, shop
from tracker.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HTML = "document.body.outerHTML"
BLOCKS = "[...document.querySelectorAll('main > section')].map(({ id }) => id)"
SHOWN = """[...document.querySelectorAll('.review')]
    .filter((item) => item.offsetParent).map((item) => item.dataset.topic)"""


async def test_the_experience_of_the_design_is_on_the_page_and_off_again(
    stand: Stand, page: Page
) -> None:
    await page.goto(stand.origin)
    before = await page.evaluate(HTML)
    await page.evaluate(
        "() => document.addEventListener('saccade:applied', ({ detail }) => (window.told = detail))"
    )
    await apply(page, EXPERIENCE)
    assert (await page.evaluate(BLOCKS))[0] == "guarantee"
    assert await page.evaluate(SHOWN) == ["battery", "battery weight"]
    cta = page.locator("#cta")
    assert await cta.inner_text() == "+ Add to cart — 30-day battery guarantee"
    assert await cta.locator("b").count() == 1
    assert not await page.locator("#comparison").is_visible()
    assert await page.evaluate("told") == {
        "decision_id": "decision-0001",
        "slots": ["battery-guarantee", "reviews", "cta", "comparison"],
    }
    await page.evaluate("saccade.revert()")
    assert await page.evaluate(HTML) == before


# Elements whose exact form is easily lost. Each is shown, hidden, moved, emptied and filtered.
# Equal as nodes are: attributes have no order.
FORMS = (
    "<p data-saccade-slot=s>plain</p>",
    "<p data-saccade-slot=s style=''>empty style</p>",
    "<p style='color:red;display:flex' data-saccade-slot=s title=t>own display</p>",
    "<p style='display : none !important;color:RED' data-saccade-slot=s class=c>by style</p>",
    "<p hidden data-saccade-slot=s id=i style='top:0' class=c>hidden, with more after it</p>",
    "<p data-saccade-slot=s hidden=until-found>found</p>",
    "text <p data-saccade-slot=s>a <b data-saccade-text>b<i>c</i></b> d<!-- e --></p> text",
    """<ul data-saccade-slot=s><li data-saccade-item data-k=a>1
        <li data-saccade-item hidden data-k=b>2<li>no item
        <li data-saccade-item data-k='b c' style='display:none'>3</ul>""",
)


async def test_every_operation_on_every_form_reverts_exactly(stand: Stand, page: Page) -> None:
    stand.page = shop(stand.server, body="<main></main>")
    await page.goto(stand.origin)
    instructions = [
        {"op": "move", "slot": "s", "to": "top"},
        {"op": "show", "slot": "s"},
        {"op": "show", "slot": "s", "filter": {"k": "b"}},
        {"op": "hide", "slot": "s"},
        {"op": "set_text", "slot": "s", "text": "other"},
        {"op": "move", "slot": "s", "to": "bottom"},
    ]
    found = await page.evaluate(
        """([forms, instructions]) => {
            const main = document.querySelector("main"), lost = [];
            const all = () => [...main.querySelectorAll("*")];
            const pairs = instructions.flatMap((one) => instructions.map((two) => [one, two]));
            for (const form of forms) for (const pair of pairs) {
                main.innerHTML = `<i>1</i> ${form} <i>2</i>`;
                const nodes = all(), before = main.cloneNode(true);
                saccade.apply({ decision_id: "decision", instructions: pair }, { now: true });
                const isMoved = !main.isEqualNode(before);
                saccade.revert();
                const isSame = all().every((node, at) => node === nodes[at]);
                if (!main.isEqualNode(before) || !isSame) lost.push([pair, main.innerHTML]);
                if (!isMoved && pair.every(({ op }) => op === "move")) lost.push([pair, "idle"]);
            }
            return lost;
        }""",
        [FORMS, instructions],
    )
    assert found == []


async def test_one_experience_after_another_shifts_once(stand: Stand, page: Page) -> None:
    await page.goto(stand.origin)
    before = await page.evaluate(HTML)
    await apply(page, EXPERIENCE)
    once = await page.evaluate(HTML)
    for _ in range(2):
        await apply(page, EXPERIENCE)
        assert await page.evaluate(HTML) == once
    await apply(page, experience({"op": "move", "slot": "reviews", "to": "top"}))
    assert (await page.evaluate(BLOCKS))[:2] == ["reviews", "hero"]
    assert await page.locator("#comparison").is_visible()
    await apply(page, experience())
    assert await page.evaluate(HTML) == before


async def test_show_unhides_and_a_filter_without_a_match_changes_nothing(
    stand: Stand, page: Page
) -> None:
    await page.goto(stand.origin)
    await page.evaluate("window.before = document.body.cloneNode(true)")
    await apply(page, experience({"op": "show", "slot": "secret"}))
    assert await page.locator("#secret").is_visible()
    none = {"op": "show", "slot": "reviews", "filter": {"topic": "price"}}
    await apply(page, experience(none))
    assert await page.evaluate("document.body.isEqualNode(before)")
    few = {"op": "show", "slot": "reviews", "filter": {"verified": True, "limit": 2}}
    await apply(page, experience(few))
    assert await page.evaluate(SHOWN) == ["display", "battery"]


async def test_what_cannot_be_followed_is_ignored_and_counted(stand: Stand, page: Page) -> None:
    await page.goto(stand.origin)
    before = await page.evaluate(HTML)
    wrong = [
        {"op": "remove", "slot": "cta"},
        {"op": "constructor", "slot": "cta"},
        {"op": "move", "slot": "cta", "to": "left"},
        {"op": "set_text", "slot": "cta", "text": {"toString": 1}},
        {"op": "hide", "slot": "nowhere"},
        {"op": "hide", "slot": 'cta"],body,["'},
        {"op": "show", "slot": "reviews", "filter": {"__proto__": "x"}},
        {"op": "hide"},
        {},
        None,
        "hide",
        7,
    ]
    await apply(page, experience(*wrong))
    assert await page.evaluate(HTML) == before
    assert await page.evaluate("saccade.ignored") == len(wrong)
    garbage: tuple[object, ...] = (None, 7, "x", [], {"instructions": 7}, {"instructions": "hide"})
    for served in garbage:
        await apply(page, served)
    assert await page.evaluate(HTML) == before


async def test_slots_are_found_by_a_tenants_selectors(stand: Stand, page: Page) -> None:
    stand.prefix = (
        'window.__SACCADE__={"slots":{"cta":"form > .buy","all":"body","bad":"[","worse":")x("}};\n'
    )
    stand.page = shop(stand.server, body="<form><a class=buy>Buy</a></form>")
    await page.goto(stand.origin)
    texts = [{"op": "set_text", "slot": slot, "text": "Mine"} for slot in ("cta", "all", "bad")]
    hides = [{"op": "hide", "slot": slot} for slot in ("all", "bad", "worse", "constructor")]
    await apply(page, experience(*hides, *texts))
    assert await page.inner_text("body") == "Mine"
    assert await page.evaluate("saccade.ignored") == 6


async def test_what_the_page_changed_meanwhile_is_not_undone(stand: Stand, page: Page) -> None:
    await page.goto(stand.origin)
    await apply(page, EXPERIENCE)
    await page.evaluate(
        """() => {
            document.querySelector("#reviews").className = "open";
            document.querySelector("#guarantee").remove();
            document.querySelector("#story").remove();
        }"""
    )
    await page.evaluate("saccade.revert()")
    assert await page.evaluate(BLOCKS) == [
        "hero",
        "specs",
        "comparison",
        "reviews",
        "secret",
        "end",
    ]
    assert await page.get_attribute("#reviews", "class") == "open"
    assert await page.locator("#comparison").is_visible()
