"""Stand-ins for a shop on Shopify and for our server, each on an origin of its own.

The shop serves one page, the extension's asset, and the cart's routes; it knows the cart's
attributes as a shop does. Our server is the tracker's stand, which also gives consent receipts.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from adapters.shopify.storefront.listening import answering, served
from adapters.shopify.storefront.node import THEME, rendered
from tracker.pages import SITE
from tracker.stand import Seen, Stand

TOKEN = f"{'a' * 32}.{'b' * 32}"
"""What the server calls the session it begins."""

PRODUCT = 8_011_234_567_890

_SOMEWHERE = "https://ours.invalid"
"""Stands for our server while Liquid renders, so that what is rendered once serves every test."""

_SHOP = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<style>body{margin:0} section{height:900px} aside{height:200px}</style>
<script>
  window.consent = CONSENT;
  window.Shopify = {
    loadFeatures(features, done) {
      window.features = features;
      setTimeout(() => {
        if (!CONSENT) return done(new Error("blocked"));
        Shopify.customerPrivacy = {
          analyticsProcessingAllowed: () => consent.analytics,
          preferencesProcessingAllowed: () => consent.preferences,
        };
        done();
      }, 10);
    },
  };
  window.answer = (analytics, preferences = analytics) => {
    window.consent = { analytics, preferences };
    document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail: {
      analyticsAllowed: analytics, preferencesAllowed: preferences } }));
  };
</script></head><body>
<main id="main"><section id="hero"><h1 data-saccade-slot="headline">Kestrel</h1></section>
<section id="story"></section>SLOTS<section id="end"></section></main>
EMBED</body></html>
"""


class Server(Stand):
    """Ours: as the tracker's, and with receipts of consent."""

    later: object = None
    """What was decided ahead for the page after the purchase."""

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        shared = {"Access-Control-Allow-Origin": "*"}
        if request.path == "/v1/consent":
            said = self.seen[-1].body
            given = all(
                value for key in ("shopify", "purposes") for value in said.get(key, {}).values()
            )
            token = TOKEN if given and "session_id" not in said else None
            return web.json_response({"given": given, "session_id": token}, headers=shared)
        if request.path == "/v1/experience" and request.query.get("moment") == "confirmation":
            return web.json_response(self.later, headers=shared)
        return await super()._answer(request)


@dataclass
class Shop:
    """A shop's storefront, and what was asked of its cart."""

    server: Server
    origin: str = ""
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    items: int = 0
    consent: str = "null"
    """JavaScript: what the shopper has answered; ``null``: the API never loads."""
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of the app embed, over the usual ones."""
    context: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of Liquid, over a product page's."""
    slots: str = ""
    written: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    """Attributes of each call of ``/cart/update.js``."""

    def embed(self) -> str:
        """The app embed as Liquid makes it for the next page."""
        context: dict[str, Any] = {
            "block": {
                "settings": {
                    "server": _SOMEWHERE,
                    "site": SITE,
                    "consent": "shopify",
                    **self.settings,
                }
            },
            "request": {"page_type": "product", "locale": {"iso_code": "de-AT"}},
            "product": {"id": PRODUCT},
            "routes": {"cart_update_url": "/cart/update"},
            "cart": {
                "item_count": self.items,
                "currency": {"iso_code": "EUR"},
                "attributes": self.attributes,
            },
            **self.context,
        }
        return rendered("embed", **context).replace(_SOMEWHERE, self.server.server)

    def page(self) -> str:
        """The whole page."""
        parts = {"EMBED": self.embed(), "SLOTS": self.slots, "CONSENT": self.consent}
        page = _SHOP
        for name, text in parts.items():
            page = page.replace(name, text)
        return page

    async def answer(self, request: web.Request) -> web.Response:
        """One request of the shop's origin."""
        if request.path == "/saccade.js":
            script = (THEME / "assets" / "saccade.js").read_text("utf-8")
            return web.Response(text=script, content_type="text/javascript")
        if request.path == "/cart/update.js":
            changed: Mapping[str, str] = (await request.json())["attributes"]
            self.written.append(changed)
            self.attributes.update(changed)
            return web.json_response({"attributes": self.attributes})
        if request.path.startswith("/cart/add"):
            self.items += 1
            return web.json_response({"id": 1})
        if request.path == "/empty":
            return web.Response(text="<!doctype html>", content_type="text/html")
        page = await asyncio.to_thread(self.page)
        return web.Response(text=page, content_type="text/html")

    @property
    def told(self) -> list[Seen]:
        """Everything our server was asked."""
        return self.server.seen


@asynccontextmanager
async def shop_open() -> AsyncGenerator[Shop]:
    """Both on free ports of the loopback."""
    server = Server()
    shop = Shop(server)
    async with (
        served(answering(server.answer)) as server.server,
        served(answering(shop.answer)) as shop.origin,
    ):
        yield shop
