"""The web pixel: checkout and offer told of the cart's session, with consent (R60, Shopify 21)."""

from typing import Any

import pytest
from playwright.async_api import Page

from adapters.shopify.storefront.stand import TOKEN, Shop
from adapters.shopify.storefront.waiting import until
from adapters.shopify.storefront.worker import YES, hears, started
from tracker.pages import SITE
from tracker.stand import Mood

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CARRIES = [{"key": "gift", "value": "yes"}, {"key": "saccade_session", "value": TOKEN}]


def checkout(second: int, *, coupons: int = 0, **other: Any) -> Any:
    """A checkout's event, with what Shopify tells beside."""
    return {
        "id": f"sh-{second}",
        "name": "checkout_event",
        "timestamp": f"2026-11-21T12:00:{second:02}.000Z",
        "data": {
            "checkout": {
                "token": "c1",
                "email": "canary@example.com",
                "phone": "+43 1 canary",
                "attributes": CARRIES,
                "discountApplications": [{"type": "DISCOUNT_CODE", "title": "CANARY"}] * coupons,
                **other,
            }
        },
    }


async def test_a_checkout_is_told_of_the_carts_session(shop: Shop, page: Page) -> None:
    await started(shop, page)
    await hears(page, "checkout_started", checkout(1))
    await hears(page, "checkout_contact_info_submitted", checkout(21))
    (told,) = await shop.server.until("/v1/events")
    assert told.query["site"] == SITE
    assert told.body["session"] == TOKEN
    (event,) = told.body["events"]
    assert (event["kind"], event["value"]) == ("checkout_dwell", 20_000)
    assert all(seen.method == "POST" for seen in shop.told)  # and no OPTIONS before
    assert all("canary" not in seen.text.lower() for seen in shop.told)


async def test_a_session_in_no_form_of_ours_is_none(shop: Shop, page: Page) -> None:
    """A link can write any attribute on a cart: the cookie's session is told then."""
    await started(shop, page, cookie=TOKEN)
    for second, session in ((1, "Your payment failed"), (21, TOKEN + "/../x")):
        carries = [{"key": "saccade_session", "value": session}]
        await hears(page, "checkout_started", checkout(second, attributes=carries))
    (told,) = await shop.server.until("/v1/events")
    assert told.body["session"] == TOKEN


async def test_a_coupon_is_told_once_and_without_its_words(shop: Shop, page: Page) -> None:
    await started(shop, page)
    await hears(page, "checkout_started", checkout(1))
    await hears(page, "payment_info_submitted", checkout(2, coupons=1))
    await hears(page, "checkout_completed", checkout(3, coupons=1))
    await until(lambda: len(_events(shop)) == 3)
    assert sorted(event["kind"] for event in _events(shop)) == [
        "checkout_dwell",
        "checkout_dwell",
        "coupon_search",
    ]
    assert all("canary" not in seen.text.lower() for seen in shop.told)
    assert all("order" not in seen.text for seen in shop.told)  # a browser's word makes no money


async def test_a_change_of_the_cart_is_told_of_the_cookies_session(shop: Shop, page: Page) -> None:
    await started(shop, page, cookie=TOKEN)
    product = {"merchandise": {"product": {"id": "gid://shopify/Product/77"}}}
    event = {"id": "a b/1", "timestamp": "2026-11-21T12:00:00Z", "data": {"cartLine": product}}
    await hears(page, "product_added_to_cart", {**event, "name": "product_added_to_cart"})
    (told,) = await shop.server.until("/v1/events")
    assert told.body["session"] == TOKEN
    (event,) = told.body["events"]
    assert (event["id"], event["kind"], event["product_id"]) == ("ab1", "cart_changed", "77")


@pytest.mark.parametrize(
    ("name", "path", "also"),
    [
        ("offer_shown", "/v1/exposures", {"slots": ["thank-you"]}),
        ("offer_clicked", "/v1/outcomes", {"kind": "clicked"}),
        pytest.param(
            *("offer_dismissed", "/v1/outcomes", {"kind": "dismissed"}), marks=pytest.mark.full
        ),
    ],
)
async def test_what_the_offer_did_is_told_once(
    shop: Shop, page: Page, name: str, path: str, also: dict[str, object]
) -> None:
    await started(shop, page)
    told = {"customData": {"session": TOKEN, "decision": "decision-1"}}
    for _ in range(2):
        await hears(page, f"saccade:{name}", told)
    await shop.server.until(path)
    await page.wait_for_timeout(100)
    assert [(seen.path, seen.body) for seen in shop.told] == [
        (path, {"session_id": TOKEN, "decision_id": "decision-1", **also})
    ]


@pytest.mark.parametrize("missing", ["analyticsProcessingAllowed", "preferencesProcessingAllowed"])
async def test_without_consent_nothing_is_told(shop: Shop, page: Page, missing: str) -> None:
    await started(shop, page, privacy={**YES, missing: False}, attributes=CARRIES, cookie=TOKEN)
    await hears(page, "checkout_started", checkout(1))
    await hears(page, "checkout_completed", checkout(9))
    await hears(
        page, "saccade:offer_shown", {"customData": {"session": TOKEN, "decision": "decision-1"}}
    )
    await page.wait_for_timeout(150)
    assert shop.told == []
    # the answer changes on the open page
    await hears(page, "visitorConsentCollected", {"customerPrivacy": YES})
    await hears(page, "checkout_completed", checkout(11))
    await shop.server.until("/v1/events")


async def test_a_yes_taken_back_ends_it(shop: Shop, page: Page) -> None:
    await started(shop, page, attributes=CARRIES)
    no = {**YES, "analyticsProcessingAllowed": False}
    await hears(page, "checkout_started", checkout(1))
    await hears(page, "visitorConsentCollected", {"customerPrivacy": no})
    await hears(page, "checkout_completed", checkout(9))
    await page.wait_for_timeout(150)
    assert shop.told == []


async def test_without_a_session_nothing_is_told(shop: Shop, page: Page) -> None:
    await started(shop, page)
    await hears(page, "checkout_started", checkout(1, attributes=[]))
    await hears(page, "checkout_completed", checkout(9, attributes=[]))
    await page.wait_for_timeout(150)
    assert shop.told == []


@pytest.mark.full
async def test_what_the_server_did_not_take_is_told_again_under_its_id(
    shop: Shop, page: Page
) -> None:
    await started(shop, page, attributes=CARRIES)
    shop.server.mood = Mood.ERROR
    await hears(page, "checkout_started", checkout(1))
    await hears(page, "checkout_completed", checkout(9))
    await shop.server.until("/v1/events")
    shop.server.mood = Mood.WELL
    first, second = await shop.server.until("/v1/events", 2)
    assert first.body == second.body


def _events(shop: Shop) -> list[dict[str, Any]]:
    return [event for seen in shop.server.all("/v1/events") for event in seen.body["events"]]
