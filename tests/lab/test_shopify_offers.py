"""The page after the purchase, from an install to an offer in Chromium (R72), over real HTTP."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import Browser, Frame, Request

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from lab.shopify_house import ShopifyLab, running
from lab.shopper import Shopper
from lab.waiting import until
from saccade.domain import Arm
from saccade_demo.shopify.products import gid
from saccade_demo.shopify.scene import AFTER, NAME, PRODUCT
from saccade_shopify import factory, offers

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SPEAKER = 7_000_000_650_404
PRICE = 379.0
STRANGE = "Your payment failed, call 0100"
"""As a link to a cart writes it there for whoever follows it."""
YES = {"shopify": {"analyticsProcessingAllowed": True, "preferencesProcessingAllowed": True}}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ShopifyLab]:
    async with running(tmp_path_factory.mktemp("shop"), holdout=0.5) as one:
        await one.install()
        await until(lambda: table(one, SPEAKER) is not None)
        yield one


def table(shop: ShopifyLab, product: int) -> dict[str, Any] | None:
    """As our app wrote it into the shop."""
    lab = shop.scene.shop
    held = lab.metafields.get((gid("Product", product), f"app--{lab.app.number}", offers.KEY))
    return None if held is None else json.loads(held["value"])


async def somebody(shop: ShopifyLab, arm: Arm) -> str:
    """A session's token, given by the server, of that side of the holdout."""
    site, origin = {"site": NAME}, {"Origin": shop.url}
    async with ClientSession(raise_for_status=True) as client:
        for _ in range(100):
            async with client.post(
                f"{shop.server}/v1/consent", params=site, headers=origin, json=YES
            ) as answer:
                token: str = (await answer.json())["session_id"]
            if shop.arm(token) is arm:
                return token
    raise AssertionError("a hundred visitors on one side")


@asynccontextmanager
async def bought(
    browser: Browser, shop: ShopifyLab, arm: Arm
) -> AsyncGenerator[tuple[Shopper, list[str]]]:
    """On the page after the purchase; and what the extension's frame asked for from then on."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    shopper = Shopper(context, shop)
    cookies = {"saccade_session": await somebody(shop, arm), "_tracking_consent": "yes"}
    await context.add_cookies(
        [{"name": name, "value": value, "url": shop.url} for name, value in cookies.items()]
    )
    await shopper.begin()
    await shopper.visit(f"{shop.url}/products/{PRODUCT}")
    await shopper.page.wait_for_selector("script[src*='/tracker.js']", state="attached")
    await shopper.pass_time(3)
    await shopper.page.click("[name=add]")
    await shopper.page.wait_for_url(f"{shop.url}/cart")
    till = shop.scene.storefront.till
    for _ in range(40):  # the tracker tells in its own time whose cart it is
        await shopper.pass_time(1)
        if any("saccade_arm" in cart.attributes for cart in till.carts):
            break
    await shopper.page.click("[name=checkout]")
    await shopper.page.wait_for_url("**/thank-you")
    await shopper.pass_time(1)
    asked: list[str] = []

    def ask(request: Request) -> None:
        if request.frame.parent_frame and not request.url.startswith(("blob:", "data:")):
            asked.append(request.url)

    context.on("request", ask)
    assert shopper.complaints == []
    yield shopper, asked
    await context.close()


async def shown_again(shopper: Shopper) -> Frame:
    """The extension, run once more on the page that is there."""
    await shopper.page.evaluate("checkout.show()")
    handle = await shopper.page.query_selector("#checkout-extension iframe")
    frame = None if handle is None else await handle.content_frame()
    assert frame is not None
    await frame.wait_for_load_state()
    await shopper.pass_time(1)
    return frame


async def test_with_the_network_cut_the_offer_of_the_live_order_is_shown(
    shop: ShopifyLab, browser: Browser
) -> None:  # R72, R39
    scene = shop.scene.shop
    await until(lambda: scene.pixel is not None)
    key = json.loads(str((scene.pixel or {})["settings"]))
    assert key == {"server": shop.server, "site": NAME}
    written = table(shop, SPEAKER)
    assert written is not None
    fitting = [one for one in written["offers"] if PRICE / 20 <= float(one["price"]) <= PRICE / 2]
    async with bought(browser, shop, Arm.TREATMENT) as (shopper, asked):
        order = list(shop.scene.storefront.till.orders.values())[-1]
        assert order.cart.attributes["saccade_arm"] == "treatment"
        order.cart.attributes["saccade_text"] = STRANGE
        await shopper.page.reload()
        await shopper.context.set_offline(True)
        asked.clear()
        frame = await shown_again(shopper)
        assert fitting[0]["title"] in await frame.inner_text("s-section")
        assert await frame.get_attribute("s-link", "href") == shop.url + fitting[0]["path"]
        heading = await frame.get_attribute("s-section", "heading")
        assert heading == AFTER["heading"]
        assert STRANGE not in await frame.inner_html("s-section")
        told = {
            "session": order.cart.attributes["saccade_session"],
            "decision": order.cart.attributes["saccade_offer"],
        }
        published = await shopper.page.evaluate("checkout.published")
        assert published[-1] == ["saccade:offer_shown", told]
        assert asked == []  # nobody is asked for anything

        await shopper.context.set_offline(False)
        tried = "url => fetch(url).then(() => 'reached', () => 'refused')"
        assert await frame.evaluate(tried, f"{shop.url}/cart.js") == "refused"
        assert f"{shop.url}/cart.js" not in asked  # and could not be: its place admits no call
    record = await shop.journaled(told["decision"])
    assert (record["arm"], record["chosen"]) == ("treatment", "goes-well")


async def test_whoever_is_held_out_is_shown_none(shop: ShopifyLab, browser: Browser) -> None:
    # R72, R54: the arm is carried by the cart
    async with bought(browser, shop, Arm.CONTROL) as (shopper, asked):
        order = list(shop.scene.storefront.till.orders.values())[-1]
        assert order.cart.attributes["saccade_arm"] == "control"
        assert "saccade_offer" not in order.cart.attributes
        order.cart.attributes["saccade_offer"] = "a-decision"  # the arm alone is enough
        await shopper.page.reload()
        await shopper.context.set_offline(True)
        asked.clear()
        frame = await shown_again(shopper)
        assert await frame.locator("s-section").count() == 0
        assert await shopper.page.evaluate("checkout.published") == []
        assert asked == []


async def test_the_second_time_only_what_changed_is_written(shop: ShopifyLab) -> None:
    # R72, Shopify 17
    scene = shop.scene.shop
    hosting = factory._hosting
    assert hosting is not None
    await until(lambda: not hosting.upkeep._tasks)
    before = {key: held["updatedAt"] for key, held in scene.metafields.items()}
    assert before
    shop.clock.ahead_s += 60  # Shopify tells times to the second
    sold_out = int(table(shop, SPEAKER)["offers"][0]["product"])  # type: ignore[index] # it is there
    for variant in scene.products[sold_out].variants:
        scene.stock(variant.id, 0)
    naming = {
        key for key, held in scene.metafields.items() if f'"product":"{sold_out}"' in held["value"]
    }
    hosting._offers.drop(scene.domain)  # as if the next reconciliation had come
    await hosting._keep_offers(scene.domain)
    after = {key: held["updatedAt"] for key, held in scene.metafields.items()}
    assert {key for key in before if before[key] != after.get(key)} == naming
