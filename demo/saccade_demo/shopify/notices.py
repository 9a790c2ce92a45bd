"""What webhooks say: the REST shapes of products, stock, carts, checkouts, orders and people."""

from decimal import Decimal

from saccade.domain import JsonObject
from saccade_demo.shopify.products import (
    CURRENCY,
    LOCATION,
    Product,
    Variant,
    gid,
    iso,
    money,
)

SHOWN_VARIANTS = 100
"""A webhook shows no more; ``variant_gids`` names them all."""


def product(one: Product) -> JsonObject:
    """``products/create`` and ``products/update``."""
    return {
        "admin_graphql_api_id": gid("Product", one.id),
        "body_html": one.html,
        "created_at": iso(one.created_at),
        "handle": one.handle,
        "id": one.id,
        "product_type": one.kind,
        "published_at": iso(one.created_at),
        "template_suffix": None,
        "title": one.title,
        "updated_at": iso(one.updated_at),
        "vendor": one.vendor,
        "status": one.status.lower(),
        "published_scope": "global",
        "tags": ", ".join(one.tags),
        "variants": [variant(one, each) for each in one.variants[:SHOWN_VARIANTS]],
        "options": [
            {"name": name, "id": one.id + number, "product_id": one.id, "position": number}
            for number, name in enumerate(one.options, 1)
        ],
        "images": [],
        "image": None,
        "media": [],
        "variant_gids": [
            {
                "admin_graphql_api_id": gid("ProductVariant", each.id),
                "updated_at": iso(each.updated_at),
            }
            for each in one.variants
        ],
        "has_variants_that_requires_components": False,
        "category": None,
    }


def variant(one: Product, each: Variant) -> JsonObject:
    """One of a product's variants."""
    options = (*each.options.values(), None, None, None)
    return {
        "admin_graphql_api_id": gid("ProductVariant", each.id),
        "barcode": None,
        "compare_at_price": None,
        "created_at": iso(one.created_at),
        "id": each.id,
        "inventory_policy": "deny",
        "position": one.variants.index(each) + 1,
        "price": money(each.price),
        "product_id": one.id,
        "sku": each.sku,
        "taxable": True,
        "title": each.title,
        "updated_at": iso(each.updated_at),
        "option1": options[0],
        "option2": options[1],
        "option3": options[2],
        "image_id": None,
        "inventory_item_id": each.item,
        "inventory_quantity": each.available,
        "old_inventory_quantity": each.available,
    }


def inventory_level(each: Variant) -> JsonObject:
    """``inventory_levels/update``: it names neither variant nor product."""
    return {
        "inventory_item_id": each.item,
        "location_id": LOCATION,
        "available": each.available,
        "updated_at": iso(each.updated_at),
        "admin_graphql_api_id": (
            f"{gid('InventoryLevel', LOCATION)}?inventory_item_id={each.item}"
        ),
    }


def deleted(number: int) -> JsonObject:
    """``products/delete``, ``customers/delete``."""
    return {"id": number}


def line(one: Product, each: Variant, quantity: int, number: int) -> JsonObject:
    """Of a cart, a checkout or an order."""
    return {
        "id": number,
        "quantity": quantity,
        "variant_id": each.id,
        "key": f"{each.id}:{number}",
        "product_id": one.id,
        "title": one.title,
        "variant_title": each.title,
        "sku": each.sku,
        "vendor": one.vendor,
        "price": money(each.price),
        "line_price": money(each.price * quantity),
        "gift_card": False,
        "grams": 0,
        "price_set": amounts(each.price),
    }


def amounts(amount: Decimal) -> JsonObject:
    """Money in the shop's currency and in the shopper's."""
    told = {"amount": money(amount), "currency_code": CURRENCY}
    return {"shop_money": told, "presentment_money": dict(told)}


def shop(number: int, domain: str) -> JsonObject:
    """``app/uninstalled``: the shop itself."""
    return {
        "id": number,
        "name": domain.partition(".")[0].title(),
        "domain": domain,
        "myshopify_domain": domain,
        "currency": CURRENCY,
        "iana_timezone": "Europe/Berlin",
        "plan_name": "basic",
    }


def scopes_update(number: int, domain: str, before: str, now: str, at: float) -> JsonObject:
    """``app/scopes_update``."""
    return {
        "id": number,
        "previous": before.split(","),
        "current": now.split(","),
        "updated_at": iso(at),
        "shop_id": str(number),
        "shop_domain": domain,
    }


def compliance(
    topic: str, number: int, domain: str, customer: int | None, orders: list[int]
) -> JsonObject:
    """One of the three; ``customer`` is ``None`` for ``shop/redact``."""
    told: JsonObject = {"shop_id": number, "shop_domain": domain}
    if customer is not None:
        told["customer"] = {"id": customer, "email": None, "phone": None}
    if topic == "customers/redact":
        told["orders_to_redact"] = orders
    if topic == "customers/data_request":
        told |= {"orders_requested": orders, "data_request": {"id": number}}
    return told
