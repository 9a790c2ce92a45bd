"""The shop's products by its list, page by page; single ones by their own path.

What a platform sends is counted before it is parsed, and every product and fact that could not be
read is told in `CatalogPage.skipped`: a product whose fact it was is kept without that fact.
"""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from saccade.catalog import CatalogError
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade_gateway.calls import AgainError, Asked, Calls, Session, UnreadableError
from saccade_generic_rest.credentials import Credentials
from saccade_generic_rest.documents import Read, product
from saccade_generic_rest.mapping import Fields
from saccade_generic_rest.paging import Page, Paging, Place
from saccade_generic_rest.paths import Json, decoded, rows
from saccade_generic_rest.settings import RestSettings
from saccade_generic_rest.templates import filled

MOST_PRODUCTS = 5_000
"""Of one page."""
AT_ONCE = 4
"""Calls about single products."""

TELLING = 10
"""Products of a page that say something of a fact none of them has."""

FACTS = tuple(Fields.model_fields)
_NO_FACT: tuple[object, ...] = (None, "", ())
_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_MOVED = frozenset({301, 302, 303, 307, 308})
_NOT_OURS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class RestCatalog:
    """Reads as the mapping says. A cursor is how many pages came before, and where the next is."""

    def __init__(
        self, settings: RestSettings, calls: Calls, credentials: Credentials | None = None
    ) -> None:
        self._settings = settings
        self._table = settings.mapping.catalog
        self._paging = Paging(settings.base, self._table)
        base = urlsplit(settings.base)
        self._origin, self._prefix = f"{base.scheme}://{base.netloc}", base.path.rstrip("/")
        tables = (self._table.fields, *(part.fields for part in self._table.parts))
        self._named = tuple(
            name for name in FACTS if any(getattr(one, name) is not None for one in tables)
        )
        self._calls = calls
        self._credentials = credentials or Credentials(settings)

    async def changes(self, cursor: str | None) -> CatalogPage:
        """One page of the whole catalog. Raises `CatalogError`.

        A page that cannot be read is lost where the way behind it is known, as that of numbered
        pages is; else the walk waits, for a way that only that page would tell.
        """
        place = self._paging.place(cursor)
        async with self._calls.session() as session:
            try:
                page, items = await self._list(session, place)
                found = await self._each(session, items)
                self._check(found)
            except UnreadableError as error:
                behind = self._paging.past(place)
                if behind is None:
                    raise
                return CatalogPage((), cursor=behind.cursor(), lost=error.reason)
            following, pages = self._paging.following(place, page)
        cut_short = self._paging.is_cut_short(place, page)
        return CatalogPage(
            products=tuple(one.product for one in found if one.product is not None),
            cursor=None if following is None else following.cursor(),
            pages=pages,
            skipped=(
                *(problem for one in found for problem in one.problems),
                *self._nowhere(found),
            ),
            lost="empty" if cut_short else None,
        )

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """Those that exist. Raises `CatalogError`."""
        async with self._calls.session() as session:
            found = [await self._single(session, code) for code in ids]
        return [one for one in found if one is not None]

    async def _list(self, session: Session, place: Place) -> tuple[Page, Sequence[Json]]:
        path, parameters = self._paging.request(place)
        asked = await self._ask(session, path, parameters)
        if asked.status in _ABSENT and place.number:  # behind the last page
            return Page(asked, None, 0), ()
        document = self._document(asked, "catalog.list")
        items = rows(document if self._table.items is None else self._table.items.of(document))
        if items is None:
            raise UnreadableError(
                "no_list",
                "the platform's list holds no list of products. Fix: correct catalog.items in "
                f"{self._settings.file}",
            )
        if len(items) > MOST_PRODUCTS:
            raise UnreadableError(
                "too_many",
                f"a page of the platform's list holds more than {MOST_PRODUCTS} products. Fix: ask "
                f"for smaller ones with catalog.pages in {self._settings.file}",
            )
        return Page(asked, document, len(items)), items

    def _check(self, found: Sequence[Read]) -> None:
        """Raises `UnreadableError` where there is not one product among many."""
        if found and not any(one.product is not None for one in found):
            raise UnreadableError(
                "no_product",
                f"no product of a page can be read ({found[0].problems[0]}). Fix: correct "
                f"catalog.items or catalog.fields.id in {self._settings.file}",
            )

    def _nowhere(self, found: Sequence[Read]) -> Sequence[str]:
        """Facts the mapping names and no product of a whole page has: their path may be wrong."""
        products = [one.product for one in found if one.product is not None]
        if len(products) < TELLING:
            return ()
        told = {problem for one in found for problem in one.problems}
        return [
            f"{name}_nowhere"
            for name in self._named
            if not any(getattr(product, name) not in _NO_FACT for product in products)
            and not any(problem.startswith(f"{name}_") for problem in told)
        ]

    async def _single(self, session: Session, code: str) -> Product | None:
        path = filled(self._table.item, code)
        if path is None:
            return None
        asked = await self._ask(session, self._prefix + path)
        if asked.status in _ABSENT:
            return None
        document = self._document(asked, "catalog.item")
        root = self._table.item_root
        found = document if root is None else root.of(document)
        return (await self._read(session, found, self._product(found))).product

    async def _each(self, session: Session, items: Sequence[Json]) -> Sequence[Read]:
        """Products of a list, a few at a time where each has documents of its own.

        A product whose own document is refused or away is told of and kept; where nobody's comes
        the platform is away, and the walk waits. Raises `CatalogError`.
        """
        found = [self._product(item) for item in items]
        if not self._table.parts:
            return found
        answered = False
        for start in range(0, len(found), AT_ONCE):
            some = range(start, min(start + AT_ONCE, len(found)))
            read = await asyncio.gather(
                *(self._whole(session, items[at], found[at]) for at in some)
            )
            away = [one for one in read if isinstance(one, AgainError)]
            answered = answered or len(away) < len(read)
            if not answered:
                raise away[0]
            for at, one in zip(some, read, strict=True):
                found[at] = _without_part(found[at], one) if isinstance(one, CatalogError) else one
        return found

    async def _whole(self, session: Session, document: Json, read: Read) -> Read | CatalogError:
        """With the other documents about it, or why there is one that is not to be had."""
        try:
            return await self._read(session, document, read)
        except CatalogError as error:
            return error

    async def _read(self, session: Session, document: Json, read: Read) -> Read:
        """Raises `CatalogError`."""
        if read.product is None:
            return read
        parts: list[tuple[Fields, Json]] = []
        problems: list[str] = []
        for number, part in enumerate(self._table.parts):
            path = filled(part.path, read.product.id)
            try:
                asked = None if path is None else await self._ask(session, self._prefix + path)
                if asked is not None and asked.status not in _ABSENT:
                    document_of = self._document(asked, f"catalog.parts.{number}.path")
                    parts.append((part.fields, document_of))
            except UnreadableError as error:
                problems.append(f"part_{error.reason}")
        whole = self._product(document, parts)
        return Read(whole.product, (*whole.problems, *problems))

    def _product(self, document: Json, parts: Sequence[tuple[Fields, Json]] = ()) -> Read:
        return product(self._table.fields, document, self._table.price_decimals, parts)

    async def _ask(
        self, session: Session, path: str, parameters: Mapping[str, str] | None = None
    ) -> Asked:
        """With what says who we are; once more with a fresh token where one is refused."""
        url = self._origin + path
        headers = await self._credentials.headers(session)
        asked = await session.ask("GET", url, params=parameters, headers=headers)
        if asked.status in _NOT_OURS and self._credentials.refused(headers):
            headers = await self._credentials.headers(session)
            asked = await session.ask("GET", url, params=parameters, headers=headers)
        if asked.status in _NOT_OURS:
            raise CatalogError(
                f"the platform refuses us ({asked.status}). Fix: correct auth in "
                f"{self._settings.file}, or the secret it names"
            )
        return asked

    def _document(self, asked: Asked, key: str) -> Json:
        """Raises `CatalogError`, which names the mapping's key where that is the likely cause."""
        if asked.status != HTTPStatus.OK:
            problem, fix = f"the platform answered {asked.status}", ""
            if asked.status in _MOVED:
                fix = ", such as the slash at its end: no redirect is followed"
            if asked.status in _MOVED | _ABSENT:
                problem += f". Fix: correct {key} in {self._settings.file}{fix}"
            raise CatalogError(problem)
        try:
            return decoded(asked.body)
        except ValueError as error:
            raise UnreadableError("not_json", "the platform's catalog is no JSON") from error


def _without_part(read: Read, error: CatalogError) -> Read:
    why = "part_away" if isinstance(error, AgainError) else "part_refused"
    return Read(read.product, (*read.problems, why))
