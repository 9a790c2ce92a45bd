"""Hostile experiences: text stays text, names select nothing, nothing runs (R8)."""

import pytest
from playwright.async_api import Page

from tracker.driving import apply
from tracker.pages import experience, shop
from tracker.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PAYLOADS = (
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()>",
    "<svg><script>hit()</script></svg>",
    '"><script>hit()</script>',
    "'><img src=x onerror=hit()>",
    "</textarea><script>hit()</script>",
    "</title><script>hit()</script>",
    "<!--><script>hit()</script>-->",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<iframe src=javascript:parent.hit()></iframe>",
    "<object data=javascript:hit()></object>",
    "<embed src=javascript:hit()>",
    "<a href=javascript:hit()>x</a>",
    "<body onload=hit()>",
    "<input autofocus onfocus=hit()>",
    "<details open ontoggle=hit()>x</details>",
    "<video><source onerror=hit()></video>",
    "<math><mi xlink:href=javascript:hit()></mi></math>",
    "<style>@import 'javascript:hit()'</style>",
    "<link rel=stylesheet href=javascript:hit()>",
    "<meta http-equiv=refresh content='0;url=javascript:hit()'>",
    "<base href=javascript:hit()//>",
    "<form><button formaction=javascript:hit()>x</button></form>",
    "<template><script>hit()</script></template>",
    "javascript:hit()",
    "hit()",
    "${hit()}",
    "{{constructor.constructor('hit()')()}}",
    "\u2028hit()\u2029",
    "\x00<script>hit()</script>",
    "</script><script>hit()</script>",
    'x"] , [onerror] , ["',
    "*",
    "__proto__",
    "constructor",
)

_BODY = """
<main><p data-saccade-slot=cta>Buy</p>
<script data-saccade-slot=inert></script>
<style data-saccade-slot=styles></style>
<div data-saccade-slot=holder><script data-saccade-text></script></div>
<ul data-saccade-slot=reviews><li data-saccade-item data-topic=battery>1<li data-saccade-item>2</ul>
</main>
"""


def _attempts(payload: str) -> list[object]:
    """A payload in every place an experience has."""
    return [
        *(
            {"op": "set_text", "slot": s, "text": payload}
            for s in ("cta", "inert", "styles", "holder")
        ),
        {"op": "set_text", "slot": payload, "text": payload},
        {"op": "hide", "slot": payload},
        {"op": payload, "slot": "cta", "to": payload, "text": payload},
        {"op": "move", "slot": "cta", "to": payload},
        {"op": "show", "slot": "reviews", "filter": {payload: payload}},
        {"op": "show", "slot": "reviews", "filter": {"topic": payload, "limit": payload}},
        {"op": "show", "slot": "reviews", "filter": payload},
        {payload: payload},
    ]


async def test_no_payload_runs_anywhere(stand: Stand, page: Page) -> None:
    head = "<script>window.hits = 0; window.hit = () => hits++</script>"
    stand.page = shop(stand.server, body=_BODY, head=head)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await page.goto(stand.origin)
    before = await page.evaluate("document.documentElement.outerHTML")
    prototype = await page.evaluate("Object.getOwnPropertyNames(Object.prototype).sort().join()")
    for payload in PAYLOADS:
        served = experience(*_attempts(payload), decision=payload)
        await apply(page, served)
        elements = await page.evaluate("document.querySelectorAll('main *').length")
        assert elements == 7, payload  # the holder's text took the place of its script
        text = {"op": "set_text", "slot": "cta", "text": payload}
        await apply(page, experience(text))
        shown = await page.evaluate("document.querySelector('[data-saccade-slot=cta]').textContent")
        assert shown == payload
        await page.evaluate("saccade.revert()")
        assert await page.evaluate("document.documentElement.outerHTML") == before, payload
    await page.wait_for_timeout(100)
    assert await page.evaluate("hits") == 0
    assert dialogs == []
    assert (
        await page.evaluate("Object.getOwnPropertyNames(Object.prototype).sort().join()")
        == prototype
    )
