"""OCC's facts: orders and changes of carts seen passing."""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar
from urllib.parse import unquote

import msgspec

from saccade.deliveries import Delivery, Fact, Label
from saccade.domain import Event, EventKind
from saccade.ports import Call
from saccade_sap_occ.callers import assisted, consent
from saccade_sap_occ.codes import is_code
from saccade_sap_occ.settings import OccSettings
from saccade_sap_occ.webhooks import Destination, labelled, translated

_CART = re.compile(r"(?:^|&)cartId=([^&]+)")
_T = TypeVar("_T")

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class _Price(msgspec.Struct, rename="camel"):
    value: Decimal | None = None
    currency_iso: str | None = None


class _Order(msgspec.Struct, rename="camel"):
    code: str | None = None
    total_price_with_tax: _Price | None = None
    total_price: _Price | None = None


class _Product(msgspec.Struct):
    code: str | None = None


class _Entry(msgspec.Struct):
    product: _Product | None = None


class _Modification(msgspec.Struct, rename="camel"):
    """What came of a change to an entry."""

    entry: _Entry | None = None
    quantity_added: int | None = None


_order = msgspec.json.Decoder(_Order)
_modification = msgspec.json.Decoder(_Modification)


class OccEvents:
    """An accepted order placement is an order (R50), an accepted change of entries a cart's.

    An agent's doings are none of the shopper's, and a shopper who says no is not followed: neither
    makes an event (R60, R89).
    """

    def __init__(
        self,
        settings: OccSettings,
        clock: Callable[[], float] = time.time,
        destination: Destination | None = None,
    ) -> None:
        self._tenant = settings.tenant
        self._destination = destination or Destination()
        user = rf"/occ/v2/{re.escape(settings.site)}/(?:users|orgUsers)/[^/]+"
        self._orders = re.compile(rf"{user}/orders/?")
        self._entries = re.compile(rf"{user}/carts/([^/]+)/entries(/[^/]+.*)?/?")
        self._template = settings.consent_template
        self._clock = clock

    def verify(self, delivery: Delivery) -> bool:
        """Commerce signs no webhook, its destinations log in."""
        return self._destination.sent(delivery)

    def label(self, delivery: Delivery) -> Label:
        """See `webhooks.labelled`."""
        return labelled(delivery)

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """See `webhooks.translated`."""
        return translated(self._tenant, delivery, self._clock())

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """``POST …/orders`` and changes of ``…/carts/{id}/entries``, answered with 2xx."""
        accepted = 200 <= status < 300  # noqa: PLR2004 - a 2xx is the rule's own wording (R50)
        if not accepted or call.method not in _CHANGING or assisted(call):
            return ()
        answer = consent(call, self._template)
        if answer is False:
            return ()
        event = self._order(call, body) or self._change(call, body)
        return () if event is None else (msgspec.structs.replace(event, consent=answer),)

    def _order(self, call: Call, body: bytes) -> Event | None:
        """An answer cut down by ``fields`` is an order as well."""
        if call.method != "POST" or not self._orders.fullmatch(call.path):
            return None
        order = _read(_order, body) or _Order()
        prices = (order.total_price_with_tax, order.total_price)
        price = next((one for one in prices if one and one.value is not None), _Price())
        cart = _CART.search(call.query)
        return msgspec.structs.replace(
            self._event(call, EventKind.ORDER_PLACED),
            value=None if price.value is None else str(price.value),
            currency=price.currency_iso,
            reference=order.code or (_hashed(cart[1]) if cart else None),
        )

    def _change(self, call: Call, body: bytes) -> Event | None:
        """A new entry of which nothing was added, for want of stock, changed nothing."""
        cart = self._entries.fullmatch(call.path)
        if cart is None:
            return None
        change = _read(_modification, body) or _Modification()
        added = call.method == "POST" and not cart[2]
        if added and change.quantity_added == 0:
            return None
        product = change.entry.product.code if change.entry and change.entry.product else None
        return msgspec.structs.replace(
            self._event(call, EventKind.ADD_TO_CART if added else EventKind.CART_CHANGED),
            product=product if product is not None and is_code(product) else None,
            reference=_hashed(cart[1]),
        )

    def _event(self, call: Call, kind: EventKind) -> Event:
        return Event(
            tenant=call.tenant,
            kind=kind,
            at=self._clock(),
            visitor=call.identity.visitor if call.identity else None,
            session=call.identity.session if call.identity else None,
            trusted=True,
        )


def _read(decoder: msgspec.json.Decoder[_T], body: bytes) -> _T | None:
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError):  # XML, say, or an answer that is none of OCC's
        return None


def _hashed(cart: str) -> str:
    """An anonymous cart's GUID opens the cart: only its hash is kept. ``cart`` is raw."""
    return hashlib.blake2b(
        unquote(cart).encode("utf-8", "replace"), digest_size=16, person=b"cart"
    ).hexdigest()
