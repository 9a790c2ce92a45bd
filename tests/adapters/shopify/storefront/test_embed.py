"""The app embed in Chromium: consent first, then the tracker, then the cart (Shopify 20, 21)."""

import pytest
from playwright.async_api import Page, Request

from adapters.shopify.storefront.stand import PRODUCT, TOKEN, Shop
from adapters.shopify.storefront.waiting import until
from tracker.pages import SITE, experience
from tracker.stand import Mood

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

YES = "{analytics: true, preferences: true}"
NO = "{analytics: false, preferences: false}"

SHOWS = experience(
    {"op": "show", "slot": "thank-you"},
    {"op": "set_text", "slot": "thank-you", "text": "Für danach"},
    decision="decision-later",
)
CONTROL = {**experience(decision="decision-control"), "reason": "HOLDOUT", "served": "default"}


async def visited(shop: Shop, page: Page) -> None:
    """A page of the shop, its script loaded and the Customer Privacy API answered."""
    await page.goto(shop.origin)
    await page.wait_for_timeout(100)


async def cookie(page: Page) -> str:
    cookies = await page.context.cookies()
    named = [one for one in cookies if one.get("name") == "saccade_session"]
    return named[0].get("value", "") if named else ""


# --- consent (Shopify 21, R60) -----------------------------------------------------------------


async def test_without_a_yes_nothing_is_loaded_stored_or_sent(shop: Shop, page: Page) -> None:
    # Shopify 21, R60
    half = ("{analytics: true, preferences: false}", "{analytics: false, preferences: true}")
    for answered in (NO, *half, "null"):
        shop.consent, shop.items = answered, 2
        await visited(shop, page)
        await page.wait_for_timeout(150)
        asked = {"name": "consent-tracking-api", "version": "0.1"}
        assert await page.evaluate("features[0]") == asked
        assert shop.told == [], answered
        assert shop.written == [], answered
        kept = "[document.cookie, localStorage.length, sessionStorage.length]"
        assert await page.evaluate(kept) == ["", 0, 0]


async def test_an_api_that_is_there_in_part_is_loaded(shop: Shop, page: Page) -> None:
    """A banner has made its place before the API itself came."""
    shop.consent = YES
    await page.add_init_script("""
        let made;
        Object.defineProperty(window, "Shopify", {
            get: () => made,
            set: (value) => { made = { customerPrivacy: {}, ...value }; },
        });
    """)
    await visited(shop, page)
    await shop.server.until("/v1/signals")


async def test_a_yes_is_told_first_and_its_session_is_the_trackers(shop: Shop, page: Page) -> None:
    shop.consent = YES
    await visited(shop, page)
    (flush, *_) = await shop.server.until("/v1/signals")
    assert [seen.path for seen in shop.told[:3]] == ["/v1/consent", "/tracker.js", "/v1/experience"]
    assert shop.told[0].body == {
        "shopify": {"analyticsProcessingAllowed": True, "preferencesProcessingAllowed": True}
    }
    assert flush.body["session_id"] == TOKEN
    assert await cookie(page) == TOKEN
    assert all(seen.method != "OPTIONS" for seen in shop.told)


@pytest.mark.full
async def test_the_next_page_tells_no_yes_again(shop: Shop, page: Page) -> None:
    shop.consent = YES
    await visited(shop, page)
    await shop.server.until("/v1/signals")
    await visited(shop, page)
    await shop.server.until("/tracker.js", 2)
    assert len(shop.server.all("/v1/consent")) == 1


@pytest.mark.full
async def test_a_yes_on_the_open_page_begins_at_once(shop: Shop, page: Page) -> None:
    shop.consent = NO
    await visited(shop, page)
    await page.evaluate("answer(true)")
    await shop.server.until("/v1/signals")
    assert [seen.path for seen in shop.told[:2]] == ["/v1/consent", "/tracker.js"]


async def test_a_no_is_told_and_leaves_nothing(shop: Shop, page: Page) -> None:
    shop.consent, shop.items, shop.server.later = YES, 1, SHOWS
    await visited(shop, page)
    await until(lambda: shop.attributes.get("saccade_session"))
    await page.evaluate("answer(false)")
    await until(lambda: len(shop.server.all("/v1/consent")) == 2)
    assert shop.server.all("/v1/consent")[1].body == {
        "session_id": TOKEN,
        "shopify": {"analyticsProcessingAllowed": False, "preferencesProcessingAllowed": False},
    }
    await until(lambda: set(shop.attributes.values()) == {""})
    assert await cookie(page) == ""
    assert await page.evaluate("localStorage.length") == 0
    count = len(shop.told)
    assert await page.evaluate("saccade.session === undefined")
    await page.wait_for_timeout(300)
    assert len(shop.told) == count


