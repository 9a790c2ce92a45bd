"""The stand-in's theme in real Chromium: consent, an experience and its way back, cart, order."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from lab.shopify_house import ShopifyLab, running
from lab.shopper import Shopper
from saccade_demo.shopify import sales
from saccade_demo.shopify.scene import PRODUCT

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LOOKED_AT = ".accordion__content li >> nth=2"
ORDER = """() => [...document.querySelector(".product__info-container").children].map(
  ({ className }) => className.match(/product__(\\w+)/)?.[1] || className)"""
HTML = "document.body.outerHTML"


@pytest_asyncio.fixture(loop_scope="session")
async def shop(tmp_path: Path) -> AsyncIterator[ShopifyLab]:
    async with running(tmp_path) as one:
        await one.install()
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def shopper(browser: Browser, shop: ShopifyLab) -> AsyncIterator[Shopper]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    yield Shopper(context, shop)
    await context.close()


async def test_after_a_yes_the_theme_answers_somebody_who_compares_and_takes_it_back(
    shop: ShopifyLab, shopper: Shopper
) -> None:  # Shopify 21, R8, R41
    await shopper.begin()
    asked: list[str] = []
    shopper.page.on("request", lambda request: asked.append(request.url))
    await shopper.visit(f"{shop.url}/products/{PRODUCT}")
    await shopper.pass_time(2)
    assert not [url for url in asked if url.startswith(shop.server)]  # nothing before the yes
    before = await shopper.page.evaluate(ORDER)
    await shopper.page.click("text=Accept")
    await shopper.page.wait_for_selector("script[src*='/tracker.js']", state="attached")
    await shopper.scroll_to(LOOKED_AT)
    await shopper.rest_until("analytical", LOOKED_AT)
    await shopper.scroll_to("footer")
    await shopper.pass_time(1)
    after = await shopper.page.evaluate(ORDER)
    assert after != before
    assert sorted(after) == sorted(before)
    assert after[-1] == "description"
    assert await shopper.watched("shifts") == []
    record = await shop.journaled(shopper.answers[-1]["decision_id"])
    assert (record["chosen"], record["arm"]) == ("figures-first", "treatment")

    await shopper.page.evaluate("saccade.revert()")
    assert await shopper.page.evaluate(HTML) == await shopper.watched("made")
    assert shopper.complaints == []


async def test_what_is_bought_after_an_experience_is_its_outcome(
    shop: ShopifyLab, shopper: Shopper
) -> None:  # R23, R39: the cart carries the session, the order's webhook brings it back
    await shopper.begin()
    await shopper.visit(f"{shop.url}/products/{PRODUCT}")
    await shopper.page.click("text=Accept")
    await shopper.page.wait_for_selector("script[src*='/tracker.js']", state="attached")
    await shopper.scroll_to(LOOKED_AT)
    await shopper.rest_until("analytical", LOOKED_AT)
    decision = shopper.answers[-1]["decision_id"]
    await shopper.scroll_to("footer")  # where nobody looks, the page changes
    await shopper.pass_time(1)
    await shopper.scroll_to(".product__description")  # and is looked at
    await shopper.pass_time(3)
    await shopper.page.click("[name=add]")
    await shopper.page.wait_for_url(f"{shop.url}/cart")
    till = shop.scene.storefront.till
    for _ in range(40):  # the tracker tells in its own time whose cart it is
        await shopper.pass_time(1)
        if any("saccade_session" in cart.attributes for cart in till.carts):
            break
    await shopper.page.click("[name=checkout]")
    await shopper.page.wait_for_selector("text=was placed")
    outcome = await shop.outcome()
    record = await shop.journaled(decision)
    assert [one["slots"] for one in record["exposures"]] == [["description"]]
    who = record["request"]["identity"]
    assert (outcome["visitor"], outcome["session"]) == (who["visitor"], who["session"])
    (order,) = till.orders.values()
    assert outcome["order_id"] == str(order.id)
    assert (outcome["value"], outcome["currency"]) == (f"{order.total:.2f}", "USD")
    arms = {cart["name"]: cart["value"] for cart in sales.order(order)["note_attributes"]}
    assert arms["saccade_arm"] == "treatment"
