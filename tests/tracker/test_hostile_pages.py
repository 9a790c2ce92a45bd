"""Pages whose other scripts do what they like (F37): the page stays whole, and so do we."""

import pytest
from playwright.async_api import Page

from tracker.driving import apply, opened, pass_time
from tracker.pages import EXPERIENCE, experience, shop
from tracker.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BEFORE = """<script>
  Object.prototype.theirs = function () { throw new Error("theirs") };
  Array.prototype.theirs = () => { throw new Error("theirs") };
  addEventListener("error", () => (window.errors = (window.errors || 0) + 1));
  addEventListener("unhandledrejection", () => (window.errors = (window.errors || 0) + 1));
</script>"""
AFTER = """() => {
  window.fetch = navigator.sendBeacon = () => { throw new Error("theirs") };
  addEventListener("click", () => { throw new Error("theirs") }, true);
  history.pushState = () => {};
}"""


async def test_scripts_that_throw_and_override_change_nothing(  # F37
    stand: Stand, page: Page
) -> None:
    stand.page = shop(stand.server, head=BEFORE)
    await opened(page, stand.origin)
    await page.evaluate(AFTER)
    await page.evaluate("window.before = document.body.cloneNode(true)")
    await page.click("#red")
    await apply(page, EXPERIENCE)
    assert not await page.locator("#comparison").is_visible()
    await page.evaluate("saccade.revert()")
    assert await page.evaluate("document.body.isEqualNode(before)")
    await pass_time(page, 2_500)
    await stand.until_known(variant_switches=1)
    sent = len(stand.flushes)
    await page.goto("about:blank")
    assert not (await stand.until("/v1/signals", sent + 1))[
        -1
    ].is_beacon  # theirs threw: ours fetched


@pytest.mark.parametrize(
    "broken",
    [
        "Array.prototype.map = Array.prototype.filter = () => { throw new Error('theirs') }",
        "Object.entries = JSON.stringify = JSON.parse = undefined",
        "Document.prototype.querySelectorAll = () => null",
        "performance.now = undefined",
        "crypto.getRandomValues = undefined",
        "Element.prototype.closest = undefined",
    ],
)
async def test_where_the_language_itself_is_broken_the_page_is_not(  # F37
    stand: Stand, page: Page, broken: str
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    stand.page = shop(stand.server, head=f"<script>{broken}</script>")
    await page.goto(stand.origin)
    await page.mouse.click(20, 60)
    await page.wait_for_timeout(700)
    await page.mouse.wheel(0, 300)
    await page.wait_for_timeout(300)
    assert errors == []


async def test_the_strictest_policy_is_never_violated(stand: Stand, page: Page) -> None:  # F37
    stand.page_headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {stand.server}; connect-src {stand.server};"
        " require-trusted-types-for 'script'"
    )
    stand.page = shop(stand.server, body=shop("").split("<body>")[1]).replace(
        "<style>", "<i hidden>"
    )
    stand.page = stand.page.replace("</style>", "</i>").replace("style=", "data-style=")
    await page.goto(stand.origin)
    await page.evaluate(
        """() => {
            window.violations = [];
            addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
                violations.push(violatedDirective));
            document.querySelector("#comparison").style.color = "navy";
            window.before = document.body.cloneNode(true);
        }"""
    )
    await apply(page, EXPERIENCE)
    assert not await page.locator("#comparison").is_visible()
    await page.evaluate("saccade.revert()")
    assert await page.locator("#comparison").is_visible()
    assert await page.evaluate("document.querySelector('#comparison').style.color") == "navy"
    assert await page.evaluate("document.body.isEqualNode(before)")
    await stand.until("/v1/signals")
    assert await page.evaluate("violations") == []


async def test_focus_listeners_and_what_is_typed_stay(stand: Stand, page: Page) -> None:  # R8
    body = """<main><p id=one>1</p><section data-saccade-slot=form id=form>
        <input id=name><button id=count type=button>0</button></section><p>2</p></main>"""
    stand.page = shop(stand.server, body=body)
    await page.goto(stand.origin)
    await page.evaluate(
        """() => {
            document.querySelector("#count").onclick = ({ target }) => {
                target.dataset.n = 1 + +(target.dataset.n || 0);
            };
        }"""
    )
    await page.fill("#name", "typed")
    await page.evaluate("document.querySelector('#name').setSelectionRange(1, 3)")
    state = """() => { const { id, value, selectionStart, selectionEnd } = document.activeElement;
        return [id, value, selectionStart, selectionEnd] }"""
    before = await page.evaluate(state)
    moved = experience({"op": "move", "slot": "form", "to": "top"})
    await apply(page, moved)
    assert await page.evaluate("document.querySelector('main').firstElementChild.id") == "form"
    assert await page.evaluate(state) == before == ["name", "typed", 1, 3]
    await page.evaluate("saccade.revert()")
    assert await page.evaluate(state) == before
    await page.click("#count")
    assert await page.get_attribute("#count", "data-n") == "1"
