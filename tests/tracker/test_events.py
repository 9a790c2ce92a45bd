"""What a shopper does, told as events with the flush (R6), each of the kind the core knows."""

import pytest
from playwright.async_api import Page

from saccade.domain import EventKind
from tracker.driving import opened, pass_time
from tracker.pages import BLOCKS, shop
from tracker.stand import Body, Mood, Stand

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FORMS = """<form onsubmit="return false"><input type=search id=search>
<input name=couponCode id=code>
<input data-saccade-signal=search id=other><input type=email id=mail></form>
<video id=film></video>"""


def told(stand: Stand) -> list[Body]:
    """Every event that arrived, each id once, in order."""
    events = [event for flush in stand.flushes for event in flush.body.get("events", [])]
    return list({event["id"]: event for event in events}.values())


async def _landed(stand: Stand, page: Page, path: str = "/") -> None:
    stand.page = shop(stand.server, body=FORMS + BLOCKS)
    await opened(page, stand.origin + path)


async def test_each_kind_is_told_with_its_own_fields(stand: Stand, page: Page) -> None:  # R6
    await _landed(stand, page, "/checkout/payment")
    await page.click("#story")
    await page.fill("#search", "light laptop")
    await page.press("#search", "Enter")
    await page.focus("#code")
    await page.evaluate(
        """() => {
            for (const id of ["film"]) {
                const film = document.querySelector("#" + id);
                Object.defineProperty(film, "currentTime", { value: 12.5 });
                film.dispatchEvent(new Event("pause"));
            }
        }"""
    )
    await page.click("#cta")
    await page.mouse.move(5, 5)
    await pass_time(page, 17_000)
    events = {event["kind"]: event for event in told(stand)}
    assert events.keys() == set(EventKind) & {
        *("click", "search", "video_watched", "add_to_cart", "coupon_search", "checkout_dwell")
    }
    assert {kind: {**event, "id": 0, "kind": 0} for kind, event in events.items()} == {
        "click": {"id": 0, "kind": 0},
        "search": {"id": 0, "kind": 0, "query": "light laptop"},
        "video_watched": {"id": 0, "kind": 0, "value": 12_500},
        "add_to_cart": {"id": 0, "kind": 0, "product_id": "816324"},
        "coupon_search": {"id": 0, "kind": 0},
        "checkout_dwell": {"id": 0, "kind": 0, "value": events["checkout_dwell"]["value"]},
    }
    assert 15_000 <= events["checkout_dwell"]["value"] <= 15_500


async def test_an_address_is_no_search_and_a_search_may_be_a_tenants(
    stand: Stand, page: Page
) -> None:
    await _landed(stand, page)
    for field, typed in (("#search", "a@b.example"), ("#mail", "x"), ("#other", "bag")):
        await page.fill(field, typed)
        await page.press(field, "Tab")
    await pass_time(page, 1_000)
    assert [event["query"] for event in told(stand) if event["kind"] == "search"] == ["bag"]


async def test_an_event_the_server_missed_is_told_again_under_its_id(
    stand: Stand, page: Page
) -> None:
    await _landed(stand, page)
    stand.mood = Mood.ERROR
    await page.click("#cta")
    await pass_time(page, 1_000)
    (first,) = await stand.until("/v1/signals")
    stand.mood = Mood.WELL
    await pass_time(page, 8_000)
    _, second, *later = await stand.until("/v1/signals", 3)
    assert second.body["events"] == first.body["events"]
    assert {event["kind"] for event in first.body["events"]} == {"click", "add_to_cart"}
    assert not any("events" in flush.body for flush in later)


async def test_however_much_is_done_a_body_stays_small(stand: Stand, page: Page) -> None:
    await _landed(stand, page, "/?utm_source=" + "x" * 3_000)
    for at in range(40):
        await page.evaluate("at => document.querySelectorAll('button')[at % 4].click()", at)
    await page.goto("about:blank")
    flushes = await stand.until("/v1/signals")
    assert max(len(flush.body.get("events", [])) for flush in stand.flushes) <= 32
    assert max(len(flush.text) for flush in stand.flushes) < 4_096
    assert 400 < max(len(flush.query.get("utm_source", "")) for flush in flushes) < 513