@pytest.mark.full
async def test_a_no_given_elsewhere_is_followed(shop: Shop, page: Page) -> None:
    shop.consent = YES
    await visited(shop, page)
    await shop.server.until("/v1/signals")
    shop.consent = NO
    await visited(shop, page)
    await until(lambda: len(shop.server.all("/v1/consent")) == 2)
    assert shop.server.all("/v1/consent")[1].body["session_id"] == TOKEN
    assert await cookie(page) == ""


@pytest.mark.full
async def test_a_page_that_asks_by_itself_is_heard(shop: Shop, page: Page) -> None:
    shop.settings["consent"] = "page"
    await visited(shop, page)
    assert shop.told == []
    await page.evaluate("window.saccadeConsent = true")
    await shop.server.until("/v1/signals")
    assert shop.told[0].body == {"purposes": {"personalization": True}}


# --- what the page says ------------------------------------------------------------------------


async def test_the_tracker_knows_product_moment_language_and_currency(
    shop: Shop, page: Page
) -> None:
    shop.consent = YES
    await visited(shop, page)
    (asked,) = await shop.server.until("/v1/experience")
    expected = {
        "site": SITE,
        "product": str(PRODUCT),
        "moment": "product",
        "lang": "de-AT",
        "curr": "EUR",
    }
    assert {name: asked.query[name] for name in expected} == expected
    (flush, *_) = await shop.server.until("/v1/signals")
    assert flush.body["product_id"] == str(PRODUCT)
    assert (flush.query["lang"], flush.query["curr"]) == ("de-AT", "EUR")


@pytest.mark.full
async def test_a_page_of_no_moment_is_measured_but_not_decided(shop: Shop, page: Page) -> None:
    shop.consent, shop.context = YES, {"request": {"page_type": "article"}, "product": None}
    await visited(shop, page)
    await shop.server.until("/v1/signals")
    assert shop.server.all("/v1/experience") == []


# --- the budget (Shopify 20, R8, R24) ----------------------------------------------------------

