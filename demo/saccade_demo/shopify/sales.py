"""Carts, checkouts and orders as the shop holds them and as webhooks tell them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from saccade.domain import JsonObject
from saccade_demo.shopify import notices
from saccade_demo.shopify.products import CURRENCY, Product, Variant, iso, money

MOST_CARTS = 10_000
MOST_PIECES = 99


@dataclass(slots=True)
class Cart:
    """One shopper's. ``attributes`` is what a theme or an app wrote on it."""

    token: str
    created_at: float
    updated_at: float
    quantities: dict[int, int] = field(default_factory=dict[int, int])
    """By variant, in the order they were added."""
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    note: str = ""
    was_told: bool = False


@dataclass(slots=True)
class Order:
    """A cart that was bought. ``checkout`` is the token of its checkout."""

    id: int
    number: int
    cart: Cart
    checkout: str
    created_at: float
    updated_at: float
    lines: tuple[tuple[Product, Variant, int], ...]
    customer: int | None = None
    """Null to an app that may not read personal data, as is all else of a person."""
    is_paid: bool = True
    is_test: bool = False
    cancelled_at: float | None = None

    @property
    def total(self) -> Decimal:
        """In the shop's currency; nothing is taxed or shipped at a price."""
        return sum((each.price * count for _, each, count in self.lines), Decimal(0))


def drawn(seed: str, number: int, digits: int = 16) -> str:
    """A token nobody guesses in a lab; the same in each run of one seed."""
    return hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=digits).hexdigest()


def cart(one: Cart, variants: Mapping[int, tuple[Product, Variant]]) -> JsonObject:
    """``carts/create`` and ``carts/update``: no customer, no currency, no attributes."""
    return {
        "id": one.token,
        "token": one.token,
        "line_items": _lines(_found(one, variants)),
        "note": one.note,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
    }


def checkout(
    one: Cart, token: str, variants: Mapping[int, tuple[Product, Variant]], at: float
) -> JsonObject:
    """``checkouts/create``: since 2026-04 without ``id``."""
    lines = _found(one, variants)
    total = sum((each.price * count for _, each, count in lines), Decimal(0))
    return {
        "token": token,
        "cart_token": one.token,
        "email": None,
        "created_at": iso(at),
        "updated_at": iso(at),
        "completed_at": None,
        "currency": CURRENCY,
        "presentment_currency": CURRENCY,
        "total_price": money(total),
        "subtotal_price": money(total),
        "line_items": _lines(lines),
        "note": one.note,
        "note_attributes": _attributes(one),
    }


def order(one: Order) -> JsonObject:
    """``orders/create``, ``orders/paid``, ``orders/cancelled``: without ``checkout_id``."""
    total = money(one.total)
    return {
        "id": one.id,
        "admin_graphql_api_id": f"gid://shopify/Order/{one.id}",
        "name": f"#{one.number}",
        "order_number": one.number,
        "cart_token": one.cart.token,
        "checkout_token": one.checkout,
        "created_at": iso(one.created_at),
        "processed_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "cancelled_at": None if one.cancelled_at is None else iso(one.cancelled_at),
        "cancel_reason": None if one.cancelled_at is None else "customer",
        "closed_at": None,
        "confirmed": True,
        "currency": CURRENCY,
        "presentment_currency": CURRENCY,
        "current_total_price": total,
        "subtotal_price": total,
        "total_price": total,
        "total_tax": "0.00",
        "total_price_set": notices.amounts(one.total),
        "financial_status": "paid" if one.is_paid else "pending",
        "fulfillment_status": None,
        "note": one.cart.note,
        "note_attributes": _attributes(one.cart),
        "email": None,
        "phone": None,
        "customer": None,
        "source_name": "web",
        "test": False,
        "tags": "",
        "line_items": _lines(one.lines),
    }


def refund(one: Order, number: int, amount: Decimal, at: float) -> JsonObject:
    """``refunds/create``."""
    return {
        "id": number,
        "order_id": one.id,
        "created_at": iso(at),
        "processed_at": iso(at),
        "note": None,
        "refund_line_items": [],
        "transactions": [
            {
                "id": number + 1,
                "order_id": one.id,
                "kind": "refund",
                "status": "success",
                "amount": money(amount),
                "currency": CURRENCY,
                "created_at": iso(at),
            }
        ],
    }


def _found(
    one: Cart, variants: Mapping[int, tuple[Product, Variant]]
) -> tuple[tuple[Product, Variant, int], ...]:
    return tuple((*variants[number], count) for number, count in one.quantities.items())


def _lines(lines: tuple[tuple[Product, Variant, int], ...]) -> list[JsonObject]:
    return [
        notices.line(product, variant, count, variant.id + number)
        for number, (product, variant, count) in enumerate(lines, 1)
    ]


def _attributes(one: Cart) -> list[JsonObject]:
    return [{"name": name, "value": value} for name, value in one.attributes.items()]
