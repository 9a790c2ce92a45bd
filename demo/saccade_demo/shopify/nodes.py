"""The shop's things as GraphQL objects. Keys with an underscore are ours: no field names one."""

from collections.abc import Callable
from functools import partial

from saccade.domain import JsonObject
from saccade_demo.shopify.apps import Subscription
from saccade_demo.shopify.graphql.types import Arguments
from saccade_demo.shopify.products import (
    CURRENCY,
    DEFAULT_TITLE,
    LOCATION,
    Product,
    Variant,
    gid,
    iso,
    money,
)
from saccade_demo.shopify.sales import Order
from saccade_demo.shopify.shop import INSTALLATION, SHOP_NUMBER, Shop

__all__ = ["MOST_IDS", "iso", "node", "product", "variant"]

MOST_IDS = 250


def node(shop: Shop, name: object) -> JsonObject | None:
    """The object of a global id; ``None`` where there is none."""
    kind, _, number = str(name).removeprefix("gid://shopify/").partition("/")
    if not number.isdecimal():
        return None
    if kind == "Product":
        found = shop.products.get(int(number))
        return None if found is None else product(found)
    if kind == "ProductVariant" and int(number) in shop.variants:
        return variant(*shop.variants[int(number)])
    if kind == "InventoryItem":
        for one, each in shop.variants.values():
            if each.item == int(number):
                return item(one, each)
    return None


def product(one: Product) -> JsonObject:
    """``Product``."""
    prices = sorted(each.price for each in one.variants)
    return {
        "__typename": "Product",
        "id": gid("Product", one.id),
        "legacyResourceId": str(one.id),
        "handle": one.handle,
        "title": one.title,
        "vendor": one.vendor,
        "productType": one.kind,
        "status": one.status,
        "tags": list(one.tags),
        "createdAt": iso(one.created_at),
        "updatedAt": iso(one.updated_at),
        "publishedAt": iso(one.created_at),
        "description": one.html.removeprefix("<p>").removesuffix("</p>"),
        "descriptionHtml": one.html,
        "totalInventory": sum(each.available for each in one.variants),
        "tracksInventory": True,
        "isGiftCard": False,
        "onlineStoreUrl": f"/products/{one.handle}",
        "hasOnlyDefaultVariant": [each.title for each in one.variants] == [DEFAULT_TITLE],
        "options": [
            {
                "id": gid("ProductOption", one.id + number),
                "name": name,
                "position": number,
                "values": list(dict.fromkeys(each.options[name] for each in one.variants)),
            }
            for number, name in enumerate(one.options, 1)
        ],
        "priceRangeV2": {
            "minVariantPrice": {"amount": money(prices[0]), "currencyCode": CURRENCY},
            "maxVariantPrice": {"amount": money(prices[-1]), "currencyCode": CURRENCY},
        },
        "variantsCount": count(len(one.variants)),
        "featuredMedia": {"id": gid("MediaImage", one.id), "alt": one.title},
        "_collections": [
            {"id": gid("Collection", c.id), "handle": c.handle, "title": c.title}
            for c in one.collections
        ],
        "_variants": lambda: [variant(one, each) for each in one.variants],
    }


def variant(one: Product, each: Variant) -> JsonObject:
    """``ProductVariant``."""
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", each.id),
        "legacyResourceId": str(each.id),
        "title": each.title,
        "displayName": f"{one.title} - {each.title}",
        "sku": each.sku,
        "price": money(each.price),
        "compareAtPrice": None,
        "barcode": None,
        "position": one.variants.index(each) + 1,
        "inventoryQuantity": each.available,
        "inventoryPolicy": "DENY",
        "availableForSale": each.available > 0,
        "createdAt": iso(one.created_at),
        "updatedAt": iso(each.updated_at),
        "selectedOptions": [{"name": k, "value": v} for k, v in each.options.items()],
        "_item": lambda: item(one, each),
        "_product": lambda: product(one),
    }


