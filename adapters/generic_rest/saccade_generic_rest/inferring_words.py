"""Leaves of a document, and how well each fits a fact, by its names, its type and its value."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from saccade_generic_rest.inferring_languages import in_english
from saccade_generic_rest.paths import Json, rows, table

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,10})?")
_WHEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ]|$)")
_CODE = re.compile(r"[A-Z]{3}")
_DEEPEST = 4
_TAG = re.compile(r"([a-z]{2})(?:[-_][A-Za-z]{2,4})?")
_LANGUAGES = frozenset(
    {"ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "he", "hr", "hu", "it",
     "ja", "ko", "lt", "lv", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "tr", "uk", "vi",
     "zh"}
)  # fmt: skip
"""Those whose tag is no word of a document's own, as ``id`` and ``no`` are."""
_CURRENCIES = frozenset(
    {"AED", "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF",
     "ILS", "INR", "JPY", "KRW", "MXN", "NOK", "NZD", "PLN", "RON", "SEK", "SGD", "THB", "TRY",
     "USD", "ZAR"}
)  # fmt: skip
"""Codes of ISO 4217 that most shops sell in: what holds one is a currency, however it is called."""
_OF_ITS_VALUE = 0.65
_ENVELOPES = frozenset({"data", "items", "nodes", "edges", "results", "list", "values", "links"})
"""Names of lists that say nothing: what is listed, the name above says."""
_OF_A_LIST = 0.15
"""Speaks against what is only in the first of several."""

NOTHING = (0, "0", "0.0", "0.00")
_OF_NOTHING = 0.2
"""Speaks against an amount of nothing: one that is not in force."""
_FOR_PEOPLE = 0.15
"""Speaks for a text with digits: what a shopper is told as the order's number."""

_TAXES = frozenset({"tax", "vat"})
_WITH = frozenset({"incl", "including", "inclusive", "with"})


class Leaf(NamedTuple):
    """A value in a document, and the JMESPath to it."""

    path: str
    words: tuple[str, ...]
    """Of its own name."""
    above: tuple[str, ...]
    """Of the names above it."""
    value: Json


class Fit(NamedTuple):
    """What a fact's names look like, best first, and what its value must be."""

    words: Mapping[str, float]
    """A word of the leaf's own name, and what it speaks for."""
    above: Mapping[str, float]
    """A word above it."""
    against: frozenset[str]
    kinds: str
    """Letters of `kind`."""


def words(name: str) -> tuple[str, ...]:
    """``inStock``, ``in_stock`` and ``in-stock`` are two words; other languages' are English."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    found = [word.lower() for word in _WORD.findall(plain)]
    return tuple(english for word in found for english in in_english(word))


def leaves(
    value: Json, prefix: str = "", above: tuple[str, ...] = (), depth: int = 0, parent: str = ""
) -> Iterator[Leaf]:
    """Every value in an object, and the lists of values or objects that stand in it.

    A text in several languages is that many values of one name.
    """
    found = table(value)
    if found is None or depth > _DEEPEST:
        return
    for name, one in found.items():
        step = name if _NAME.fullmatch(name) else f'"{name}"'
        path, own = f"{prefix}{step}", words(name)
        if '"' in name or len(path) > 120:  # noqa: PLR2004 - beyond what a mapping should point at
            continue
        inner = table(one)
        if inner is not None and _is_translated(inner):
            below = leaves(inner, f"{path}.", above, depth + 1)
            yield from (Leaf(leaf.path, own, above, leaf.value) for leaf in below)
        elif inner is not None:
            yield from leaves(inner, f"{path}.", (*above, *own), depth + 1, name)
        elif (listed := rows(one)) is not None:
            objects = bool(listed) and table(listed[0]) is not None
            own = words(parent) if parent and name.lower() in _ENVELOPES else own
            yield Leaf(f"{path}[]" if objects else path, own, above, listed)
        else:
            yield Leaf(path, own, above, one)


def leaves_of_lists(value: Json) -> Iterator[Leaf]:
    """The same, and of each list of objects what its first one holds: a product's variant, say."""
    for leaf in leaves(value):
        yield leaf
        if leaf.path.endswith("[]"):
            first = f"{leaf.path.removesuffix('[]')}[0]."
            depth = leaf.path.count(".") + 1
            yield from leaves(leaf.value[0], first, (*leaf.above, *leaf.words), depth)


def _is_translated(value: dict[str, Json]) -> bool:
    """Whether it is one text in several languages: its names are tags of them (BCP 47)."""
    return bool(value) and all(
        isinstance(text, str) and (tag := _TAG.fullmatch(name)) and tag[1] in _LANGUAGES
        for name, text in value.items()
    )


def kind(value: Json) -> str:
    """One letter: truth, integer, fraction, list, or what a text is; ``n`` for nothing."""
    if isinstance(value, bool):
        return "b"
    if isinstance(value, int):
        return "i"
    if isinstance(value, float):
        return "f"
    if isinstance(value, list):
        return "l"
    return _kind_of_text(value) if isinstance(value, str) else "n"


def _kind_of_text(value: str) -> str:
    """URL, date, decimal, currency code, or any text."""
    if value.startswith(("http://", "https://", "/")):
        return "u"
    if _WHEN.match(value):
        return "w"
    if _AMOUNT.fullmatch(value):
        return "d"
    return "c" if _CODE.fullmatch(value) else "t"


