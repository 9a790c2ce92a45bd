"""The shop's till: carts, checkouts, orders, refunds, each told as the platform tells it."""

from collections import OrderedDict
from decimal import Decimal

from saccade_demo.shopify import sales
from saccade_demo.shopify.sales import MOST_CARTS, MOST_PIECES, Cart, Order, drawn
from saccade_demo.shopify.shop import Shop

FIRST_ORDER = 5_600_000_000_001


class UnknownVariantError(LookupError):
    """Nothing of that number is sold here."""


class Till:
    """Everything one shop sells."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._carts: OrderedDict[str, Cart] = OrderedDict()
        self.orders: dict[int, Order] = {}
        """Those it sold."""

    @property
    def carts(self) -> tuple[Cart, ...]:
        """Those that were not bought."""
        return tuple(self._carts.values())

    def cart(self, token: str | None) -> Cart:
        """The cart of that token, or a new one."""
        if token is not None and token in self._carts:
            return self._carts[token]
        now = self._shop.clock()
        cart = Cart(drawn(f"{self._shop.seed}:cart", self._shop.next_number()), now, now)
        self._carts[cart.token] = cart
        if len(self._carts) > MOST_CARTS:
            self._carts.popitem(last=False)
        return cart

    def set(self, cart: Cart, variant: int, quantity: int) -> None:
        """Have so many pieces in it. Raises `UnknownVariantError`."""
        if variant not in self._shop.variants:
            raise UnknownVariantError(variant)
        if quantity > 0:
            cart.quantities[variant] = min(quantity, MOST_PIECES)
        else:
            cart.quantities.pop(variant, None)
        self.tell(cart)

    def tell(self, cart: Cart) -> None:
        """``carts/create`` the first time, then ``carts/update``."""
        cart.updated_at = self._shop.clock()
        topic = "carts/update" if cart.was_told else "carts/create"
        cart.was_told = True
        self._shop.emit(topic, sales.cart(cart, self._shop.variants))

    def begin(self, cart: Cart) -> str:
        """A checkout of the cart; answers its token."""
        token = drawn(f"{cart.token}:checkout", len(cart.quantities))
        told = sales.checkout(cart, token, self._shop.variants, self._shop.clock())
        self._shop.emit("checkouts/create", told)
        return token

    def place(self, cart: Cart, *, paid: bool = True) -> Order:
        """The order of all that is in it; the cart is gone afterwards."""
        now = self._shop.clock()
        number = len(self.orders)
        variants = self._shop.variants
        order = Order(
            id=FIRST_ORDER + number,
            number=1_001 + number,
            cart=cart,
            checkout=drawn(f"{cart.token}:checkout", len(cart.quantities)),
            created_at=now,
            updated_at=now,
            lines=tuple((*variants[one], count) for one, count in cart.quantities.items()),
            is_paid=paid,
        )
        self.orders[order.id] = self._shop.orders[order.id] = order
        self._carts.pop(cart.token, None)
        self._shop.emit("orders/create", sales.order(order))
        if paid:
            self._shop.emit("orders/paid", sales.order(order))
        return order

    def cancel(self, order: Order) -> None:
        """``orders/cancelled``."""
        order.cancelled_at = order.updated_at = self._shop.clock()
        self._shop.emit("orders/cancelled", sales.order(order))

    def refund(self, order: Order, amount: Decimal | None = None) -> None:
        """``refunds/create`` of so much, or of all."""
        number = self._shop.next_number() + 900_000_000_000
        told = sales.refund(order, number, amount or order.total, self._shop.clock())
        self._shop.emit("refunds/create", told)
