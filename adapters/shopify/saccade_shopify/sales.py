"""Carts, checkouts, orders and refunds as events.

An order is named by its id and a refund by its order's, so that what is paid back and what is to be
erased are found by one name. Amounts are the shop's money, whatever the shopper paid in: one
currency a tenant can be added up.
"""

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from saccade.domain import Event, EventKind, Identity
from saccade_shopify.headers import instant
from saccade_shopify.payloads import Basket, Refund, amount, hashed, plain, session

Identify = Callable[[str], Identity | None]
"""Reads a session's token; ``None`` for one that is none of the tenant's."""

_PAID_BACK = "refund"
_DONE = "success"


class Sales:
    """Of one tenant. ``at`` is when it was triggered, for payloads that do not say."""

    def __init__(self, tenant: str, identify: Identify, *, tests_count: bool = False) -> None:
        self._tenant = tenant
        self._identify = identify
        self._tests_count = tests_count

    def cart(self, cart: Basket, at: float) -> Event | None:
        """A cart or a checkout; of the one product it is about, where it is about one."""
        reference = hashed(cart.cart_token or cart.token or plain(cart.id))
        if reference is None:
            return None
        products = {plain(line.product_id) for line in cart.line_items or ()}
        return self._event(
            EventKind.CART_CHANGED,
            cart,
            instant(cart.updated_at) or at,
            product=products.pop() if len(products) == 1 else None,
            reference=reference,
        )

    def order(self, order: Basket, at: float) -> Event | None:
        """Placed or paid: the same order, which counts once by its name (R50). ``None`` for a
        test: what was never paid is no revenue, and a model must not learn from it."""
        if order.test and not self._tests_count:
            return None
        return self._of_order(EventKind.ORDER_PLACED, order, instant(order.created_at) or at)

    def cancelled(self, order: Basket, at: float) -> Event | None:
        """Without an amount: what is paid back, ``refunds/create`` tells."""
        when = instant(order.cancelled_at) or at
        event = self._of_order(EventKind.REFUND, order, when)
        return event and replace(event, value=None, currency=None)

    def refund(self, refund: Refund, at: float) -> Event | None:
        """What moved back to the shopper, in the one currency it moved in."""
        reference = plain(refund.order_id)
        if reference is None:
            return None
        back = [
            one
            for one in refund.transactions or ()
            if one.kind == _PAID_BACK and one.status == _DONE and one.amount is not None
        ]
        currencies = {one.currency for one in back}
        value = amount(sum((one.amount or Decimal(0) for one in back), Decimal(0)))
        one_currency = len(currencies) == 1
        return Event(
            tenant=self._tenant,
            kind=EventKind.REFUND,
            at=instant(refund.created_at) or at,
            value=value if one_currency else None,
            currency=currencies.pop() if one_currency else None,
            reference=reference,
            trusted=True,
        )

    def _of_order(self, kind: EventKind, order: Basket, at: float) -> Event | None:
        reference = plain(order.id)
        return None if reference is None else self._event(kind, order, at, reference=reference)

    def _event(
        self,
        kind: EventKind,
        basket: Basket,
        at: float,
        *,
        reference: str,
        product: str | None = None,
    ) -> Event:
        token = session(basket)
        who = self._identify(token) if token else None
        return Event(
            tenant=self._tenant,
            kind=kind,
            at=at,
            visitor=who.visitor if who else None,
            session=who.session if who else None,
            product=product,
            value=amount(basket.total_price),
            currency=basket.currency,
            reference=reference,
            trusted=True,
        )