FITS: Mapping[str, Fit] = {
    "id": Fit(
        {"id": 0.8, "sku": 0.7, "code": 0.6, "uid": 0.7, "uuid": 0.7, "handle": 0.5, "slug": 0.45,
         "number": 0.5, "no": 0.5, "key": 0.45, "ref": 0.5},
        {},
        frozenset({"parent", "category", "brand", "vendor", "tax", "type", "image", "currency",
                   "customer", "shop", "store", "postal", "ean", "gtin"}),
        "tidc",
    ),
    "name": Fit(
        {"title": 0.9, "name": 0.9, "label": 0.7, "caption": 0.6, "headline": 0.6, "display": 0.5},
        {"display": 0.05, "texts": 0.05},
        frozenset({"brand", "category", "vendor", "file", "short", "seo", "meta", "type", "sub"}),
        "tcd",
    ),
    "price": Fit(
        {"price": 0.9, "gross": 0.8, "amount": 0.6, "incl": 0.6, "cents": 0.8, "pence": 0.8,
         "value": 0.5, "cost": 1.0,
         "minor": 0.6},
        {"price": 0.35, "pricing": 0.35, "money": 0.3, "prices": 0.35, "cost": 0.2},
        frozenset({"old", "was", "list", "compare", "regular", "original", "tax", "net", "shipping",
                   "min", "max", "excl", "discount", "weight", "currency", "stock", "vat", "cost",
                   "retail", "msrp", "rrp", "wholesale", "purchase", "special", "promo"}),
        "idf",
    ),
    "currency": Fit(
        {"currency": 0.95, "ccy": 0.9, "iso": 0.6, "unit": 0.3},
        {"price": 0.05, "pricing": 0.05},
        frozenset({"symbol", "rate", "name", "base"}),
        "ct",
    ),
    "in_stock": Fit(
        {"stock": 0.85, "available": 0.85, "availability": 0.8, "inventory": 0.8, "quantity": 0.6,
         "qty": 0.7, "sellable": 0.8, "units": 0.5, "free": 0.35, "level": 0.3, "buy": 0.3,
         "count": 0.3, "left": 0.5, "remaining": 0.6},
        {"stock": 0.4, "warehouse": 0.35, "inventory": 0.4, "availability": 0.4},
        frozenset({"min", "max", "reserved", "date", "text", "message", "price"}),
        "bidt",
    ),
    "categories": Fit(
        {"categories": 0.95, "category": 0.85, "collections": 0.8, "tags": 0.55,
         "departments": 0.85,
         "department": 0.75, "shelves": 0.6, "groups": 0.6, "group": 0.5, "taxonomy": 0.8,
         "sections": 0.5, "collection": 0.7, "taxons": 0.85, "taxon": 0.75, "taxonomies": 0.8},
        {"category": 0.5, "categories": 0.5},
        frozenset({"count"}),
        "ltciud",
    ),
    "reference": Fit(
        {"number": 0.85, "no": 0.85, "reference": 0.8, "ref": 0.7, "id": 0.7, "code": 0.7},
        {"order": 0.1},
        frozenset({"currency", "customer", "basket", "cart", "phone", "tax", "payment",
                   "status", "shipping", "store", "shop", "quote", "user", "session",
                   "transaction", "product"}),
        "tidc",
    ),
    "value": Fit(
        {"total": 0.85, "grand": 0.2, "amount": 0.5, "gross": 0.6, "cents": 0.4, "pence": 0.4,
         "value": 0.5,
         "sum": 0.7, "incl": 0.1, "minor": 0.3},
        {"total": 0.4, "totals": 0.4, "amount": 0.2, "sum": 0.4},
        frozenset({"tax", "shipping", "discount", "sub", "subtotal", "net", "excl", "items",
                   "item", "ship", "adjustment", "promotion", "delivery", "fee", "quantity",
                   "vat", "currency", "base"}),
        "idf",
    ),
}  # fmt: skip


def fit(fact: str, leaf: Leaf) -> float:
    """How well a leaf fits, 0 to 1: names speak for it, words of other things against."""
    wanted = FITS[fact]
    if fact == "categories" and "[0]" in leaf.path:
        return 0.0  # all of them are wanted, not the first
    if kind(leaf.value) not in wanted.kinds:
        return 0.0
    own = sum(wanted.words.get(word, 0.0) for word in set(leaf.words))
    above = sum(wanted.above.get(word, 0.0) for word in set(leaf.above))
    if fact == "currency" and not own and leaf.value in _CURRENCIES:
        own = _OF_ITS_VALUE
    if not own and not above:
        return 0.0
    score = min(1.0, own + above if own else above * 0.8)
    every = {*leaf.words, *leaf.above}
    against = wanted.against - _TAXES if every & _WITH else wanted.against
    score -= 0.5 * len(against & every)
    score -= 0.04 * leaf.path.count(".") + _OF_A_LIST * leaf.path.count("[0]")
    if fact in {"price", "value"} and leaf.value in NOTHING:
        score -= _OF_NOTHING
    if fact == "reference" and isinstance(leaf.value, str) and re.search(r"\d", leaf.value):
        score += _FOR_PEOPLE
    return max(0.0, min(1.0, score))
