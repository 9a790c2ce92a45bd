"""The GraphQL Admin API's types as far as the app asks for them."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from saccade.domain import JsonObject
from saccade_demo.shopify import nodes
from saccade_demo.shopify.graphql.lexing import GraphqlError
from saccade_demo.shopify.graphql.types import (
    Arguments,
    Connection,
    FieldType,
    Schema,
    connection,
    scalars,
)
from saccade_demo.shopify.products import Product
from saccade_demo.shopify.sales import Order
from saccade_demo.shopify.shop import Shop

ORDERS_SHOWN_S = 60 * 86_400.0
"""Older ones are shown to apps with ``read_all_orders``."""

_Thing = TypeVar("_Thing")
_TERM = re.compile(
    r"""(?P<name>[a-z_]+):(?P<op><=|>=|<|>)?(?:'(?P<quoted>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>[^\s()]+))"""
)

_SORTS: dict[str, Callable[[Product], Any]] = {
    "ID": lambda product: product.id,
    "TITLE": lambda product: (product.title, product.id),
    "UPDATED_AT": lambda product: (product.updated_at, product.id),
    "CREATED_AT": lambda product: (product.created_at, product.id),
}
"""Any: keys of one sort compare with one another."""

_OF: dict[str, Callable[[Product], str]] = {
    "id": lambda product: str(product.id),
    "handle": lambda product: product.handle,
    "status": lambda product: product.status.lower(),
    "vendor": lambda product: product.vendor.lower(),
    "product_type": lambda product: product.kind.lower(),
    "updated_at": lambda product: nodes.iso(product.updated_at),
    "created_at": lambda product: nodes.iso(product.created_at),
}


_OF_ORDERS: dict[str, Callable[[Order], str]] = {
    "id": lambda order: str(order.id),
    "created_at": lambda order: nodes.iso(order.created_at),
}


def searched(
    things: Sequence[_Thing], query: str | None, known: Mapping[str, Callable[[_Thing], str]]
) -> list[_Thing]:
    """Those a search text means: terms ``name:value``, all of which must hold.

    Raises `GraphqlError` for what the stand-in does not know, where the platform would pass it
    over: a test must notice.
    """
    found = list(things)
    for term in (query or "").replace(" AND ", " ").split():
        match = _TERM.fullmatch(term)
        if match is None or match["name"] not in known:
            raise GraphqlError(f"the stand-in does not know the search term {term!r}")
        value = match["quoted"] or match["double"] or match["bare"] or ""
        of, op = known[match["name"]], match["op"] or "="
        found = [one for one in found if _holds(of(one), op, value.lower(), match)]
    return found


def _holds(has: str, op: str, value: str, match: re.Match[str]) -> bool:
    if match["name"] == "id":
        left, right = f"{int(has):020d}", f"{int(value.rpartition('/')[2]):020d}"
    elif match["name"].endswith("_at"):
        left, right = has.lower()[: len(value)], value.replace("+00:00", "z")
    else:
        left, right = has, value
    return {
        "=": left == right,
        "<": left < right,
        ">": left > right,
        "<=": left <= right,
        ">=": left >= right,
    }[op]


def schema(shop: Shop, mutations: dict[str, FieldType], roots: dict[str, FieldType]) -> Schema:
    """All types; ``mutations`` and ``roots`` come with those of bulk operations."""
    return {**_things(shop), **_apps(), "QueryRoot": _roots(shop) | roots, "Mutation": mutations}


def _roots(shop: Shop) -> dict[str, FieldType]:
    def products(_: JsonObject, given: Arguments) -> Connection:
        found = searched(list(shop.products.values()), given.get("query"), _OF)
        sort = str(given.get("sortKey") or "ID")
        if sort not in _SORTS:
            raise GraphqlError(f"the stand-in does not sort products by {sort}")
        return Connection([nodes.product(one) for one in sorted(found, key=_SORTS[sort])])

    def variants(_: JsonObject, given: Arguments) -> Connection:
        found = searched(list(shop.products.values()), given.get("query"), _OF)
        return Connection([nodes.variant(one, each) for one in found for each in one.variants])

    def pixel(_: JsonObject, __: Arguments) -> JsonObject:
        if shop.pixel is None:
            raise GraphqlError("No web pixel was found for this app.", "RESOURCE_NOT_FOUND")
        return shop.pixel

    def by_id(_: JsonObject, given: Arguments) -> JsonObject | None:
        return nodes.node(shop, given.get("id"))

    def by_ids(_: JsonObject, given: Arguments) -> list[JsonObject | None]:
        ids: list[object] = given.get("ids") or []
        if len(ids) > nodes.MOST_IDS:
            raise GraphqlError(f"ids: at most {nodes.MOST_IDS}", "MAX_INPUT_SIZE_EXCEEDED")
        return [nodes.node(shop, one) for one in ids]

    one_id = frozenset({"id"})
    return {
        "shop": FieldType("Shop", lambda _, __: nodes.shop(shop)),
        "products": connection("Product", products),
        "orders": connection("Order", lambda _, given: _orders(shop, given)),
        "webPixel": FieldType("WebPixel", pixel, frozenset({"id"})),
        "productVariants": connection("ProductVariant", variants),
        "productsCount": FieldType(
            "Count",
            lambda _, given: nodes.count(
                len(searched(list(shop.products.values()), given.get("query"), _OF))
            ),
            frozenset({"query", "limit"}),
        ),
        "product": FieldType("Product", by_id, one_id),
        "productVariant": FieldType("ProductVariant", by_id, one_id),
        "inventoryItem": FieldType("InventoryItem", by_id, one_id),
        "node": FieldType("Node", by_id, one_id),
        "nodes": FieldType("Node", by_ids, frozenset({"ids"})),
        "webhookSubscriptions": connection(
            "WebhookSubscription",
            lambda _, __: Connection([nodes.subscription(o) for o in shop.subscriptions.values()]),
            "topics",
        ),
        "currentAppInstallation": FieldType(
            "AppInstallation", lambda _, __: nodes.installation(shop)
        ),
    }


