"""Products as the Admin API gives them, alone and in the lines of a bulk operation's file."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from saccade.domain import Product
from saccade_shopify.payloads import amount, plain
from saccade_shopify.products import ACTIVE, Items, categories

FIELDS = (
    "id title productType tags status publishedAt "
    "priceRangeV2 { minVariantPrice { amount currencyCode } }"
)
VARIANT = "id availableForSale inventoryItem { id }"
PRODUCT = "gid://shopify/Product/"


class _Money(msgspec.Struct, rename="camel"):
    amount: Decimal | None = None
    currency_code: str | None = None


class _Range(msgspec.Struct, rename="camel"):
    min_variant_price: _Money | None = None


class Named(msgspec.Struct):
    """Anything by its global id."""

    id: str


class Variant(msgspec.Struct, rename="camel"):
    """What can be bought."""

    available_for_sale: bool | None = None
    inventory_item: Named | None = None


class Node(msgspec.Struct, rename="camel"):
    """A product."""

    id: str
    title: str | None = None
    product_type: str | None = None
    tags: tuple[str, ...] | None = None
    status: str | None = None
    published_at: str | msgspec.UnsetType | None = msgspec.UNSET
    """On the online store; null where it is sold elsewhere only, such as in a shop's own rooms."""
    price_range: _Range | None = msgspec.field(default=None, name="priceRangeV2")

    @property
    def shown(self) -> bool:
        """Whether a storefront may show it."""
        active = self.status is None or self.status.lower() == ACTIVE
        return active and self.published_at is not None


class Line(Node, rename="camel"):
    """A line of a bulk operation's file: a product, or a variant of the one before it."""

    available_for_sale: bool | None = None
    inventory_item: Named | None = None
    parent: str | None = msgspec.field(default=None, name="__parentId")


def product(node: Node, variants: Iterable[Variant], items: Items) -> Product | None:
    """As the core knows it; ``None`` for what is no product."""
    name = plain(node.id) if node.id.startswith(PRODUCT) else None
    if name is None:
        return None
    known = list(variants)
    items.belong(
        filter(None, (plain(v.inventory_item.id) for v in known if v.inventory_item)), name
    )
    least = node.price_range.min_variant_price if node.price_range else None
    price = amount(least.amount) if least else None
    return Product(
        id=name,
        name=node.title or "",
        categories=categories(node.product_type, node.tags),
        price=price,
        currency=least.currency_code if least and price is not None else None,
        in_stock=in_stock([one.available_for_sale for one in known]),
    )


def in_stock(available: Sequence[bool | None]) -> bool | None:
    """Whether any can be bought; ``None`` where nothing is told."""
    if True in available:
        return True
    return None if None in available or not available else False


def grouped(lines: Iterable[Line]) -> Iterator[tuple[Node, list[Variant]]]:
    """Products with the variants that follow them. A variant of none is passed over."""
    node: Line | None = None
    variants: list[Variant] = []
    for line in lines:
        if line.parent is None:
            if node is not None:
                yield node, variants
            node, variants = line, []
        elif node is not None and line.parent == node.id:
            variants.append(Variant(line.available_for_sale, line.inventory_item))
    if node is not None:
        yield node, variants
