"""What `saccade certify` asks with, recorded of the calls a mapping was inferred from.

What the mapping reads of them stands in the file beside them: whoever looks sees whether it is
right, and a mapping that comes to read something else is no longer certified. Of what a shopper
did, nothing is kept but the facts that are read. A value that is made up of a schema is no
evidence: what has no other is left out, and `Recording.lacks` says what to record.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from saccade.domain import Moment
from saccade_generic_rest.documents import NoFactError, identifier
from saccade_generic_rest.inferring_exchanges import PARAMETER, Evidence, Exchange, as_call, made_up
from saccade_generic_rest.inferring_seen import Observer, Seen, anyones, invented
from saccade_generic_rest.inferring_shop import Day, Goods, days, kept_rows
from saccade_generic_rest.mapping import Fields, Mapping, PageCall
from saccade_generic_rest.paths import Json, rows, table
from saccade_generic_rest.templates import CallTemplate, filled

MOST_PASSING = 6
_MOST_ROWS = 3


@dataclass(frozen=True, slots=True)
class Page:
    """A call that is decided."""

    target: str
    moment: Moment
    subject: str | None
    body: Json


@dataclass(slots=True)
class Recording:
    """All of it."""

    outside: tuple[str, ...]
    pages: list[Page] = field(default_factory=list[Page])
    passing: list[str] = field(default_factory=list[str])
    seen: list[Seen] = field(default_factory=list[Seen])
    shop: tuple[Day, Day] | None = None
    exempt: dict[str, str] = field(default_factory=dict[str, str])
    lacks: list[str] = field(default_factory=list[str])
    """What to record as well, a sentence each."""


def recorded(mapping: Mapping, evidence: Evidence) -> Recording:
    """Of one platform."""
    return _Recorder(mapping, evidence.exchanges).all()


class _Recorder:
    def __init__(self, mapping: Mapping, exchanges: Sequence[Exchange]) -> None:
        self._mapping = mapping
        self._catalog = mapping.catalog
        self._exchanges = exchanges
        self._found = Recording(_outside(mapping.paths))
        self._items = dict(self._products(self._catalog.item))
        self._observer = Observer(mapping)

    def all(self) -> Recording:
        self._record_shop()
        for page in self._mapping.pages:
            self._record_page(page)
        for seen in self._mapping.seen:
            told = self._observer.recorded(seen, self._exchanges)
            if told is None:
                self._lack(f"{seen.call}, and its answer with the facts that are read of it")
            else:
                self._found.seen.append(told)
        if not self._mapping.seen:
            self._lack("the call that places an order, and its answer")
        # Pages or calls of which some are unknown would be certified for the others alone.
        if len(self._found.pages) < len(self._mapping.pages):
            self._found.pages.clear()
        if len(self._found.seen) < len(self._mapping.seen):
            self._found.seen.clear()
        self._record_passing()
        if self._mapping.consent is None:
            self._found.exempt["consent.*"] = (
                "no call that was recorded carries the shopper's answer: "
                "pages tell it to /v1/consent"
            )
        return self._found

    def _lack(self, what: str) -> None:
        self._found.lacks.append(f"record {what}")

    # --- the catalog ----------------------------------------------------------------------

    def _record_shop(self) -> None:
        path = self._catalog.list
        lists = [one for one in self._exchanges if one.method == "GET" and one.path == path]
        listed = {code: row for one in lists for code, row in self._rows(one)}
        if not listed:
            self._lack(f"GET {path} with products in its answer")
            return
        whole = [self._goods(code, row) for code, row in listed.items()]
        found = [one for one in whole if one is not None]
        if not found:
            parts = "".join(f", and GET {part.path}" for part in self._catalog.parts)
            self._lack(f"GET {self._catalog.item}{parts} of a product that is in the list too")
            return
        bare = () if self._catalog.parts else self._bare(listed)
        self._found.shop = days(self._catalog, lists[0].body, lists[0].link, found, bare)

    def _rows(self, one: Exchange) -> Iterator[tuple[str, Json]]:
        """Products of a list by their ids, as far as nothing that is read of them is made up."""
        items = self._catalog.items
        for row in rows(one.body if items is None else items.of(one.body)) or ():
            code = _id(self._catalog.fields.id.of(row))
            if code is not None and not invented(self._catalog.fields, row):
                yield code, row

    def _goods(self, code: str, row: Json) -> Goods | None:
        """A product whose own documents are known."""
        item, catalog = self._items.get(code), self._catalog
        if item is None:
            return None
        own: dict[str, Json] = {filled(catalog.item, code) or "": item.body}
        parts: list[tuple[Fields, Json]] = []
        for part in catalog.parts:
            body = next((one.body for of, one in self._products(part.path) if of == code), None)
            if body is None or invented(part.fields, body):
                return None
            parts.append((part.fields, body))
            own[filled(part.path, code) or ""] = body
        return Goods(code, row, own, parts)

    def _bare(self, listed: dict[str, Json]) -> Sequence[Goods]:
        return [Goods(code, row) for code, row in listed.items() if code not in self._items]

    def _products(self, path: str) -> Iterator[tuple[str, Exchange]]:
        """Answers about single products, by the product.

        A document's own call names none: its example is of the product that the product's is of.
        """
        template = CallTemplate(f"GET {path.replace('{id}', '{product}')}")
        for one in self._exchanges:
            match = template.match(as_call(one))
            if match is None:
                continue
            own = (
                self._told_id(one) if path == self._catalog.item else next(iter(self._items), None)
            )
            if own is not None:
                yield match["product"] if one.target else own, one

    def _told_id(self, one: Exchange) -> str | None:
        """The id that a product's own document says; of one made up, and of no product, none."""
        root, fields = self._catalog.item_root, self._catalog.fields
        document = one.body if root is None else root.of(one.body)
        return None if invented(fields, document) else _id(fields.id.of(document))

    # --- calls ----------------------------------------------------------------------------

    def _record_page(self, page: PageCall) -> None:
        template = CallTemplate(page.call)
        for one in self._exchanges:
            match = template.match(as_call(one))
            if match is None or table(one.body) is None or self._is_no_page(one, page):
                continue
            subject, target = match.get("product"), one.target or one.path
            if subject is not None and not one.target:
                subject = next((code for code, of in self._items.items() if of is one), "")
                target = filled(PARAMETER.sub("{id}", one.path), subject) or ""
            if target and PARAMETER.search(target) is None:
                body = self._shortened(one)
                self._found.pages.append(Page(target, page.moment, subject, body))
                return
        self._lack(f"{page.call}, answered with a JSON object of a real product")

    def _is_no_page(self, one: Exchange, page: PageCall) -> bool:
        """Whether it shows no product that there is."""
        if one.path == self._catalog.list:
            return not dict(self._rows(one))
        if page.call.replace("{product}", "{id}") == f"GET {self._catalog.item}":
            return one not in self._items.values()
        return not one.target and made_up(one.body)

    def _shortened(self, one: Exchange) -> Json:
        """A list with few of its products."""
        items = self._catalog.items
        listed = None if items is None or one.path != self._catalog.list else items.of(one.body)
        some = rows(listed)
        return one.body if some is None else kept_rows(self._catalog, one.body, some[:_MOST_ROWS])

    def _record_passing(self) -> None:
        calls = [one.call for one in self._mapping.pages] + [one.call for one in self._mapping.seen]
        templates = [CallTemplate(call) for call in calls]
        for one in self._exchanges:
            known = any(template.match(as_call(one)) is not None for template in templates)
            call = f"{one.method} {anyones(one)}"
            inside = one.path.startswith(self._mapping.paths)
            if inside and not known and call not in self._found.passing:
                self._found.passing.append(call)
        del self._found.passing[MOST_PASSING:]
        if not self._found.passing:
            self._lack("a call that is neither a page nor an order, such as one that lists brands")


def _id(value: Json) -> str | None:
    try:
        return None if made_up(value) else identifier(value)
    except NoFactError:
        return None


def _outside(paths: Sequence[str]) -> tuple[str, ...]:
    """What none of the platform's paths is the beginning of."""
    near = ("/", *(one for path in paths for one in (path[:-1], f"{path[:-1]}x/")))
    return tuple(one for one in near if one and not one.startswith(tuple(paths)))
