"""Shopify's payloads as far as they are read: everything may be absent or null (Shopify 8, 10, 22).

Money is Decimal, from the strings Shopify writes (Shopify 11).
"""

import hashlib
from decimal import Decimal
from typing import TypeVar

import msgspec

from saccade.identity import PARAMETER

_T = TypeVar("_T")

_LONGEST_AMOUNT = 18
"""Digits before or after the point: no price has more, and an exponent could ask for a million."""

Id = int | str | None


class Variant(msgspec.Struct):
    """Of a product."""

    price: Decimal | None = None
    inventory_item_id: Id = None
    inventory_policy: str | None = None
    inventory_management: str | None = msgspec.field(default="")
    """Null where the shop does not count it; empty where nothing is said."""
    inventory_quantity: int | None = None


class Gid(msgspec.Struct):
    """A variant by its global id alone."""

    admin_graphql_api_id: str | None = None


class Product(msgspec.Struct):
    """``products/create`` and ``products/update``; of ``products/delete`` the id alone."""

    id: Id = None
    title: str | None = None
    product_type: str | None = None
    tags: str | tuple[str, ...] | None = None
    """One string, parted by commas; a list to those who write it by hand."""
    status: str | None = None
    published_at: str | msgspec.UnsetType | None = msgspec.UNSET
    """Null where the online store does not have it."""
    variants: tuple[Variant, ...] | None = None
    variant_gids: tuple[Gid, ...] | None = None
    updated_at: str | None = None


class InventoryLevel(msgspec.Struct):
    """``inventory_levels/update``."""

    inventory_item_id: Id = None
    location_id: Id = None
    available: int | None = None
    updated_at: str | None = None


class Attribute(msgspec.Struct):
    """What a storefront wrote on a cart."""

    name: str | None = None
    value: str | int | float | bool | None = None


class Line(msgspec.Struct):
    """Of a cart, checkout or order."""

    product_id: Id = None


class Basket(msgspec.Struct):
    """A cart, a checkout or an order. ``currency`` is the shop's, ``total_price`` in it."""

    id: Id = None
    token: str | None = None
    cart_token: str | None = None
    line_items: tuple[Line, ...] | None = None
    note_attributes: tuple[Attribute, ...] | None = None
    attributes: dict[str, str | int | float | bool | None] | None = None
    total_price: Decimal | None = None
    currency: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    cancelled_at: str | None = None
    test: bool | None = None
    """Of an order: nothing was paid, and nothing will be sent."""


class Transaction(msgspec.Struct):
    """Money that moved."""

    kind: str | None = None
    status: str | None = None
    amount: Decimal | None = None
    currency: str | None = None


class Refund(msgspec.Struct):
    """``refunds/create``."""

    id: Id = None
    order_id: Id = None
    created_at: str | None = None
    transactions: tuple[Transaction, ...] | None = None


class Customer(msgspec.Struct):
    """A person; all of it null where the app may not read personal data."""

    id: Id = None
    email: str | None = None
    phone: str | None = None


class Compliance(msgspec.Struct):
    """The three compliance topics."""

    shop_domain: str | None = None
    customer: Customer | None = None
    orders_requested: tuple[Id, ...] | None = None
    orders_to_redact: tuple[Id, ...] | None = None


class Dated(msgspec.Struct):
    """All a delivery's name needs of a body."""

    id: Id = None
    token: str | None = None
    inventory_item_id: Id = None
    location_id: Id = None
    updated_at: str | None = None


def decoded(body: bytes, kind: type[_T]) -> _T:
    """Raises ValueError, which names the field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error


def plain(said: Id) -> str | None:
    """An id as text: the number, also of a global id."""
    if isinstance(said, str):
        said = said.rpartition("/")[2].partition("?")[0]
    return None if said in {None, ""} else str(said)


def amount(value: Decimal | None) -> str | None:
    """As text without an exponent; ``None`` for what is no amount."""
    if value is None or not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    if abs(value.adjusted()) > _LONGEST_AMOUNT or abs(int(exponent)) > _LONGEST_AMOUNT:
        return None
    return format(value, "f")


def hashed(cart: str | None) -> str | None:
    """A cart's token opens the cart: only its hash is kept."""
    if not cart:
        return None
    said = cart.encode("utf-8", "replace")
    return hashlib.blake2b(said, digest_size=16, person=b"cart").hexdigest()


def session(basket: Basket) -> str | None:
    """The session's token that the storefront wrote on the cart."""
    written = {one.name: one.value for one in basket.note_attributes or ()}
    said = written.get(PARAMETER, (basket.attributes or {}).get(PARAMETER))
    return said if isinstance(said, str) and said else None
