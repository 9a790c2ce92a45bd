"""What a shop let the app do, and what needs it."""

from collections.abc import Iterable

import msgspec

from saccade_shopify.graphql import Graphql

_GRANTED = "query granted { currentAppInstallation { accessScopes { handle } } }"

OF_THE_CATALOG = ("read_products", "read_inventory")
OF_THE_PROXY = "write_app_proxy"
_OF_TOPICS = {
    "products": "read_products",
    "inventory_levels": "read_inventory",
    "inventory_items": "read_inventory",
    "carts": "read_orders",
    "checkouts": "read_orders",
    "orders": "read_orders",
    "refunds": "read_orders",
    "customers": "read_customers",
}
FIX = "Fix: `shopify app deploy` with them, then open the app in that shop's admin, which asks"
_READ, _WRITE = "read_", "write_"


class _Scope(msgspec.Struct):
    handle: str = ""


class _Installation(msgspec.Struct, rename="camel"):
    access_scopes: tuple[_Scope, ...] = ()


class _Said(msgspec.Struct, rename="camel"):
    current_app_installation: _Installation = msgspec.field(default_factory=_Installation)


async def ask(graphql: Graphql) -> frozenset[str]:
    """Those of one shop, as it says now. Raises `CatalogError`."""
    said = await graphql.ask(_GRANTED, {}, _Said)
    return frozenset(one.handle for one in said.current_app_installation.access_scopes)


def missing(wanted: Iterable[str], given: Iterable[str]) -> tuple[str, ...]:
    """Those not given; whoever may write may read."""
    have = set(given)
    have |= {one.replace(_WRITE, _READ, 1) for one in have if one.startswith(_WRITE)}
    return tuple(sorted(set(wanted) - have))


def of_topics(topics: Iterable[str]) -> frozenset[str]:
    """What subscriptions to classic webhooks need; the app's own and the law's need nothing."""
    families = {topic.partition("/")[0] for topic in topics}
    return frozenset(scope for family, scope in _OF_TOPICS.items() if family in families)
