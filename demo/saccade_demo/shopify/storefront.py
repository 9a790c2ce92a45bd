"""The shop's storefront: pages of its theme, the cart's calls, and a checkout that asks nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from aiohttp import web

from saccade.domain import JsonObject
from saccade_demo import catalog
from saccade_demo.drawings import media
from saccade_demo.shopify import drops
from saccade_demo.shopify.after_purchase import AFTER_PURCHASE, AfterPurchase
from saccade_demo.shopify.liquid import EXTENSION, Extension, Renderer
from saccade_demo.shopify.products import Product
from saccade_demo.shopify.sales import Cart, Order
from saccade_demo.shopify.selling import Till, UnknownVariantError
from saccade_demo.shopify.shop import Shop

THEME = Path(__file__).parent / "theme"
RELATED = 4
_COOKIE = "cart"
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Customised:
    """What the merchant did in the theme editor. ``embed`` is ``None`` while it is switched off."""

    embed: Mapping[str, Any] | None = None
    blocks: Mapping[str, Sequence[Mapping[str, Any]]] = field(
        default_factory=dict[str, Sequence[Mapping[str, Any]]]
    )
    """Settings of the app blocks ``slot`` by template: ``product``, ``collection``, ``cart``."""
    offer_block: Mapping[str, str] | None = None
    """Of the checkout editor: settings of the app's block on the pages after the purchase. ``None``
    while it is not placed."""


class Storefront:
    """Of one shop. An app's embed and blocks are there while the app is installed."""

    def __init__(self, shop: Shop, extension: Extension, customised: Customised) -> None:
        self._shop = shop
        self._renderer = Renderer(THEME, extension)
        self._extension = AfterPurchase(extension.folder.parent / AFTER_PURCHASE)
        self.customised = customised
        self.till = Till(shop)

    def routes(self) -> list[web.RouteDef]:
        """Everything a shopper's browser asks for."""
        return [
            web.get("/", self.home),
            web.get("/collections/{handle}", self.collection),
            web.get("/products/{handle}", self.product),
            web.get("/cart", self.cart_page),
            web.get("/cart.js", self.cart),
            web.post("/cart/{change}", self.change),
            web.post("/checkout", self.check_out),
            web.get("/checkouts/{token}/thank-you", self.thank_you),
            web.get("/orders/{number}", self.order),
            web.get(f"/extensions/{EXTENSION}/assets/{{name}}", self.asset),
            web.get("/dawn.css", _style),
            web.get("/{name:(?:runtime|checkout)}.js", _script),
            *media.routes(catalog.load()),
        ]

    async def home(self, request: web.Request) -> web.Response:
        """Every product, under the page type a theme calls ``index``."""
        shown = drops.collection(self._shop, "Everything", list(self._shown()))
        return self._page(request, "index", "collection", {"collection": shown}, "Everything")

    async def collection(self, request: web.Request) -> web.Response:
        """One of the lab's categories, or ``all``."""
        handle = request.match_info["handle"]
        titles = {"all": "Everything"} | {
            c.handle: c.title for one in self._shown() for c in one.collections
        }
        if handle not in titles:
            raise web.HTTPNotFound
        found = [
            one
            for one in self._shown()
            if handle == "all" or handle in {c.handle for c in one.collections}
        ]
        shown = drops.collection(self._shop, titles[handle], found)
        values = {"collection": shown}
        return self._page(request, "collection", "collection", values, titles[handle])

    async def product(self, request: web.Request) -> web.Response:
        """One product's page."""
        found = {one.handle: one for one in self._shown()}
        one = found.get(request.match_info["handle"])
        if one is None:
            raise web.HTTPNotFound
        family = [other for other in self._shown() if other.kind == one.kind and other is not one]
        values: JsonObject = {
            "product": drops.product(self._shop, one),
            "related": [drops.product(self._shop, other) for other in family[:RELATED]],
        }
        return self._page(request, "product", "product", values, one.title)

    async def cart_page(self, request: web.Request) -> web.Response:
        """What the shopper has chosen."""
        return self._page(request, "cart", "cart", {}, "Your cart")

    async def cart(self, request: web.Request) -> web.Response:
        """The Ajax API's cart."""
        cart = self.till.cart(request.cookies.get(_COOKIE))
        return _with_cart(web.json_response(self._told(cart), headers=_NO_STORE), cart)

    async def change(self, request: web.Request) -> web.Response:
        """``add``, ``change``, ``update`` and ``clear``, each also with ``.js``."""
        change, _, is_ajax = request.match_info["change"].partition(".")
        asked = await _asked(request)
        cart = self.till.cart(request.cookies.get(_COOKIE))
        try:
            self._change(change, cart, asked)
        except (UnknownVariantError, ValueError, TypeError, AttributeError, KeyError):
            told = {"status": 422, "message": "Cart Error", "description": "Cannot be changed"}
            return web.json_response(told, status=422)
        if not is_ajax:
            return _with_cart(web.Response(status=302, headers={"Location": "/cart"}), cart)
        return _with_cart(web.json_response(self._told(cart), headers=_NO_STORE), cart)

    def _change(self, change: str, cart: Cart, asked: JsonObject) -> None:
        if change == "add":
            for one in asked.get("items") or [asked]:
                number = int(one["id"])
                before = cart.quantities.get(number, 0)
                self.till.set(cart, number, before + int(one.get("quantity") or 1))
        elif change == "change":
            self.till.set(cart, int(str(asked["id"]).partition(":")[0]), int(asked["quantity"]))
        elif change == "update":
            self._update(cart, asked)
        elif change == "clear":
            cart.quantities.clear()
            self.till.tell(cart)
        else:
            raise KeyError(change)

    def _update(self, cart: Cart, asked: JsonObject) -> None:
        attributes: JsonObject = asked.get("attributes") or {}
        for name, value in attributes.items():
            cart.attributes[name] = str(value)
            if not value:
                del cart.attributes[name]
        updates: JsonObject = asked.get("updates") or {}
        for number, quantity in updates.items():
            self.till.set(cart, int(number), int(quantity))
        cart.note = str(asked.get("note", cart.note))
        self.till.tell(cart)

    async def check_out(self, request: web.Request) -> web.Response:
        """The cart becomes a checkout and, nothing being asked, an order at once."""
        cart = self.till.cart(request.cookies.get(_COOKIE))
        if not cart.quantities:
            return web.Response(status=302, headers={"Location": "/cart"})
        self.till.begin(cart)
        order = self.till.place(cart)
        place = f"/checkouts/{order.checkout}/thank-you"
        response = web.Response(status=302, headers={"Location": place})
        response.del_cookie(_COOKIE)
        return response

    async def thank_you(self, request: web.Request) -> web.Response:
        """The page after the purchase."""
        token = request.match_info["token"]
        found = [one for one in self.till.orders.values() if one.checkout == token]
        return self._ordered(request, found[-1] if found else None)

    async def order(self, request: web.Request) -> web.Response:
        """The page of an order's state, to which its confirmation leads."""
        number = request.match_info["number"]
        order = self.till.orders.get(int(number)) if number.isdecimal() else None
        return self._ordered(request, order)

    def _ordered(self, request: web.Request, order: Order | None) -> web.Response:
        if order is None:
            raise web.HTTPNotFound
        placed = self.customised.offer_block if self._shop.is_installed else None
        values: JsonObject = {"order": drops.order(order), "extension": None}
        if placed is not None:
            origin = str(request.url.origin())
            values["extension"] = self._extension.told(self._shop, order, origin, placed)
        return self._page(request, "order", "order", values, "Thank you")

    async def asset(self, request: web.Request) -> web.Response:
        """A file of the extension's, as Shopify's CDN serves it."""
        found = self._renderer.extension.asset(request.match_info["name"])
        if found is None or not self._shop.is_installed:
            raise web.HTTPNotFound
        return web.Response(body=found, content_type="text/javascript")

    def _shown(self) -> list[Product]:
        return [one for one in self._shop.products.values() if one.status == "ACTIVE"]

    def _told(self, cart: Cart) -> JsonObject:
        return drops.cart(cart, self._shop.variants)

    def _page(
        self,
        request: web.Request,
        page_type: str,
        template: str,
        values: Mapping[str, object],
        title: str,
    ) -> web.Response:
        cart = self.till.cart(request.cookies.get(_COOKIE))
        known: dict[str, object] = {
            **values,
            "shop": drops.shop(self._shop),
            "request": drops.request(page_type, request.path),
            "routes": drops.ROUTES,
            "cart": drops.as_liquid(self._told(cart)),
            "collections": self._menu(),
            "page_title": title,
        }
        is_installed = self._shop.is_installed
        blocks = self.customised.blocks.get(template, ()) if is_installed else ()
        known["app_blocks"] = "".join(
            self._renderer.block("slot", settings, known) for settings in blocks
        )
        embed = self.customised.embed if is_installed else None
        known["content_for_embeds"] = (
            "" if embed is None else self._renderer.block("embed", embed, known)
        )
        known["content_for_header"] = (
            f'<script src="/runtime.js" data-shop="{self._shop.domain}"></script>'
        )
        known["content_for_layout"] = self._renderer.template(template, known)
        text = self._renderer.template("layout", known)
        response = web.Response(text=text, content_type="text/html", headers=_NO_STORE)
        return _with_cart(response, cart)

    def _menu(self) -> list[JsonObject]:
        titles = {c.handle: c.title for one in self._shown() for c in one.collections}
        return [{"title": t, "url": f"/collections/{h}"} for h, t in sorted(titles.items())]


def _with_cart(response: web.Response, cart: Cart) -> web.Response:
    response.set_cookie(_COOKIE, cart.token, path="/", samesite="Lax", max_age=14 * 86_400)
    return response


async def _asked(request: web.Request) -> JsonObject:
    if request.content_type == "application/json":
        told: JsonObject = json.loads(await request.read() or b"{}")
        return told
    return {key: str(value) for key, value in (await request.post()).items()}


async def _style(request: web.Request) -> web.Response:  # noqa: ARG001 - a handler's signature
    text = resources.files("saccade_demo.storefronts").joinpath("static", "dawn.css").read_text()
    return web.Response(text=text, content_type="text/css")


async def _script(request: web.Request) -> web.Response:
    text = (THEME / f"{request.match_info['name']}.js").read_text("utf-8")
    return web.Response(text=text, content_type="text/javascript")
