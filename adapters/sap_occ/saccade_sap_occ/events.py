"""OCC's facts: orders seen passing."""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from urllib.parse import unquote

import msgspec

from saccade.domain import Event, EventKind
from saccade.ports import Call, Delivery
from saccade_sap_occ.settings import OccSettings

_CART = re.compile(r"(?:^|&)cartId=([^&]+)")


class _Price(msgspec.Struct, rename="camel"):
    value: Decimal | None = None
    currency_iso: str | None = None


class _Order(msgspec.Struct, rename="camel"):
    code: str | None = None
    total_price_with_tax: _Price | None = None
    total_price: _Price | None = None


_order = msgspec.json.Decoder(_Order)


class OccEvents:
    """An accepted order placement is an order (R50)."""

    def __init__(self, settings: OccSettings, clock: Callable[[], float] = time.time) -> None:
        site = re.escape(settings.site)
        self._orders = re.compile(rf"/occ/v2/{site}/(?:users|orgUsers)/[^/]+/orders")
        self._clock = clock

    def verify(self, delivery: Delivery) -> bool:
        """Commerce signs no webhook, its destinations log in (basic or OAuth).

        As long as a tenant cannot be given the credential of its destination, no delivery can be
        told from a forged one, and all are refused.
        """
        del delivery
        return False

    def translate(self, delivery: Delivery) -> Sequence[Event]:
        """Nothing passes `verify`, so nothing is known to be translated."""
        del delivery
        return ()

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """``POST …/orders`` answered with 2xx. An answer cut down by ``fields`` is one as well."""
        accepted = 200 <= status < 300  # noqa: PLR2004 - a 2xx is the rule's own wording (R50)
        if call.method != "POST" or not accepted or not self._orders.fullmatch(call.path):
            return ()
        order = _read(body)
        price = order.total_price_with_tax or order.total_price or _Price()
        placed = Event(
            tenant=call.tenant,
            kind=EventKind.ORDER_PLACED,
            at=self._clock(),
            visitor=call.identity.visitor if call.identity else None,
            session=call.identity.session if call.identity else None,
            value=None if price.value is None else str(price.value),
            currency=price.currency_iso,
            reference=order.code or _hashed_cart(call.query),
            trusted=True,
        )
        return (placed,)


def _read(body: bytes) -> _Order:
    try:
        return _order.decode(body)
    except (ValueError, RecursionError):
        return _Order()


def _hashed_cart(query: str) -> str | None:
    """An anonymous cart's GUID opens the cart: only its hash is kept."""
    match = _CART.search(query)
    if match is None:
        return None
    return hashlib.blake2b(unquote(match[1]).encode(), digest_size=16, person=b"cart").hexdigest()
