"""How a platform's list is paged, guessed from its parameters, its body and its headers."""

from collections.abc import Iterator, Sequence

from saccade_generic_rest.inferring_exchanges import Exchange, made_up
from saccade_generic_rest.inferring_words import Leaf, kind, leaves, words
from saccade_generic_rest.paths import Json

Found = tuple[str, str, float]
"""Key, value and confidence."""

_CURSORS = frozenset({"cursor", "after", "continuation", "token", "bookmark", "marker"})
_NEXT = frozenset({"next", "following", "end"})
_SIZES = frozenset({"size", "pagesize", "per", "perpage", "limit", "count", "first", "top", "rows"})
_PAGES = frozenset({"page", "p", "pagenumber", "currentpage", "pageno"})
_OFFSETS = frozenset({"offset", "skip", "start", "from"})
_BESIDE = frozenset({"page", "number", "no", "current", "index", "search", "criteria", "paging",
                     "pagination", "result", "results", "items", "products"})  # fmt: skip
"""What stands beside such a word; ``price_from`` is a filter and no offset."""


def paged(exchange: Exchange, items: str, listed: Sequence[Json]) -> Iterator[Found]:
    """Keys below ``catalog.pages``."""
    every = [leaf for leaf in leaves(exchange.body) if not leaf.path.startswith(f"{items}[]")]
    yield from _way(exchange, every, len(listed))
    size = _parameter(exchange, _SIZES)
    if size:
        yield "catalog.pages.size_param", size, 0.85


def _parameter(exchange: Exchange, meant: frozenset[str]) -> str:
    """The first that says one of these words, and nothing that tells another thing."""
    for name in exchange.query:
        own = set(words(name))
        size = meant is not _SIZES and own & _SIZES
        if own & meant and own - meant <= _BESIDE and not size:
            return name
    return ""


def _way(exchange: Exchange, every: list[Leaf], shown: int) -> Iterator[Found]:
    if 'rel="next"' in exchange.link.replace("rel=next", 'rel="next"'):
        yield "catalog.pages.kind", "link", 0.95
        return
    following = [leaf for leaf in every if _NEXT & {*leaf.words, *leaf.above[-1:]}]
    url = next((leaf for leaf in following if kind(leaf.value) == "u"), None)
    if url is not None:
        yield "catalog.pages.kind", "next", 0.95
        yield "catalog.pages.next", url.path, 0.95
        return
    word = next((leaf for leaf in every if _CURSORS & set(leaf.words)), None)
    parameter = _parameter(exchange, _CURSORS)
    if parameter and (word or following):
        found = word or following[0]
        sure = 0.9 if _NEXT & {*found.words, *found.above} else 0.6
        yield "catalog.pages.kind", "cursor", 0.95
        yield "catalog.pages.param", parameter, 0.9
        yield "catalog.pages.next", found.path, sure
        return
    yield from _numbered(exchange, every, shown)


def _numbered(exchange: Exchange, every: list[Leaf], shown: int) -> Iterator[Found]:
    page, offset = _parameter(exchange, _PAGES), _parameter(exchange, _OFFSETS)
    counts = [leaf for leaf in every if kind(leaf.value) == "i"]
    if page:
        told = next((leaf for leaf in counts if _is_pages(leaf)), None)
        first = exchange.query[page]
        yield "catalog.pages.kind", "page", 0.95
        yield "catalog.pages.param", page, 0.95
        known = str(first) in {"0", "1"}
        yield "catalog.pages.first", str(first) if known else "1", 0.9 if known else 0.6
        if told is not None:
            yield "catalog.pages.pages", told.path, 0.85
    elif offset:
        yield "catalog.pages.kind", "offset", 0.95
        yield "catalog.pages.param", offset, 0.95
        total = max(counts, key=lambda leaf: _totality(leaf, shown), default=None)
        if total is not None and (sure := _totality(total, shown)) > 0:
            yield "catalog.pages.total", total.path, sure
    else:
        yield "catalog.pages.kind", "none", 0.5


def _is_pages(leaf: Leaf) -> bool:
    own = set(leaf.words)
    return bool(own & {"pages"}) or ("page" in own and bool(own & {"count", "last", "total"}))


def _totality(leaf: Leaf, shown: int) -> float:
    """How sure a number counts all products: one that counts those shown does not."""
    own = set(leaf.words)
    if not own & {"total", "count", "hits"} or "page" in own:
        return 0.0
    if not made_up(leaf.value) and leaf.value < shown:
        return 0.0
    likely = 0.85 if own & {"total", "hits"} else 0.6
    return likely if made_up(leaf.value) or leaf.value > shown else likely - 0.2
