"""Orders a shop had before the app: what is bought together there, drawn the same each time."""

import random
from collections.abc import Sequence

from saccade_demo.shopify.products import Product
from saccade_demo.shopify.sales import Cart, Order, drawn
from saccade_demo.shopify.shop import Shop

COUNT = 800
DAYS = 55
FIRST = 5_500_000_000_001

_WITH_ANOTHER = 0.7
"""Of the orders hold two products: what somebody came for, and one of its companions."""
_COMPANIONS = (0.8, 0.2)
"""How often each is the one."""
_SHARES = (0.05, 0.5)
"""What a companion costs, of the price of what it accompanies."""


def past(shop: Shop, count: int = COUNT) -> None:
    """Put them into the shop; nobody is told, for nobody was there to tell."""
    chance = random.Random(f"{shop.seed}:history")  # noqa: S311 - invents orders, guards nothing
    products = [one for one in shop.products.values() if one.status == "ACTIVE"]
    beside = {one.id: _companions(chance, one, products) for one in products}
    now = shop.clock()
    for number in range(count):
        bought = chance.choice(products)
        found = [bought]
        if beside[bought.id] and chance.random() < _WITH_ANOTHER:
            found.append(_one_of(chance, beside[bought.id]))
        at = now - chance.uniform(1.0, DAYS * 86_400.0)
        shop.orders[FIRST + number] = _order(shop, number, found, at)


def _companions(chance: random.Random, of: Product, products: Sequence[Product]) -> list[Product]:
    low, high = (float(of.price) * share for share in _SHARES)
    fitting = [one for one in products if one is not of and low <= float(one.price) <= high]
    return chance.sample(fitting, min(len(_COMPANIONS), len(fitting)))


def _one_of(chance: random.Random, companions: Sequence[Product]) -> Product:
    (found,) = chance.choices(companions, _COMPANIONS[: len(companions)])
    return found


def _order(shop: Shop, number: int, bought: Sequence[Product], at: float) -> Order:
    token = drawn(f"{shop.seed}:history", number)
    return Order(
        id=FIRST + number,
        number=number + 1,
        cart=Cart(token, at, at),
        checkout=drawn(token, 0),
        created_at=at,
        updated_at=at,
        lines=tuple((one, one.variants[0], 1) for one in bought),
    )
