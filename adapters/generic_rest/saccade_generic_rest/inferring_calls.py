"""Which of a platform's calls list products, tell one, take an order, or fill a cart."""

from collections.abc import Sequence
from dataclasses import dataclass

from saccade_generic_rest.inferring_exchanges import PARAMETER, Exchange
from saccade_generic_rest.inferring_words import NOTHING, fit, leaves, words
from saccade_generic_rest.paths import Json, rows, table

CHANGING = frozenset({"POST", "PUT", "PATCH"})
FACTS = ("name", "price", "currency", "in_stock", "categories")
_LIKELY = 0.5
_GOODS = {"products": 0.5, "product": 0.5, "articles": 0.45, "items": 0.35, "goods": 0.45,
          "catalog": 0.3, "skus": 0.4, "variants": 0.2, "things": 0.2, "offers": 0.2}  # fmt: skip
_NOT_GOODS = frozenset({"orders", "carts", "baskets", "customers", "users", "reviews", "categories",
                        "brands", "countries", "addresses", "payments", "shipments"})  # fmt: skip
_NOT_LISTED = _NOT_GOODS | {"category", "customer", "brand", "shop", "shops", "stores", "shipping"}
"""Of a path's last segment: ``/shop/products`` lists products, ``/shops`` does not."""
_ORDERS = {"orders": 0.9, "order": 0.85, "checkout": 0.85, "checkouts": 0.6, "purchase": 0.8,
           "purchases": 0.85}  # fmt: skip
_UNDONE = frozenset({"refund", "refunds", "cancel", "cancellations", "returns"})
_OF_NOTHING = 0.4
"""Speaks against an order whose value is nothing."""
_DONE = frozenset({"complete", "place", "confirm", "submit", "finish", "finalize"})
_CARTS = frozenset({"cart", "carts", "basket", "baskets", "bag"})
_LINES = frozenset({"items", "item", "lines", "line", "products", "product", "entries", "add"})


@dataclass(frozen=True, slots=True)
class Listed:
    """A list in an answer, and how much it looks like one of products."""

    exchange: Exchange
    items: str
    rows: Sequence[Json]
    score: float


def listed(exchanges: Sequence[Exchange]) -> Sequence[Listed]:
    """Every list of every GET."""
    found: list[Listed] = []
    for exchange in exchanges:
        if exchange.method != "GET" or PARAMETER.search(exchange.path):
            continue
        body = exchange.body
        whole = rows(body)
        tables: list[tuple[str, Sequence[Json]]] = [("", whole or [])]
        if whole is None:
            tables = [(path.removesuffix("[]"), _at(body, path)) for path in _tables(body)]
        for path, some in tables:
            score = _goods(exchange.path, path, some)
            found.append(Listed(exchange, path, some, score))
    return found


def _tables(body: Json) -> Sequence[str]:
    return [leaf.path for leaf in leaves(body) if leaf.path.endswith("[]")]


def _at(body: Json, path: str) -> Sequence[Json]:
    for name in path.removesuffix("[]").split("."):
        body = (table(body) or {}).get(name.strip('"'))
    return rows(body) or []


def _goods(path: str, inside: str, listed: Sequence[Json]) -> float:
    named = [word for part in path.split("/") for word in words(part)]
    score = max((_GOODS.get(word, 0.0) for word in named), default=0.0)
    last = words(path.rstrip("/").rpartition("/")[2])
    score -= 0.8 * len((_NOT_GOODS & {*named, *words(inside)}) | (_NOT_LISTED & {*last}))
    row = table(listed[0]) if listed else None
    if row is None:
        return score - 0.5
    every = list(leaves(row))
    likely = [max((fit(fact, leaf) for leaf in every), default=0.0) for fact in ("id", *FACTS)]
    score += sum(0.3 for one in likely if one > _LIKELY)
    return score


def item_of(exchanges: Sequence[Exchange], found: Listed) -> Exchange | None:
    """The GET of one product: the list's path and one parameter, answered most like the list."""
    start = found.exchange.path.rstrip("/")
    below: list[Exchange] = []
    close: list[Exchange] = []
    for exchange in exchanges:
        before, _, last = exchange.path.rstrip("/").rpartition("/")
        if exchange.method != "GET" or not PARAMETER.fullmatch(last):
            continue
        if before == start:
            below.append(exchange)
        elif set(words(before)) & set(_GOODS) and not set(words(before)) & _NOT_GOODS:
            close.append(exchange)
    row = table(found.rows[0]) if found.rows else None
    return max(below or close, key=lambda one: _shared_names(one.body, row or {}), default=None)


def _shared_names(body: Json, row: dict[str, Json]) -> int:
    """How many of a row's names an answer has, or the object within it that has most."""
    own = table(body) or {}
    objects = [own, *(inner for one in own.values() if (inner := table(one)) is not None)]
    return max(len(set(row) & set(one)) for one in objects)


def order_likeness(exchange: Exchange) -> float:
    """How much a call looks like the placement of an order."""
    parts = [part for part in exchange.path.split("/") if part and not PARAMETER.search(part)]
    named = [word for part in parts[-2:] for word in words(part)]
    last = set(words(parts[-1])) if parts else set[str]()
    score = max((_ORDERS.get(word, 0.0) for word in named), default=0.0)
    if last & _DONE and set(named) & _CARTS:  # a cart that is done with
        score = max(score, 0.7)
    after = set(words(exchange.path.rpartition("}")[2]))
    if "{" in exchange.path and not after & (set(_ORDERS) | _DONE):
        return 0.0
    if not score or set(named) & _UNDONE:
        return 0.0
    score += 0.15 if last & _DONE else 0.0 if last & set(_ORDERS) else -0.4
    return score - (_OF_NOTHING if _is_of_nothing(exchange.body) else 0.0)


def _is_of_nothing(body: Json) -> bool:
    """Whether nothing is to be paid: a cart that was made, or an order before it is placed."""
    best = max(leaves(body), key=lambda leaf: fit("value", leaf), default=None)
    return best is not None and fit("value", best) > _LIKELY and best.value in NOTHING


def fills_a_cart(exchange: Exchange) -> float:
    """How surely a call puts something into a cart, which may be an order that is not placed."""
    named = [set(words(part)) for part in exchange.path.split("/") if part]
    if not named or not named[-1] & _LINES:
        return 0.0
    if any(part & _CARTS for part in named):
        return 0.85
    return 0.6 if "{" in exchange.path and any(part & set(_ORDERS) for part in named) else 0.0
