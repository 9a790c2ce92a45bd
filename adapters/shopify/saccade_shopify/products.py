"""Products as a webhook tells them: whole, or only that they changed."""

from collections.abc import Iterable
from decimal import Decimal

from saccade.deliveries import CatalogPage, Refetch
from saccade.domain import Product
from saccade_shopify import payloads
from saccade_shopify.payloads import Variant, amount, plain

ACTIVE = "active"
"""Of a product's states the one a storefront shows."""

MOST_ITEMS = 200_000
"""Inventory items whose product is remembered, of one shop; beyond them the oldest is asked for."""

_SOLD_ANYWAY = "continue"


class Items:
    """The product each inventory item belongs to, which a change of stock does not tell.

    Filled by what passes, in memory: an item that is not known is asked for (Shopify 12).
    """

    def __init__(self, most: int = MOST_ITEMS) -> None:
        self._products: dict[str, str] = {}
        self._most = most

    def product(self, item: str) -> str | None:
        """Whose it is."""
        return self._products.get(item)

    def belong(self, items: Iterable[str], product: str) -> None:
        """Remember whose they are."""
        for item in items:
            if item not in self._products and len(self._products) >= self._most:
                del self._products[next(iter(self._products))]
            self._products[item] = product


def changed(
    product: payloads.Product, currency: str | None, items: Items
) -> CatalogPage | Refetch | None:
    """The product as told; asked for where it is not all told, ``None`` where it is not named.

    A webhook shows 100 variants at most (Shopify 13), and never a price's currency.
    """
    name = plain(product.id)
    if name is None:
        return None
    variants = product.variants or ()
    items.belong(filter(None, (plain(one.inventory_item_id) for one in variants)), name)
    inactive = product.status is not None and product.status.lower() != ACTIVE
    if inactive or product.published_at is None:
        return CatalogPage((), (name,))
    told = product.title is not None and product.status is not None and bool(variants)
    if not told or currency is None or len(product.variant_gids or ()) > len(variants):
        return Refetch((name,))
    return CatalogPage(
        (
            Product(
                id=name,
                name=product.title or "",
                categories=categories(product.product_type, product.tags),
                price=cheapest(one.price for one in variants),
                currency=currency,
                in_stock=_in_stock(variants),
            ),
        )
    )


def removed(product: payloads.Product) -> CatalogPage | None:
    """A deleted product."""
    name = plain(product.id)
    return None if name is None else CatalogPage((), (name,))


def categories(kind: str | None, tags: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Its type, then its tags; each once, in the order told."""
    split = tags.split(",") if isinstance(tags, str) else tags or ()
    named = (one.strip() for one in (kind or "", *split))
    return tuple(dict.fromkeys(one for one in named if one))


def cheapest(prices: Iterable[Decimal | None]) -> str | None:
    """The lowest price, as a storefront shows a product of several."""
    known = [price for price in prices if price is not None and price.is_finite()]
    return amount(min(known)) if known else None


def _in_stock(variants: Iterable[Variant]) -> bool | None:
    """Whether any can be bought; ``None`` where none is known to be and some are not told."""
    known = [_can_be_bought(one) for one in variants]
    if True in known:
        return True
    return None if None in known else False


def _can_be_bought(variant: Variant) -> bool | None:
    if variant.inventory_policy == _SOLD_ANYWAY or variant.inventory_management is None:
        return True
    return None if variant.inventory_quantity is None else variant.inventory_quantity > 0
