"""The thank-you and order-status extension in Chromium, with the network cut (R72)."""

import json
import time
from importlib import resources
from typing import Any

import pytest
from playwright.async_api import Page, Request

from adapters.shopify.storefront.node import FOLDER, bundles
from adapters.shopify.storefront.stand import Shop
from saccade_demo.shopify.after_purchase import BUNDLE

in_chromium = pytest.mark.asyncio(loop_scope="session")

MOST = 64 * 1024
"""Bytes of a checkout extension's bundle."""

CARRIED = {"session": "v.s", "arm": "treatment", "offer": "decision-1"}
OFFER = {
    "product": "7",
    "title": "Case <b>in oak</b>",
    "path": "/products/case-in-oak",
    "price": "30.00",
    "currency": "EUR",
    "value": 1.5,
}
LOCALES = FOLDER / "extensions" / "saccade-thank-you" / "locales"
NEVER_SET: dict[str, str] = {}
ALLOWED = {"analytics": True, "preferences": True}

_RENDER = """async ([code, api]) => {
  window.published = [];
  window.shopify = {
    ...api,
    shop: { storefrontUrl: "https://shop.example" },
    i18n: {
      translate: (key, values) => api.said[key].replace("{{title}}", values?.title),
      formatCurrency: (amount, { currency }) => `${amount.toFixed(2)} ${currency}`,
    },
    analytics: { publish: async (name, data) => published.push([name, data]) > 0 },
  };
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  (await import(address)).default();
  await new Promise((done) => setTimeout(done, 50));
}"""


@pytest.fixture(params=["ThankYou.js", "OrderStatus.js"])
def script(request: pytest.FixtureRequest) -> str:
    """Each of the two pages' bundles."""
    return bundles()[request.param]


async def rendered(
    page: Page,
    script: str,
    *,
    carried: dict[str, str] = CARRIED,
    settings: dict[str, str] = NEVER_SET,
    allowed: dict[str, bool] = ALLOWED,
    language: str = "en.default",
    **table: Any,
) -> list[str]:
    """Show the page after the purchase; the addresses it asked for."""
    whole = {
        "version": 1,
        "until": time.time() + 60,
        "shares": [0.05, 0.5],
        "offers": [OFFER],
        **table,
    }
    api = {
        "attributes": {
            "value": [{"key": f"saccade_{name}", "value": text} for name, text in carried.items()]
        },
        "lines": {
            "value": [
                {
                    "merchandise": {"product": {"id": "gid://shopify/Product/1"}},
                    "cost": {"totalAmount": {"amount": 300, "currencyCode": "EUR"}},
                }
            ]
        },
        "appMetafields": {
            "value": [
                {
                    "target": {"type": "product", "id": "gid://shopify/Product/1"},
                    "metafield": {
                        "namespace": "$app",
                        "key": "saccade_offers",
                        "value": json.dumps(whole),
                    },
                }
            ]
        },
        "settings": {"value": settings},
        "customerPrivacy": {"value": {"allowedProcessing": allowed}},
        "said": json.loads((LOCALES / f"{language}.json").read_text("utf-8")),
    }
    asked: list[str] = []

    def ask(request: Request) -> None:
        asked.append(request.url)

    page.on("request", ask)
    await page.context.set_offline(True)
    await page.evaluate(_RENDER, [script, api])
    return [address for address in asked if not address.startswith("blob:")]


@pytest.mark.browser
@in_chromium
async def test_the_offer_is_shown_with_the_network_cut(shop: Shop, page: Page, script: str) -> None:
    await page.goto(f"{shop.origin}/empty")
    assert await rendered(page, script) == []
    assert await page.inner_text("s-section") == (
        "Case <b>in oak</b>30.00 EURSee Case <b>in oak</b>"
    )
    assert await page.get_attribute("s-section", "heading") == "Goes well with your order"
    assert await page.get_attribute("s-link", "href") == "https://shop.example/products/case-in-oak"
    told = {"session": "v.s", "decision": "decision-1"}
    assert await page.evaluate("published") == [["saccade:offer_shown", told]]
    await page.dispatch_event("s-link", "click")
    assert await page.evaluate("published[1]") == ["saccade:offer_clicked", told]


