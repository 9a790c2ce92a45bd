"""What a shop let the app do, and what needs it."""

from collections.abc import Iterable

import msgspec

from saccade.catalog import CatalogError
from saccade_shopify.graphql import Graphql

_GRANTED = "query granted { currentAppInstallation { accessScopes { handle } } }"

CATALOG = ("read_products", "read_inventory")
OFFERS = ("read_products", "write_products", "read_orders")
"""Orders are read, and tables written at products."""
PIXEL = ("write_pixels", "read_customer_events")
"""The pixel is switched on, and hears."""
PROXY = "write_app_proxy"
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
_FIX = (
    "`shopify app deploy` with them in shopify.app.toml (access_scopes), then open the app in that "
    "shop's admin, which asks"
)
_READ, _WRITE = "read_", "write_"


class ScopeError(CatalogError):
    """The shop did not grant it. Asking again is of no use before it has agreed to more."""

    def __init__(self, shop: str, lacking: Iterable[str]) -> None:
        self.problem, self.fix = f"did not grant {', '.join(lacking)}", _FIX
        super().__init__(f"{shop} {self.problem}. Fix: {self.fix}")


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


def need(shop: str, wanted: Iterable[str], given: Iterable[str]) -> None:
    """Raises `ScopeError`."""
    if lacking := missing(wanted, given):
        raise ScopeError(shop, lacking)


def told(scope: str) -> tuple[str, ...] | None:
    """As a token's answer lists them; ``None`` where it does not: Shopify says it itself then."""
    return tuple(scope.replace(" ", "").split(",")) if scope else None


def missing(wanted: Iterable[str], given: Iterable[str]) -> tuple[str, ...]:
    """Those not given; whoever may write may read."""
    have = set(given)
    have |= {one.replace(_WRITE, _READ, 1) for one in have if one.startswith(_WRITE)}
    return tuple(sorted(set(wanted) - have))


def of_topics(topics: Iterable[str]) -> frozenset[str]:
    """What subscriptions to classic webhooks need; the app's own and the law's need nothing."""
    families = {topic.partition("/")[0] for topic in topics}
    return frozenset(scope for family, scope in _OF_TOPICS.items() if family in families)
