"""How a platform's list is paged, guessed from its parameters, its body and its headers."""

from collections.abc import Iterator

from saccade_generic_rest.inferring_exchanges import Exchange
from saccade_generic_rest.inferring_words import Leaf, kind, leaves

Found = tuple[str, str, float]
"""Key, value and confidence."""

_CURSORS = frozenset({"cursor", "after", "continuation", "token", "bookmark", "marker"})
_NEXT = frozenset({"next", "following", "end"})
_SIZES = ("page_size", "pagesize", "per_page", "perpage", "limit", "size", "count", "first", "top")
_PAGES = ("page", "p", "page_number", "pagenumber", "currentpage", "page_no", "pageno")
_OFFSETS = ("offset", "skip", "start", "from")


def paged(exchange: Exchange, items: str) -> Iterator[Found]:
    """Keys below ``catalog.pages``."""
    every = [leaf for leaf in leaves(exchange.body) if not leaf.path.startswith(f"{items}[]")]
    names = {name.lower(): name for name in exchange.query}
    yield from _way(exchange, every, names)
    size = next((names[name] for name in _SIZES if name in names), "")
    if size:
        yield "catalog.pages.size_param", size, 0.85


def _way(exchange: Exchange, every: list[Leaf], names: dict[str, str]) -> Iterator[Found]:
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
    parameter = next((names[name] for name in names if _CURSORS & set(name.split("_"))), "")
    if parameter and (word or following):
        found = word or following[0]
        sure = 0.9 if _NEXT & {*found.words, *found.above} else 0.6
        yield "catalog.pages.kind", "cursor", 0.95
        yield "catalog.pages.param", parameter, 0.9
        yield "catalog.pages.next", found.path, sure
        return
    yield from _numbered(exchange, every, names)


def _numbered(exchange: Exchange, every: list[Leaf], names: dict[str, str]) -> Iterator[Found]:
    page = next((names[name] for name in _PAGES if name in names), "")
    offset = next((names[name] for name in _OFFSETS if name in names), "")
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
        total = next((leaf for leaf in counts if _is_total(leaf)), None)
        yield "catalog.pages.kind", "offset", 0.95
        yield "catalog.pages.param", offset, 0.95
        if total is not None:
            yield "catalog.pages.total", total.path, 0.85
    else:
        yield "catalog.pages.kind", "none", 0.5


def _is_pages(leaf: Leaf) -> bool:
    own = set(leaf.words)
    return bool(own & {"pages"}) or ("page" in own and bool(own & {"count", "last", "total"}))


def _is_total(leaf: Leaf) -> bool:
    return bool(set(leaf.words) & {"total", "count", "hits"}) and "page" not in leaf.words
