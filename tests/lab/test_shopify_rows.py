"""Rows of the requirements as a shop of Shopify's has them, over real HTTP."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from lab.shopify_house import YES, Browser, ShopifyLab, running
from saccade_demo.shopify.scene import NAME, SECRET

SPEAKER = 7_000_000_650_404
SEEN = {"visit_count": 1, "session_duration_ms": 6_000, "scroll_speed_px_sec": 900}

OFFER = """
[[campaign]]
id = "free-delivery"
moment = "product"
slot = "reassurance"
template = "free_shipping"
parameters = { text = "Delivered for nothing, today" }
"""


@pytest_asyncio.fixture
async def shop(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[ShopifyLab]:
    async with running(tmp_path, getattr(request, "param", OFFER)) as one:
        await one.install()
        yield one


@pytest_asyncio.fixture
async def browser(shop: ShopifyLab) -> AsyncIterator[Browser]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        yield Browser(shop, client)


async def looks(browser: Browser, session: str, **more: Any) -> Any:
    """At the speaker's page; what it shows."""
    about = {"session_id": session, "product_id": str(SPEAKER)}
    await browser.tell("/v1/signals", {**about, **SEEN, **more})
    return await browser.ask("/v1/experience", session=session, product=str(SPEAKER))


async def buys(shop: ShopifyLab, browser: Browser, session: str) -> None:
    """In the shop, which tells the server by its webhooks."""
    variant = shop.scene.shop.products[SPEAKER].variants[0].id
    await browser.shop("/cart/add.js", {"id": variant})
    await browser.shop("/cart/update.js", {"attributes": {"saccade_session": session}})
    await browser.shop("/checkout")


async def test_a_purchase_suppresses_the_offer_on_the_open_page(
    shop: ShopifyLab, browser: Browser
) -> None:  # R18
    session = (await browser.tell("/v1/consent", YES))["session_id"]
    other = (await browser.tell("/v1/consent", YES))["session_id"]
    offered = await looks(browser, session)
    assert [one["slot"] for one in offered["instructions"]] == ["reassurance"] * 2
    await buys(shop, browser, session)
    began, now = time.monotonic(), offered
    while now["decision_id"] == offered["decision_id"]:
        assert time.monotonic() - began < 2, "the row's own limit"
        await asyncio.sleep(0.05)
        now = await browser.ask("/v1/experience", session=session, product=str(SPEAKER))
    assert (now["reason"], now["served"], now["instructions"]) == ("SUPPRESSED", "default", [])
    before, after = [
        (await shop.journaled(one["decision_id"]))["eligible"] for one in (offered, now)
    ]
    assert set(before) - set(after) == {"free-delivery"}, "R17: a buyer's are others"
    assert (await looks(browser, other))["instructions"], "who did not buy is still offered it"


async def signs_in(browser: Browser, session: str, customer: int | None) -> str:
    """Shopify says who it is, through its app proxy; the token to go on with."""
    told = {
        "logged_in_customer_id": "" if customer is None else str(customer),
        "path_prefix": "/apps/saccade",
        "saccade_session": session,
        "shop": f"{NAME}.myshopify.com",
        "timestamp": str(int(time.time())),
    }
    said = "".join(f"{name}={told[name]}" for name in sorted(told))
    told["signature"] = hmac.new(SECRET.encode(), said.encode(), hashlib.sha256).hexdigest()
    answer = await browser.through_the_proxy("identify", told)
    assert answer["identified"] is (customer is not None)
    return str(answer["session_id"])


def visitor(token: str) -> str:
    """Whose it is."""
    return token.partition(".")[0]


async def test_who_signs_in_is_one_person_on_every_device_and_no_other(
    shop: ShopifyLab, browser: Browser
) -> None:  # R45
    phone, laptop = [(await browser.tell("/v1/consent", YES))["session_id"] for _ in range(2)]
    await looks(browser, phone, scroll_reversals=6)
    assert visitor(phone) != visitor(laptop)
    assert await signs_in(browser, phone, None) == phone, "nobody is signed in"
    anna = await signs_in(browser, phone, 11)
    again = await signs_in(browser, laptop, 11)
    assert visitor(again) == visitor(anna) == visitor(phone), "the older trail goes on"
    ben = await signs_in(browser, again, 22)
    assert visitor(ben) != visitor(anna), "a shared device makes no two people one"
    trail = await shop.trail(anna)
    assert trail.profile
    assert len(trail.profile.people) == 1
    assert [one.signals.scroll_reversals for one in trail.sessions.values()][:1] == [6]
    other = (await shop.trail(ben)).profile
    assert other
    assert set(other.people).isdisjoint(trail.profile.people)


async def test_without_a_yes_nothing_is_kept_decided_or_journaled(
    shop: ShopifyLab, browser: Browser
) -> None:  # R60; Shopify 21
    def no(purpose: str) -> dict[str, Any]:
        return {"shopify": {**YES["shopify"], purpose: False}}

    session = (await browser.tell("/v1/consent", YES))["session_id"]
    assert (await looks(browser, session))["instructions"]
    await signs_in(browser, session, 11)
    assert (await shop.trail(session)).profile
    refused = no("preferencesProcessingAllowed")
    await browser.tell("/v1/consent", {**refused, "session_id": session})
    shown = await looks(browser, session)
    assert (shown["reason"], shown["instructions"]) == ("NO_CONSENT", [])
    await signs_in(browser, session, 11)
    await buys(shop, browser, session)
    await shop.told_of("orders/paid")
    trail = await shop.trail(session)
    assert not trail.sessions
    assert trail.profile is not None
    assert (trail.profile.consent, trail.profile.people) == (False, ())
    assert await shop.named(visitor(session)) == 0


FALLS_BACK = """
[[campaign]]
id = "slow-down"
moment = "product"
slot = "{slot}"
template = "banner"
modes = ["overwhelmed"]
parameters = {{ text = "Take your time" }}
"""


@pytest.mark.parametrize(
    ("shop", "served", "slots"),
    [
        (FALLS_BACK.format(slot="announcement"), "rule", {"announcement"}),
        (FALLS_BACK.format(slot="reassurance"), "default", set[str]()),
    ],
    indirect=["shop"],
    ids=["a cached rule", "the page's own"],
)
async def test_a_slot_falls_back_as_the_shop_has_it(
    browser: Browser, served: str, slots: set[str]
) -> None:  # R23
    """`announcement` has ``fallback = "rule"`` in the tenant's file, `reassurance` has none."""
    session = (await browser.tell("/v1/consent", YES))["session_id"]
    shown = await browser.ask("/v1/experience", session=session, product=str(SPEAKER))
    assert (shown["reason"], shown["served"]) == ("LOW_CONFIDENCE", served)
    assert {one["slot"] for one in shown["instructions"]} == slots