def item(one: Product, each: Variant) -> JsonObject:
    """``InventoryItem``."""
    return {
        "__typename": "InventoryItem",
        "id": gid("InventoryItem", each.item),
        "legacyResourceId": str(each.item),
        "sku": each.sku,
        "tracked": True,
        "updatedAt": iso(each.updated_at),
        "_variant": lambda: variant(one, each),
        "_levels": [
            {
                "id": f"{gid('InventoryLevel', LOCATION)}?inventory_item_id={each.item}",
                "updatedAt": iso(each.updated_at),
                "location": {"id": gid("Location", LOCATION), "name": "The lab"},
                "_available": each.available,
            }
        ],
    }


def order(one: Order, named: Callable[[Product], JsonObject]) -> JsonObject:
    """``Order``, with nothing of a person. ``named`` makes a ``Product``, once for many orders."""
    return {
        "__typename": "Order",
        "id": gid("Order", one.id),
        "name": f"#{one.number}",
        "test": one.is_test,
        "createdAt": iso(one.created_at),
        "cancelledAt": None if one.cancelled_at is None else iso(one.cancelled_at),
        "currencyCode": CURRENCY,
        "_lines": [
            {
                "id": gid("LineItem", one.id * 100 + number),
                "title": of.title,
                "quantity": count,
                "_product": partial(named, of),
            }
            for number, (of, _, count) in enumerate(one.lines)
        ],
    }


def quantities(level: JsonObject, given: Arguments) -> list[JsonObject]:
    """Of an inventory level, by state; the lab's goods are never on their way."""
    names: list[str] = given.get("names") or []
    held = {"available": level["_available"], "on_hand": level["_available"]}
    return [{"name": name, "quantity": held.get(name, 0)} for name in names]


def count(number: int) -> JsonObject:
    """``Count``."""
    return {"count": number, "precision": "EXACT"}


def shop(one: Shop) -> JsonObject:
    """``Shop``."""
    return {
        "id": gid("Shop", SHOP_NUMBER),
        "name": one.domain.partition(".")[0].title(),
        "myshopifyDomain": one.domain,
        "url": f"https://{one.domain}",
        "currencyCode": CURRENCY,
        "ianaTimezone": "Europe/Berlin",
        "primaryDomain": {"host": one.domain, "url": f"https://{one.domain}"},
        "plan": {
            "publicDisplayName": "Basic",
            "partnerDevelopment": True,
            "shopifyPlus": False,
        },
    }


def installation(one: Shop) -> JsonObject:
    """``AppInstallation``: that of the app which asks."""
    return {
        "id": gid("AppInstallation", INSTALLATION),
        "accessScopes": [
            {"handle": scope, "description": scope.replace("_", " ")}
            for scope in (one.scope or "").split(",")
            if scope
        ],
    }


def subscription(one: Subscription) -> JsonObject:
    """``WebhookSubscription``."""
    return {
        "id": gid("WebhookSubscription", one.id or 0),
        "topic": one.topic.upper().replace("/", "_"),
        "uri": one.uri,
        "format": "JSON",
        "name": one.name or None,
        "createdAt": iso(0),
        "apiVersion": {"handle": "2026-10", "supported": True},
    }


def metafield_of(one: Shop) -> Callable[[JsonObject, Arguments], JsonObject | None]:
    """The resolver of an owner's ``metafield``."""

    def found(owner: JsonObject, given: Arguments) -> JsonObject | None:
        space = namespace(one, str(given.get("namespace") or "$app"))
        return one.metafields.get((owner["id"], space, str(given.get("key"))))

    return found


def namespace(one: Shop, name: str) -> str:
    """``$app:rest`` is reserved for the app that asks: ``app--NUMBER--rest``."""
    reserved = f"app--{one.app.number}"
    if name == "$app":
        return reserved
    return f"{reserved}--{name[5:]}" if name.startswith("$app:") else name
