"""The objects a theme's Liquid sees: amounts in cents, addresses within the shop."""

import json
from collections.abc import Mapping, Sequence

from saccade.domain import JsonObject
from saccade_demo.shopify.products import CURRENCY, DEFAULT_TITLE, Product, Variant, gid
from saccade_demo.shopify.sales import Cart, Order
from saccade_demo.shopify.shop import Shop

ROUTES = {
    "root_url": "/",
    "all_products_collection_url": "/collections/all",
    "cart_url": "/cart",
    "cart_add_url": "/cart/add",
    "cart_change_url": "/cart/change",
    "cart_update_url": "/cart/update",
    "cart_clear_url": "/cart/clear",
}


def shop(one: Shop) -> JsonObject:
    """``shop``."""
    name = one.domain.partition(".")[0].replace("-", " ").title()
    return {"name": name, "permanent_domain": one.domain, "currency": CURRENCY}


def request(page_type: str, path: str) -> JsonObject:
    """``request``."""
    return {
        "page_type": page_type,
        "path": path,
        "design_mode": False,
        "locale": {"iso_code": "en"},
    }


def product(of: Shop, one: Product) -> JsonObject:
    """``product``."""
    variants = [variant(one, each) for each in one.variants]
    available = [each for each in variants if each["available"]]
    return {
        "id": one.id,
        "title": one.title,
        "handle": one.handle,
        "url": f"/products/{one.handle}",
        "vendor": one.vendor,
        "type": one.kind,
        "tags": list(one.tags),
        "description": one.html,
        "price": _cents(one.variants[0]),
        "available": bool(available),
        "options": list(one.options),
        "has_only_default_variant": [each.title for each in one.variants] == [DEFAULT_TITLE],
        "featured_image": {"src": one.pictures[0], "alt": one.title},
        "images": [{"src": picture, "alt": one.title} for picture in one.pictures],
        "variants": variants,
        "selected_or_first_available_variant": (available or variants)[0],
        "details": [{"name": name, "value": value} for name, value in one.details],
        "metafields": metafields(of, gid("Product", one.id)),
    }


def variant(one: Product, each: Variant) -> JsonObject:
    """``variant``."""
    return {
        "id": each.id,
        "title": each.title,
        "sku": each.sku,
        "price": _cents(each),
        "available": each.available > 0,
        "url": f"/products/{one.handle}?variant={each.id}",
    }


def metafields(of: Shop, owner: str) -> JsonObject:
    """``metafields.NAMESPACE.KEY.value``."""
    found: JsonObject = {}
    for (holder, space, key), one in of.metafields.items():
        if holder == owner:
            value = json.loads(one["value"]) if one["type"] == "json" else one["value"]
            found.setdefault(space, {})[key] = {"value": value, "type": one["type"]}
    return found


def cart(one: Cart, variants: Mapping[int, tuple[Product, Variant]]) -> JsonObject:
    """``cart``, and what ``/cart.js`` answers."""
    items = [_line(*variants[number], count) for number, count in one.quantities.items()]
    total = sum(item["final_line_price"] for item in items)
    return {
        "token": one.token,
        "note": one.note,
        "attributes": dict(one.attributes),
        "item_count": sum(one.quantities.values()),
        "items": items,
        "total_price": total,
        "original_total_price": total,
        "requires_shipping": bool(items),
        "currency": CURRENCY,
    }


def as_liquid(one: JsonObject) -> JsonObject:
    """A cart as themes see it: its currency is an object there."""
    return {**one, "currency": {"iso_code": one["currency"]}}


def order(one: Order) -> JsonObject:
    """``order``, on the page after the purchase."""
    return {"name": f"#{one.number}", "total_price": int(one.total * 100)}


def collection(of: Shop, title: str, products: Sequence[Product]) -> JsonObject:
    """``collection``."""
    return {"title": title, "products": [product(of, one) for one in products]}


def _line(one: Product, each: Variant, count: int) -> JsonObject:
    return {
        "id": each.id,
        "variant_id": each.id,
        "product_id": one.id,
        "title": one.title,
        "product_title": one.title,
        "quantity": count,
        "price": _cents(each),
        "final_line_price": _cents(each) * count,
        "url": f"/products/{one.handle}?variant={each.id}",
        "handle": one.handle,
    }


def _cents(each: Variant) -> int:
    return int(each.price * 100)
