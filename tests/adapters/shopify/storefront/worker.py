"""The web pixel in a worker of Chromium's, as Shopify's strict sandbox runs it: without a page.

Shopify's side is a stand-in: `analytics.subscribe`, `init`, `customerPrivacy`, `browser.cookie`.
"""

from typing import Any

from playwright.async_api import Page

from adapters.shopify.storefront.node import bundles
from adapters.shopify.storefront.stand import Shop
from tracker.pages import SITE

_WORKER = """
const heard = new Map();
const on = (name, work) => heard.set(name, work);
const { privacy, settings, attributes, cookie } = SETUP;
self.shopify = { extend: (point, start) => start({
  settings,
  analytics: { subscribe: on },
  customerPrivacy: { subscribe: on },
  init: { customerPrivacy: privacy, data: { cart: attributes && { attributes } }, context: {} },
  browser: { cookie: { get: async (name) => (name === "saccade_session" ? cookie : "") } },
}) };
onmessage = async ({ data: [name, event] }) => {
  await heard.get(name)?.(event);
  postMessage([...heard.keys()]);
};
"""

YES = {
    "analyticsProcessingAllowed": True,
    "preferencesProcessingAllowed": True,
    "marketingAllowed": False,
    "saleOfDataAllowed": False,
}


async def started(shop: Shop, page: Page, **setup: Any) -> None:
    """The pixel in its worker."""
    given = {
        "privacy": YES,
        "settings": {"server": shop.server.server, "site": SITE},
        "attributes": None,
        "cookie": "",
        **setup,
    }
    await page.goto(f"{shop.origin}/empty")
    await page.evaluate(
        """([code, setup, pixel]) => {
          const text = code.replace("SETUP", JSON.stringify(setup)) + pixel;
          const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
          window.worker = new Worker(address, { type: "module" });
        }""",
        [_WORKER, given, bundles()["index.js"]],
    )


async def hears(page: Page, name: str, event: object) -> list[str]:
    """Publish an event; what the pixel listens to, after it has heard it."""
    names: list[str] = await page.evaluate(
        """(told) => new Promise((done) => {
          worker.onmessage = ({ data }) => done(data);
          worker.postMessage(told);
        })""",
        [name, event],
    )
    return names