LOOK = "document.getElementById('main').outerHTML"
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 100);
})"""


def _asks_for_the_experience(request: Request) -> bool:
    return "/v1/experience" in request.url


LOWER = "<aside data-saccade-slot='lower' hidden>Below</aside>"
SHOW_LOWER = {"op": "show", "slot": "lower"}
"""Off screen: nothing but the budget keeps it away."""


async def test_an_answer_after_200_ms_is_given_up_without_a_shift(shop: Shop, page: Page) -> None:
    # Shopify 20, R8, R24
    shop.consent, shop.slots = YES, LOWER
    shop.server.first, shop.server.first_after_s = experience(SHOW_LOWER), 60
    async with page.expect_event("requestfailed", _asks_for_the_experience):
        await visited(shop, page)
        before = await page.evaluate(LOOK)
    await shop.server.until("/v1/signals")  # the rest goes on
    assert await page.evaluate(LOOK) == before
    assert await page.evaluate(SHIFTS) == 0
    # and a shift would have been seen
    await page.evaluate("document.querySelector('h1').style.marginTop = '300px'")
    assert await page.evaluate(SHIFTS) > 0


async def test_what_is_on_screen_stays_whatever_was_decided(shop: Shop, page: Page) -> None:
    shop.consent = YES
    shop.slots = LOWER
    shop.server.answers = [experience({"op": "hide", "slot": "headline"}, SHOW_LOWER)]
    await visited(shop, page)
    await page.wait_for_function("!document.querySelector('aside').hidden")
    assert await page.evaluate("getComputedStyle(document.querySelector('h1')).display") == "block"
    assert await page.evaluate(SHIFTS) == 0


@pytest.mark.parametrize(
    "mood",
    [
        Mood.SILENT,
        pytest.param(Mood.ERROR, marks=pytest.mark.full),
        pytest.param(Mood.CUT, marks=pytest.mark.full),
    ],
)
async def test_a_dead_server_leaves_the_page_alone(shop: Shop, page: Page, mood: Mood) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    shop.consent, shop.items, shop.server.mood = YES, 1, mood
    await visited(shop, page)
    before = await page.evaluate(LOOK)
    await shop.server.until("/v1/consent")
    await page.wait_for_timeout(700)
    assert await page.evaluate(LOOK) == before
    assert await page.evaluate(SHIFTS) == 0
    assert shop.written == []
    assert errors == []


# --- the cart ----------------------------------------------------------------------------------


async def test_the_cart_carries_session_arm_and_decision(shop: Shop, page: Page) -> None:
    shop.consent, shop.items, shop.server.later = YES, 1, SHOWS
    await visited(shop, page)
    await until(lambda: shop.written)
    carried = {
        "saccade_session": TOKEN,
        "saccade_arm": "treatment",
        "saccade_offer": "decision-later",
    }
    assert shop.written == [carried]  # and no words, though the campaign has some
    asked = next(
        one for one in shop.server.all("/v1/experience") if one.query["moment"] != "product"
    )
    assert (asked.query["moment"], asked.query["session"]) == ("confirmation", TOKEN)
    # the next page finds it there
    await visited(shop, page)
    await until(lambda: len(shop.server.all("/v1/experience")) == 4)
    await page.wait_for_timeout(200)
    assert shop.written == [carried]


PLAIN = experience(decision="decision-plain")
UNASKED = {**experience(), "decision_id": None, "reason": "NO_CONSENT"}
FORGED = {**SHOWS, "reason": "HOLDOUT"}
"""Never sent; were it, the arm would win."""


@pytest.mark.parametrize(
    ("later", "carried"),
    [
        (CONTROL, {"saccade_session": TOKEN, "saccade_arm": "control"}),
        pytest.param(UNASKED, None, marks=pytest.mark.full),
        pytest.param(
            PLAIN,
            {"saccade_session": TOKEN, "saccade_arm": "treatment"},
            marks=pytest.mark.full,
        ),
        pytest.param(
            FORGED,
            {"saccade_session": TOKEN, "saccade_arm": "control"},
            marks=pytest.mark.full,
        ),
    ],
    ids=["control", "not decided", "nothing chosen", "control against its word"],
)
async def test_who_sees_nothing_carries_no_decision(
    shop: Shop, page: Page, later: object, carried: object
) -> None:
    shop.consent, shop.items, shop.server.later = YES, 1, later
    await visited(shop, page)
    await shop.server.until("/v1/experience", 2)
    if carried:
        await until(lambda: shop.written)
    await page.wait_for_timeout(200)
    assert shop.written == ([carried] if carried else [])


@pytest.mark.full
async def test_an_arm_that_is_no_longer_decided_is_taken_back(shop: Shop, page: Page) -> None:
    shop.consent, shop.items, shop.server.later = YES, 1, CONTROL
    shop.attributes = {
        "saccade_session": TOKEN,
        "saccade_arm": "treatment",
        "saccade_offer": "decision-old",
    }
    await visited(shop, page)
    await until(lambda: shop.written)
    assert shop.written == [{"saccade_arm": "control", "saccade_offer": ""}]


async def test_words_on_a_cart_are_taken_away_and_never_come_to_the_page(
    shop: Shop, page: Page
) -> None:
    """An older version wrote them; so can whoever makes a link to a cart."""
    shop.consent, shop.items, shop.server.later = YES, 1, SHOWS
    shop.attributes = {
        "saccade_session": TOKEN,
        "saccade_arm": "treatment",
        "saccade_offer": "decision-later",
        "saccade_text": "Your payment failed",
    }
    await visited(shop, page)
    assert "Your payment failed" not in await page.content()
    await until(lambda: shop.written)
    assert shop.written == [{"saccade_text": ""}]


async def test_an_empty_cart_is_left_alone_until_something_is_in_it(shop: Shop, page: Page) -> None:
    shop.consent, shop.server.later = YES, SHOWS
    await visited(shop, page)
    await shop.server.until("/v1/signals")
    assert shop.written == []
    assert len(shop.server.all("/v1/experience")) == 1
    await page.evaluate("fetch('/cart/add.js', { method: 'POST' })")
    await until(lambda: shop.written)
    assert shop.attributes["saccade_offer"] == "decision-later"
