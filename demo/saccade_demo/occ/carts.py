"""Anonymous carts and the orders placed from them, in memory, bounded."""

import uuid
from collections import OrderedDict
from datetime import UTC, datetime

from saccade.domain import JsonObject
from saccade_demo.catalog import Catalog
from saccade_demo.catalog.pricing import price
from saccade_demo.occ.errors import OccError, unknown_cart, unknown_entry, unknown_product

MOST_CARTS = 10_000
"""The oldest cart goes when one more is made: a load test must not fill the memory."""

MOST_PIECES = 99


class Cart:
    """Quantities by product code, in the order they were added."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.guid = str(uuid.uuid4())
        self.quantities: dict[str, int] = {}

    def at(self, number: str) -> str:
        """The product code of an entry. Raises `OccError` 404."""
        codes = list(self.quantities)
        if not number.isdecimal() or int(number) >= len(codes):
            raise unknown_entry(number)
        return codes[int(number)]


class Carts:
    """Every anonymous cart by its GUID, which is its only key: whoever knows it owns the cart."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._carts: OrderedDict[str, Cart] = OrderedDict()
        self._numbers = iter(range(1, 10**9))

    def create(self) -> Cart:
        """A new empty cart."""
        cart = Cart(f"{next(self._numbers):08d}")
        self._carts[cart.guid] = cart
        if len(self._carts) > MOST_CARTS:
            self._carts.popitem(last=False)
        return cart

    def find(self, guid: str) -> Cart:
        """Raises `OccError` 404."""
        if guid not in self._carts:
            raise unknown_cart(guid)
        return self._carts[guid]

    def delete(self, guid: str) -> None:
        """Raises `OccError` 404."""
        self.find(guid)
        del self._carts[guid]

    def set(self, cart: Cart, code: str, quantity: int) -> JsonObject:
        """Have this many pieces of a product in the cart, or as many as there is stock for.

        Answers OCC's cart modification: what was asked, what was added, and why less.
        """
        product = self._catalog.find(code)
        if product is None:
            raise unknown_product(code)
        before = cart.quantities.get(code, 0)
        after = min(quantity, MOST_PIECES, product["stock"]["stockLevel"])
        cart.quantities[code] = after
        number = list(cart.quantities).index(code)
        if not after:
            del cart.quantities[code]
        return {
            "entry": self._entry(number, code, after),
            "quantity": quantity,
            "quantityAdded": after - before,
            "statusCode": "success" if after == quantity else "lowStock" if after else "noStock",
        }

    def document(self, cart: Cart) -> JsonObject:
        """The cart as OCC's document."""
        entries = [
            self._entry(number, code, quantity)
            for number, (code, quantity) in enumerate(cart.quantities.items())
        ]
        total = price(sum(entry["totalPrice"]["value"] for entry in entries))
        return {
            "code": cart.code,
            "entries": entries,
            "guid": cart.guid,
            "subTotal": total,
            "totalItems": len(entries),
            "totalPrice": total,
            "totalUnitCount": sum(cart.quantities.values()),
            "type": "cartWsDTO",
        }

    def order(self, guid: str) -> JsonObject:
        """Turn a cart into an order; the cart is gone afterwards. Raises `OccError`."""
        cart = self.find(guid)
        if not cart.quantities:
            raise OccError(
                400,
                "CartError",
                "Cart is empty",
                reason="invalid",
                subject=guid,
                subjectType="cart",
            )
        found = self.document(cart)
        self.delete(guid)
        return dict(
            sorted(
                {
                    **found,
                    "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
                    "guid": str(uuid.uuid4()),
                    "placed": True,
                    "status": "CREATED",
                    "totalPriceWithTax": found["totalPrice"],
                    "type": "orderWsDTO",
                }.items()
            )
        )

    def _entry(self, number: int, code: str, quantity: int) -> JsonObject:
        product = self._catalog.find(code)
        if product is None:
            raise unknown_product(code)
        value = product["price"]["value"]
        return {
            "basePrice": price(value),
            "entryNumber": number,
            "product": product,
            "quantity": quantity,
            "totalPrice": price(value * quantity),
        }
