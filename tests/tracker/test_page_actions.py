"""Every action a page can carry (R84), made of the four operations: seen, and taken back."""

import pytest
from playwright.async_api import Page

from tracker.driving import apply
from tracker.pages import experience, shop
from tracker.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_BODY = """<main>
<p id=notice data-saccade-slot=notice hidden>Notice</p>
<h1>Kestrel</h1><button id=cta data-saccade-slot=cta>Add to cart</button>
<button id=express data-saccade-slot=express>Buy now</button>
<p id=urgency data-saccade-slot=urgency>Only 2 left</p>
<ul id=carousel data-saccade-slot=carousel hidden>
  <li data-saccade-item data-kind=bags><a href=/p/1><img alt="" src=/1.png>Bag</a>
  <li data-saccade-item data-kind=mice><a href=/p/2>Mouse</a></ul>
<div id=bundle data-saccade-slot=bundle hidden><b data-saccade-text>With a bag</b></div>
<form id=capture data-saccade-slot=capture hidden><b data-saccade-text>Join</b><input></form>
<div id=save data-saccade-slot=save hidden><b data-saccade-text>Save</b><button>Save</button></div>
<p id=trust data-saccade-slot=trust>30 days</p></main>"""


def _show(slot: str, **more: object) -> dict[str, object]:
    return {"op": "show", "slot": slot, **more}


def _top(slot: str) -> dict[str, object]:
    return {"op": "move", "slot": slot, "to": "top"}


def _say(slot: str, text: str) -> dict[str, object]:
    return {"op": "set_text", "slot": slot, "text": text}


FIRST = "document.querySelector('main').firstElementChild.id"
SEEN = "document.querySelector('main').innerText"

ACTIONS: dict[str, tuple[list[dict[str, object]], str]] = {
    "trust_signal": ([_show("trust"), _top("trust")], f"{FIRST} === 'trust'"),
    "reorder": ([_top("cta")], f"{FIRST} === 'cta'"),
    "call_to_action": ([_say("cta", "Try it")], f"{SEEN}.includes('Try it')"),
    "banner": ([_show("notice"), _say("notice", "Sale")], f"{SEEN}.startsWith('Sale')"),
    "recommendation_carousel": (
        [_show("carousel", filter={"kind": "bags"}), _top("carousel")],
        f"{FIRST} === 'carousel' && {SEEN}.includes('Bag') && !{SEEN}.includes('Mouse')",
    ),
    "discount": ([_show("notice"), _say("notice", "10 % off")], f"{SEEN}.includes('10 % off')"),
    "bundle": (
        [_show("bundle"), _top("bundle"), _say("bundle", "Both for 99")],
        f"{SEEN}.startsWith('Both for 99')",
    ),
    "free_shipping": ([_show("notice"), _say("notice", "Free")], f"{SEEN}.startsWith('Free')"),
    "identity_capture": (
        [_show("capture"), _top("capture"), _say("capture", "Keep it")],
        f"{SEEN}.startsWith('Keep it') && !!document.querySelector('#capture input').offsetParent",
    ),
    "cart_save": ([_show("save"), _say("save", "Later?")], f"{SEEN}.includes('Later?')"),
    "friction": (
        [_show("notice"), _say("notice", "Sure?"), {"op": "hide", "slot": "express"}],
        f"{SEEN}.startsWith('Sure?') && !{SEEN}.includes('Buy now')",
    ),
    "suppression": ([{"op": "hide", "slot": "urgency"}], f"!{SEEN}.includes('Only 2 left')"),
    "do_nothing": ([], "document.body.isEqualNode(before)"),
}


async def test_each_action_is_seen_and_taken_back(stand: Stand, page: Page) -> None:  # R84, R8
    stand.page = shop(stand.server, body=_BODY)
    await page.goto(stand.origin)
    await page.evaluate("window.before = document.body.cloneNode(true)")
    for action, (instructions, seen) in ACTIONS.items():
        await apply(page, experience(*instructions, decision=f"decision-{action}"))
        assert await page.evaluate(seen), action
        await page.evaluate("saccade.revert()")
        assert await page.evaluate("document.body.isEqualNode(before)"), action
    assert await page.evaluate("saccade.ignored") == 0


async def test_no_instruction_writes_an_address(stand: Stand, page: Page) -> None:  # R8
    stand.page = shop(stand.server, body=_BODY)
    await page.goto(stand.origin)
    addresses = """[...document.querySelectorAll("[href],[src]")].map(
        (one) => one.getAttribute("href") || one.getAttribute("src")).sort().join()"""
    before = await page.evaluate(addresses)
    for href in ("javascript:alert(1)", "data:text/html,x", "//elsewhere.example/x"):
        for slot in ("carousel", "cta", "notice"):
            more = {"href": href, "src": href, "image": href, "url": href}
            await apply(page, experience({**_show(slot), **more}, {**_say(slot, href), **more}))
            written = await page.evaluate(addresses)
            assert set(written.split(",")) <= set(before.split(",")), href
            await page.evaluate("saccade.revert()")
    assert await page.evaluate(addresses) == before