def _orders(shop: Shop, given: Arguments) -> Connection:
    since = shop.clock() - ORDERS_SHOWN_S
    shown = [one for one in shop.orders.values() if one.created_at >= since]
    found = searched(shown, given.get("query"), _OF_ORDERS)
    made: dict[int, JsonObject] = {}

    def named(one: Product) -> JsonObject:
        if one.id not in made:
            made[one.id] = nodes.product(one)
        return made[one.id]

    return Connection([nodes.order(one, named) for one in sorted(found, key=lambda one: one.id)])


def _things(shop: Shop) -> Schema:
    metafield = FieldType("Metafield", nodes.metafield_of(shop), frozenset({"namespace", "key"}))
    levels = connection("InventoryLevel", lambda item, _: Connection(item["_levels"]))
    return {
        "Node": scalars("id"),
        "Count": scalars("count", "precision"),
        "Shop": {
            **scalars("id", "name", "myshopifyDomain", "url", "currencyCode", "ianaTimezone"),
            "primaryDomain": FieldType("Domain"),
            "plan": FieldType("ShopPlan"),
            "metafield": metafield,
        },
        "Domain": scalars("host", "url"),
        "ShopPlan": scalars("publicDisplayName", "partnerDevelopment", "shopifyPlus"),
        "Product": {
            **scalars("id", "legacyResourceId", "handle", "title", "vendor", "productType"),
            **scalars("status", "tags", "createdAt", "updatedAt", "publishedAt", "description"),
            **scalars("descriptionHtml", "totalInventory", "tracksInventory", "isGiftCard"),
            **scalars("onlineStoreUrl", "hasOnlyDefaultVariant"),
            "options": FieldType("ProductOption", arguments=frozenset({"first"})),
            "priceRangeV2": FieldType("ProductPriceRangeV2"),
            "variantsCount": FieldType("Count"),
            "featuredMedia": FieldType("MediaImage"),
            "collections": connection("Collection", lambda one, _: Connection(one["_collections"])),
            "variants": connection("ProductVariant", lambda one, _: Connection(one["_variants"]())),
            "metafield": metafield,
        },
        "ProductOption": scalars("id", "name", "position", "values"),
        "ProductPriceRangeV2": {
            "minVariantPrice": FieldType("MoneyV2"),
            "maxVariantPrice": FieldType("MoneyV2"),
        },
        "MoneyV2": scalars("amount", "currencyCode"),
        "MediaImage": scalars("id", "alt"),
        "Collection": scalars("id", "handle", "title"),
        "ProductVariant": {
            **scalars("id", "legacyResourceId", "title", "displayName", "sku", "price"),
            **scalars("compareAtPrice", "barcode", "position", "inventoryQuantity"),
            **scalars("inventoryPolicy", "availableForSale", "createdAt", "updatedAt"),
            "selectedOptions": FieldType("SelectedOption"),
            "inventoryItem": FieldType("InventoryItem", lambda one, _: one["_item"]()),
            "product": FieldType("Product", lambda one, _: one["_product"]()),
            "metafield": metafield,
        },
        "SelectedOption": scalars("name", "value"),
        "InventoryItem": {
            **scalars("id", "legacyResourceId", "sku", "tracked", "updatedAt"),
            "variant": FieldType("ProductVariant", lambda one, _: one["_variant"]()),
            "inventoryLevels": levels,
        },
        "InventoryLevel": {
            **scalars("id", "updatedAt"),
            "location": FieldType("Location"),
            "quantities": FieldType("InventoryQuantity", nodes.quantities, frozenset({"names"})),
        },
        "InventoryQuantity": scalars("name", "quantity"),
        "Location": scalars("id", "name"),
        "Order": {
            **scalars("id", "name", "test", "createdAt", "cancelledAt", "currencyCode"),
            "lineItems": connection("LineItem", lambda one, _: Connection(one["_lines"])),
        },
        "LineItem": {
            **scalars("id", "title", "quantity"),
            "product": FieldType("Product", lambda one, _: one["_product"]()),
        },
        "Metafield": scalars("id", "namespace", "key", "type", "value", "updatedAt", "ownerType"),
    }


def _apps() -> Schema:
    return {
        "AppInstallation": {
            **scalars("id"),
            "accessScopes": FieldType("AccessScope"),
        },
        "AccessScope": scalars("handle", "description"),
        "WebhookSubscription": {
            **scalars("id", "topic", "uri", "format", "name", "createdAt"),
            "apiVersion": FieldType("ApiVersion"),
        },
        "ApiVersion": scalars("handle", "supported"),
        "UserError": scalars("field", "message", "code"),
        "WebPixel": scalars("id", "settings"),
    }
