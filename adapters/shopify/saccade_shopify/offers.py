"""What may be offered after a purchase, computed beforehand: a table a product (R72).

The page after the purchase can ask nobody, so the question is split. *Whether* this shopper is
shown an offer is decided as everything is, ahead, at the moment ``confirmation``; the cart carries
the answer. *Which* offer it is stands in a metafield of each product bought, and the extension
picks among them by the live order (``extensions/saccade-thank-you/src/picking.ts``).

A table holds products that were bought together with its own. That is no proof that an offer sells
them: what an offer brings, the holdout measures.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

import msgspec

from saccade.domain import Frozen, JsonObject, Product

VERSION = 1
"""The form of a table: an extension that knows another reads none of it."""
MOST = 12
"""Offers of a table. Beyond them is what nobody bought often, or what is hardly worth a thing."""
MOST_BESIDE = 256
"""Products remembered beside one: what sells with everything would be kept with everything."""
FEWEST = 5
"""Orders that must hold both: below them a share says little about the next order."""
WIDEST_ORDER = 50
"""Products of an order that is looked at: who buys more resells, and tells nothing of taste."""
SHARES = (0.05, 0.5)
"""Of an order's sum, what an offer may cost: none is a trifle beside it, none is a second order.

The lower one is R20's: an order of 300 is never shown an add-on of 10."""

NAMESPACE, KEY = "$app", "saccade_offers"
SET = (
    "mutation offers($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) "
    "{ metafields { id } userErrors { field message code } } }"
)
REMOVE = (
    "mutation gone($metafields: [MetafieldIdentifierInput!]!) "
    "{ metafieldsDelete(metafields: $metafields) "
    "{ deletedMetafields { ownerId } userErrors { field message } } }"
)
AT_ONCE = 25
"""Metafields one call may set, all or none of them."""

_Z = 1.959964
"""Of a normal distribution: 95 of 100 lie within so many deviations."""
_HANDLE = re.compile(r"[^\s/?#\\%]{1,255}")
_LONGEST_TITLE = 120


class Listed(Frozen, frozen=True):
    """A product of the catalog, and the name its page goes by."""

    product: Product
    handle: str


class Offer(Frozen, frozen=True):
    """What a table's product is followed by."""

    product: str
    title: str
    path: str
    price: str
    currency: str
    value: float
    """Expected revenue of an order of the table's product from this one: no margin is known."""


class Together:
    """In how many orders each product stands, and each two of them."""

    def __init__(self) -> None:
        self._with: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """By product: the orders that hold it, and of them those that hold each other one."""

    def add(self, order: Iterable[str]) -> None:
        """One order's products; how many of each makes no difference."""
        bought = set(order)
        if len(bought) <= WIDEST_ORDER:
            for one in bought:
                counts = self._with[one]
                counts.update(bought)
                if len(counts) > MOST_BESIDE:
                    self._with[one] = _often(one, counts)

    def share(self, bought: str, other: str) -> float:
        """The least share of ``bought``'s orders that hold ``other``, at a confidence of 95 %.

        The lower end of Wilson's score interval (1927); 0 below `FEWEST` orders of both.
        """
        counts = self._with.get(bought)
        if counts is None or counts[other] < FEWEST:
            return 0.0
        both, of = counts[other], counts[bought]
        share, z2 = both / of, _Z * _Z
        spread = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
        return max(0.0, (share + z2 / (2 * of) - spread) / (1 + z2 / of))

    def beside(self, bought: str) -> Iterator[str]:
        """What stands in at least `FEWEST` orders together with ``bought``."""
        for other, both in self._with.get(bought, Counter[str]()).items():
            if both >= FEWEST and other != bought:
                yield other

    @property
    def products(self) -> Iterable[str]:
        """All that was bought."""
        return self._with


def _often(one: str, counts: Counter[str]) -> Counter[str]:
    """Without the rarest: what stands beside it often is seen again before there are as many
    others anew (lossy counting, Manku and Motwani 2002). A count may fall short, never exceed."""
    least = min(count for other, count in counts.items() if other != one)
    return Counter({other: n for other, n in counts.items() if n > least or other == one})


def offers(bought: str, together: Together, catalog: Mapping[str, Listed]) -> tuple[Offer, ...]:
    """Those worth most first. Only what can be bought now, at a price that is known."""
    found = [
        offer
        for other in together.beside(bought)
        if (listed := catalog.get(other)) is not None
        and (offer := _offer(listed, together.share(bought, other))) is not None
    ]
    return tuple(sorted(found, key=lambda one: (-one.value, one.product))[:MOST])


def table(made: Sequence[Offer], until: float) -> str:
    """As the extension reads it. ``until``, epoch seconds, is when it is over: a table outlives an
    app that was switched off, and prices change."""
    whole = {"version": VERSION, "until": until, "shares": SHARES, "offers": made}
    return msgspec.json.encode(whole).decode()


def differs(standing: str, wanted: str, renewed_by: float) -> bool:
    """Whether a metafield that holds ``standing`` is to be written: it offers something else, or is
    over by then. When a table is over is no difference by itself: it would be new every time."""
    try:
        held: JsonObject = msgspec.json.decode(standing, type=dict[str, Any])
        until = float(held.pop("until"))
    except (ValueError, TypeError, KeyError, RecursionError):
        return True
    whole: JsonObject = msgspec.json.decode(wanted, type=dict[str, Any])
    del whole["until"]
    return held != whole or until < renewed_by


def tables(
    together: Together, catalog: Mapping[str, Listed], until: float
) -> Iterator[tuple[str, str | None]]:
    """Each product that was bought, with its table; ``None`` where nothing can be offered.

    Whoever serves shoppers meanwhile gives them their turn between two.
    """
    for product in sorted(together.products):
        made = offers(product, together, catalog)
        yield product, table(made, until) if made else None


def inputs(made: Iterable[tuple[str, str]]) -> Iterator[JsonObject]:
    """Variables of `SET`, call by call, for products and their tables."""
    yield from _batches(
        {**_named(product), "type": "json", "value": text} for product, text in made
    )


def removals(products: Iterable[str]) -> Iterator[JsonObject]:
    """Variables of `REMOVE`, call by call, for products whose table is to go."""
    yield from _batches(map(_named, products))


def _named(product: str) -> JsonObject:
    owner = f"gid://shopify/Product/{product}"
    return {"ownerId": owner, "namespace": NAMESPACE, "key": KEY}


def _batches(metafields: Iterable[JsonObject]) -> Iterator[JsonObject]:
    rest = iter(metafields)
    while batch := list(islice(rest, AT_ONCE)):
        yield {"metafields": batch}


def _offer(listed: Listed, share: float) -> Offer | None:
    """``None`` for what cannot be offered, or would bring nothing."""
    product = listed.product
    if product.in_stock is not True or not product.name or not _HANDLE.fullmatch(listed.handle):
        return None
    price, currency = _amount(product.price), product.currency
    value = round(share * float(price or 0), 6)
    if price is None or currency is None or value <= 0:
        return None
    title = product.name[:_LONGEST_TITLE]
    path = f"/products/{listed.handle}"
    return Offer(product.id, title, path, format(price, "f"), currency, value)


def _amount(text: str | None) -> Decimal | None:
    try:
        amount = Decimal(text or "")
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None
