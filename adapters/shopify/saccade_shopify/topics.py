"""What each topic says: one reader a topic, of both families."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from saccade.deliveries import CatalogPage, Departure, Fact, Refetch
from saccade_shopify import compliance, products
from saccade_shopify.headers import Told
from saccade_shopify.payloads import (
    Basket,
    Compliance,
    Customer,
    InventoryLevel,
    Product,
    Refund,
    decoded,
    plain,
)
from saccade_shopify.products import Items
from saccade_shopify.sales import Sales

ITEM = "gid://shopify/InventoryItem/"
"""What `saccade_shopify.catalog` resolves to the product an item belongs to."""

UNINSTALLED = "app/uninstalled"
SHOP_REDACT = "shop/redact"
COMPLIANCE = frozenset({"customers/data_request", "customers/redact", SHOP_REDACT})
DEPARTURES = frozenset({UNINSTALLED, SHOP_REDACT})


class Context(NamedTuple):
    """What readers of one tenant's payloads share."""

    shop: str
    currency: str | None
    """Of the shop's prices, which no product tells."""
    items: Items
    sales: Sales


class Payload(NamedTuple):
    """A delivery, verified."""

    told: Told
    body: bytes
    at: float
    """When it was triggered, or else when it is read."""


Reader = Callable[[Context, Payload], Fact | None]
"""Raises ValueError, which names the field."""


def read(context: Context, payload: Payload) -> Fact | None:
    """What it says; ``None`` where nothing is made of it. Raises ValueError."""
    reader = (_NEXT_GEN if payload.told.next_gen else _CLASSIC).get(payload.told.topic)
    return None if reader is None else reader(context, payload)


def known(told: Told) -> bool:
    """Whether anything is made of the topic."""
    return told.topic in (_NEXT_GEN if told.next_gen else _CLASSIC)


# --- classic webhooks ------------------------------------------------------------------------


def _product(context: Context, payload: Payload) -> Fact | None:
    product = decoded(payload.body, Product)
    return products.changed(product, context.currency, context.items)


def _product_deleted(_: Context, payload: Payload) -> Fact | None:
    return products.removed(decoded(payload.body, Product))


def _inventory(context: Context, payload: Payload) -> Fact | None:
    item = plain(decoded(payload.body, InventoryLevel).inventory_item_id)
    return None if item is None else _stock(context, item)


def _stock(context: Context, item: str) -> Refetch:
    """One place of one variant says nothing of the product: the whole is asked for (Shopify 12)."""
    return Refetch((context.items.product(item) or f"{ITEM}{item}",))


def _cart(context: Context, payload: Payload) -> Fact | None:
    return context.sales.cart(decoded(payload.body, Basket), payload.at)


def _order(context: Context, payload: Payload) -> Fact | None:
    return context.sales.order(decoded(payload.body, Basket), payload.at)


def _cancelled(context: Context, payload: Payload) -> Fact | None:
    return context.sales.cancelled(decoded(payload.body, Basket), payload.at)


def _refund(context: Context, payload: Payload) -> Fact | None:
    return context.sales.refund(decoded(payload.body, Refund), payload.at)


def _customer_deleted(_: Context, payload: Payload) -> Fact | None:
    return compliance.deletion(decoded(payload.body, Customer))


def _data_request(context: Context, payload: Payload) -> Fact | None:
    return compliance.access(_asked(context, payload))


def _redact(context: Context, payload: Payload) -> Fact | None:
    return compliance.erasure(_asked(context, payload))


def _shop_redact(context: Context, payload: Payload) -> Fact | None:
    _ = _asked(context, payload)
    return Departure(purge=True)


def _uninstalled(_: Context, __: Payload) -> Fact | None:
    return Departure(purge=False)


def _nothing(_: Context, __: Payload) -> Fact | None:
    """Known, and nothing for the core: people are learnt of from visits, scopes from the token."""
    return None


def _asked(context: Context, payload: Payload) -> Compliance:
    """Raises ValueError for another shop's: a header is not signed, and this erases."""
    asked = decoded(payload.body, Compliance)
    if asked.shop_domain is not None and asked.shop_domain.lower() != context.shop:
        raise ValueError("shop_domain: is not the shop the delivery was sent for")
    return asked


_CLASSIC: Mapping[str, Reader] = {
    "products/create": _product,
    "products/update": _product,
    "products/delete": _product_deleted,
    "inventory_levels/update": _inventory,
    "carts/create": _cart,
    "carts/update": _cart,
    "checkouts/create": _cart,
    "checkouts/update": _cart,
    "checkouts/delete": _nothing,
    "orders/create": _order,
    "orders/paid": _order,
    "orders/cancelled": _cancelled,
    "refunds/create": _refund,
    "customers/create": _nothing,
    "customers/update": _nothing,
    "customers/delete": _customer_deleted,
    "customers/data_request": _data_request,
    "customers/redact": _redact,
    SHOP_REDACT: _shop_redact,
    UNINSTALLED: _uninstalled,
    "app/scopes_update": _nothing,
}


# --- the next family -------------------------------------------------------------------------
# Its body is what each subscription's own query asks for: what changed is told by the headers, and
# what it is now is asked for.


def _changed_product(_: Context, payload: Payload) -> Fact | None:
    name = plain(payload.told.resource)
    if name is None:
        return None
    gone = payload.told.action == "delete"
    return CatalogPage((), (name,)) if gone else Refetch((name,))


def _changed_item(context: Context, payload: Payload) -> Fact | None:
    """An inventory level's id carries its item's: ``InventoryLevel/1?inventory_item_id=2``."""
    _, _, item = payload.told.resource.partition("inventory_item_id=")
    found = item if item.isdecimal() else None
    if found is None and payload.told.topic == "inventoryitem":
        found = plain(payload.told.resource)
    return None if found is None else _stock(context, found)


_NEXT_GEN: Mapping[str, Reader] = {
    "product": _changed_product,
    "inventoryitem": _changed_item,
    "inventorylevel": _changed_item,
}