@pytest.mark.browser
@in_chromium
@pytest.mark.parametrize(
    ("said", "heading"),
    [
        (" For <i>you</i> ", "For <i>you</i>"),
        (" ", "Passt zu Ihrer Bestellung"),
        (None, "Passt zu Ihrer Bestellung"),
    ],
    ids=["by the merchant", "blank", "never set"],
)
async def test_the_merchant_says_what_stands_above_it_else_we_do_in_the_buyers_language(
    shop: Shop, page: Page, script: str, said: str | None, heading: str
) -> None:
    await page.goto(f"{shop.origin}/empty")
    await rendered(page, script, settings={"heading": said} if said else {}, language="de")
    assert await page.get_attribute("s-section", "heading") == heading


STRANGE = "Your payment failed, call 0100"


@pytest.mark.browser
@in_chromium
async def test_no_word_of_a_strangers_link_is_on_the_page(
    shop: Shop, page: Page, script: str
) -> None:
    """`/cart/ID:1?attributes[…]=…` writes any attribute on the cart of whoever follows it."""
    named = ("text", "heading", "title", "path", "settings")
    await page.goto(f"{shop.origin}/empty")
    await rendered(page, script, carried={**CARRIED, **dict.fromkeys(named, STRANGE)})
    assert await page.get_attribute("s-section", "heading") == "Goes well with your order"
    assert STRANGE not in await page.content()
    told = {"session": CARRIED["session"], "decision": CARRIED["offer"]}
    assert await page.evaluate("published") == [["saccade:offer_shown", told]]


NOTHING: dict[str, dict[str, Any]] = {
    "control": {"carried": {**CARRIED, "arm": "control"}},
    "not decided": {"carried": {**CARRIED, "offer": ""}},
    "a stranger's words for a decision": {"carried": {**CARRIED, "offer": STRANGE}},
    "a stranger's words for a session": {"carried": {**CARRIED, "session": STRANGE}},
    "no consent, or never seen": {"carried": {}},
    "consent taken back": {"allowed": {**ALLOWED, "preferences": False}},
    "not to be measured": {"allowed": {**ALLOWED, "analytics": False}},
    "R20": {"offers": [{**OFFER, "price": "10.00"}]},
    "table over": {"until": 1},
}


@pytest.mark.browser
@in_chromium
@pytest.mark.full
async def test_else_the_page_stays_empty(shop: Shop, page: Page, script: str) -> None:
    for why, changed in NOTHING.items():
        await anew(shop, page)
        assert await rendered(page, script, **changed) == [], why
        assert await page.inner_html("body") == "", why
        assert await page.evaluate("published") == [], why
    await anew(shop, page)
    await rendered(page, script)
    assert await page.inner_html("body") != ""  # nothing changed, and it is there


async def anew(shop: Shop, page: Page) -> None:
    """An empty page: on one that was drawn on, another copy of the script draws nothing."""
    await page.context.set_offline(False)
    await page.goto(f"{shop.origin}/empty")


def test_what_the_lab_runs_is_what_the_source_builds() -> None:
    held = resources.files("saccade_demo.shopify").joinpath("built", BUNDLE)
    script = bundles()["ThankYou.js"]
    assert held.read_text("utf-8") == script  # node bundle.mjs FOLDER, and copy ThankYou.js


def test_a_bundle_is_small_and_cannot_call_anybody(script: str) -> None:
    print(f"{len(script.encode())} bytes")  # noqa: T201 - the figure asked for
    assert len(script.encode()) <= MOST
    for never in ("fetch(", "XMLHttpRequest", "sendBeacon", "WebSocket", "importScripts"):
        assert never not in script
