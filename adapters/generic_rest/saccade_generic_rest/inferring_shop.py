"""A catalog on two days as `saccade.testing.Shop` wants it, of a list and products recorded once.

Of the list those products are kept whose own documents were recorded too, on two pages, so that the
way from one to the next is gone. The second day is made of the first: one product renamed, one new
and one gone, as far as so many were recorded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit

from saccade.domain import Product
from saccade_generic_rest.documents import Read, product
from saccade_generic_rest.inferring_places import as_sent, placed
from saccade_generic_rest.mapping import (
    ByCursor,
    ByLink,
    ByNext,
    ByOffset,
    ByPage,
    CatalogTable,
    Fields,
)
from saccade_generic_rest.paging import linked
from saccade_generic_rest.paths import Json, JsonPath
from saccade_generic_rest.templates import filled

_SECOND = "2"
"""A cursor, where none was recorded."""
_FEWEST_TO_SPARE = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """A call of the catalog's, and what is answered."""

    target: str
    body: Json
    link: str = ""


@dataclass(frozen=True, slots=True)
class Goods:
    """One product as the list tells it, and its own documents by their paths."""

    id: str
    row: Json
    own: Mapping[str, Json] = field(default_factory=dict[str, Json])
    parts: Sequence[tuple[Fields, Json]] = ()

    def read(self, catalog: CatalogTable) -> Read:
        """As the adapter reads it."""
        parts = [(fields, as_sent(document)) for fields, document in self.parts]
        return product(catalog.fields, as_sent(self.row), catalog.price_decimals, parts)


@dataclass(frozen=True, slots=True)
class Day:
    """What is answered, and the products that are thereby told."""

    answers: Sequence[Answer]
    products: Sequence[Product]


def days(
    catalog: CatalogTable, listed: Json, link: str, whole: Sequence[Goods], bare: Sequence[Goods]
) -> tuple[Day, Day]:
    """``bare`` are products of the list alone; ``listed`` is a page of it as it was answered."""
    spare = whole[-1:] if len(whole) >= _FEWEST_TO_SPARE else ()
    new = bare[:1] or spare
    first = [one for one in whole if one not in new]
    kept = first[1:] or first
    later = [_renamed(catalog, kept[0]), *kept[1:], *new]
    return _day(catalog, listed, link, first), _day(catalog, listed, link, later)


def kept_rows(catalog: CatalogTable, document: Json, some: Sequence[Json]) -> Json:
    """A page of the list with these products."""
    if catalog.items is None:
        return list(some)
    return placed(document, catalog.items.text, list(some))


def _day(catalog: CatalogTable, listed: Json, link: str, goods: Sequence[Goods]) -> Day:
    own = [Answer(path, body) for one in goods for path, body in one.own.items()]
    found = [one.read(catalog).product for one in goods]
    pages = _pages(catalog, listed, link, [one.row for one in goods])
    return Day([*pages, *own], [one for one in found if one is not None])


def _renamed(catalog: CatalogTable, goods: Goods) -> Goods:
    """In the list and in its own document."""
    path = catalog.fields.name
    name = None if path is None else path.of(goods.row)
    if path is None or not isinstance(name, str):
        return goods
    root = "" if catalog.item_root is None else f"{catalog.item_root.text}."
    item = filled(catalog.item, goods.id)
    own = {
        at: placed(body, root + path.text, f"{name} II") if at == item else body
        for at, body in goods.own.items()
    }
    return replace(goods, row=placed(goods.row, path.text, f"{name} II"), own=own)


def _pages(
    catalog: CatalogTable, listed: Json, link: str, some: Sequence[Json]
) -> Iterator[Answer]:
    """The list on two pages, by the platform's own way from one to the next; the last first."""
    pages, path = catalog.pages, catalog.list
    begin, rest = (kept_rows(catalog, listed, part) for part in (some[:1], some[1:]))
    if isinstance(pages, ByPage):
        count = min(2, max(1, len(some)))
        for number, body in ((1, rest), (0, begin)):
            at = f"{path}?{_query(pages.param)}={pages.first + number}"
            yield Answer(at, _told(body, pages.pages, count))
    elif isinstance(pages, ByOffset):
        for number, body in ((1, rest), (0, begin)):
            yield Answer(
                f"{path}?{_query(pages.param)}={number}", _told(body, pages.total, len(some))
            )
    elif isinstance(pages, ByCursor):
        said = pages.next.of(listed)
        cursor = str(said) if isinstance(said, (str, int)) and said else _SECOND
        yield Answer(
            f"{path}?{_query(pages.param)}={_query(cursor)}", _told(rest, pages.next, None)
        )
        yield Answer(path, _told(begin, pages.next, cursor))
    elif isinstance(pages, ByNext) and (following := _here(pages.next.of(listed))):
        yield Answer(following, _told(rest, pages.next, None))
        yield Answer(path, _told(begin, pages.next, following))
    elif isinstance(pages, ByLink) and (following := _here(linked(link))):
        yield Answer(following, rest)
        yield Answer(path, begin, f'<{following}>; rel="next"')
    else:
        yield Answer(path, kept_rows(catalog, listed, some))


def _told(document: Json, path: JsonPath | None, value: Json) -> Json:
    return document if path is None else placed(document, path.text, value)


def _here(url: Json) -> str:
    """A URL without its host, which is not the kit's."""
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _query(text: str) -> str:
    return quote(text, safe="")
