"""The way through a list of products: which page comes next, and that it is on the platform.

A platform may name the next page by URL, in the body or in a header. Of such a URL only path and
query are followed, on the platform's own origin and below the list's folder; another is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from saccade.catalog import CatalogError
from saccade_gateway.calls import Asked
from saccade_gateway.folders import leaves_its_folder
from saccade_generic_rest.mapping import (
    ByCursor,
    ByLink,
    ByNext,
    ByOffset,
    ByPage,
    CatalogTable,
    OnePage,
)
from saccade_generic_rest.paths import Json, JsonPath

MOST_PAGES = 20_000
"""Of one way through a catalog: a platform that makes up pages for ever is left."""
LONGEST_PLACE = 2_048
MOST_EMPTY = 20
"""Pages in a row that hold no product and name a next one."""
_MOST_PRODUCTS = 100_000_000
_LARGEST_CURSOR = 10**25

_CURSOR = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,2}))?:([^\x00-\x1f\x7f]{0,2048})")
_UNFIT = re.compile(r"[\x00-\x20\x7f\\<>\"^`{|}]|[^\x00-\x7f]")
_LINK = re.compile(r"<([^<>]{0,2048})>((?:\s*;\s*[\w*!#$&+.^`|~-]{1,64}\s*"
                   r"(?:=\s*(?:\"[^\"]{0,256}\"|[^\s\",;]{0,256}))?)*)")  # fmt: skip
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]{0,256})\"|([^\s\",;]{0,256}))", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Place(NamedTuple):
    """Where a walk stands: how many pages came before, and where the next is."""

    number: int
    at: str
    empty: int = 0
    """Pages before it in a row without a product."""

    def cursor(self) -> str:
        """As the core keeps it."""
        return f"{self.number}{f'.{self.empty}' if self.empty else ''}:{self.at}"


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the list, as the way to the next is read from it."""

    asked: Asked
    document: Json
    items: int


class Paging:
    """The pages of one platform's list."""

    def __init__(self, base: str, catalog: CatalogTable) -> None:
        self._base = urlsplit(base)
        self._prefix = self._base.path.rstrip("/")
        self._catalog = catalog
        self._pages = catalog.pages

    def place(self, cursor: str | None) -> Place:
        """Where a cursor stands; what is none starts anew. Raises `CatalogError`."""
        match = _CURSOR.fullmatch(cursor or "")
        if match is None:
            return Place(0, "")
        if int(match[1]) >= MOST_PAGES:
            raise CatalogError(f"the catalog does not end within {MOST_PAGES} pages")
        return Place(int(match[1]), match[3], int(match[2] or 0))

    def request(self, place: Place) -> tuple[str, Mapping[str, str]]:
        """Path with query, and parameters, of a place's page. Raises `CatalogError`."""
        pages, list_path = self._pages, self._prefix + self._catalog.list
        parameters = dict(self._catalog.query)
        if isinstance(pages, OnePage):
            return list_path, parameters
        if pages.size_param is not None:
            parameters[pages.size_param] = str(pages.size)
        if isinstance(pages, ByPage):
            parameters[pages.param] = str(pages.first + place.number)
        elif isinstance(pages, ByOffset):
            parameters[pages.param] = str(_count(place.at))
        elif place.number and isinstance(pages, ByCursor):
            parameters[pages.param] = place.at
        elif place.number:
            return self._on_platform(place.at), {}
        return list_path, parameters

    def following(self, place: Place, page: Page) -> tuple[Place | None, int | None]:
        """The next place, and how many pages there are, where that is told.

        Raises `CatalogError` for a next page that is not on this platform.
        """
        pages = self._pages
        numbered = isinstance(pages, (ByPage, ByOffset))
        if isinstance(pages, OnePage) or (numbered and not page.items):
            return None, None
        number = place.number + 1
        if isinstance(pages, ByPage):
            told = _told(pages.pages, page.document)
            return (None if told is not None and number >= told else Place(number, "")), told
        if isinstance(pages, ByOffset):
            behind = _count(place.at) + page.items
            total = _told(pages.total, page.document)
            if total is not None and behind >= total:
                return None, number
            return Place(number, str(behind)), None
        if isinstance(pages, ByLink):
            following = linked(page.asked.link)
        else:
            following = _word(pages.next.of(page.document))
        if not following:
            return None, None
        if isinstance(pages, (ByNext, ByLink)):
            following = self._on_platform(following)
        if len(following) > LONGEST_PLACE or following == place.at:
            raise CatalogError("the platform's list names itself as its next page")
        empty = 0 if page.items else place.empty + 1
        if empty > MOST_EMPTY:
            raise CatalogError("page after page of the platform's list is empty, and names a next")
        return Place(number, following, empty), None

    def is_cut_short(self, place: Place, page: Page) -> bool:
        """Whether a page is empty that, by the totals told, is not behind the last: a search that
        is just built anew has fewer products than it says."""
        if page.items:
            return False
        if isinstance(self._pages, ByPage):
            told = _told(self._pages.pages, page.document)
            return told is not None and told > max(place.number, 1)
        if isinstance(self._pages, ByOffset):
            total = _told(self._pages.total, page.document)
            return total is not None and total > _count(place.at)
        return False

    def past(self, place: Place) -> Place | None:
        """The place behind a page that could not be read; ``None`` where only it would tell."""
        if isinstance(self._pages, ByPage) and place.number and self._pages.pages is not None:
            return Place(place.number + 1, "")
        return None

    def _on_platform(self, url: str) -> str:
        """Path and query of a URL that is this platform's. Raises `CatalogError`."""
        try:
            target = None if _UNFIT.search(url) else self._target(url)
        except ValueError:  # urlsplit's: a host or a port that is none
            target = None
        if target is None:
            raise CatalogError("the platform's list names a next page that is not on the platform")
        return target

    def _target(self, url: str) -> str | None:
        parts = urlsplit(url)
        if (parts.scheme or parts.netloc) and not self._is_here(parts.netloc, parts.scheme):
            return None
        path = parts.path or self._prefix + self._catalog.list
        folder = (self._prefix + self._catalog.list).rpartition("/")[0] + "/"
        if not path.startswith("/"):
            path = folder + path
        if not path.startswith(folder) or leaves_its_folder(path):
            return None
        return f"{path}?{parts.query}" if parts.query else path

    def _is_here(self, authority: str, scheme: str) -> bool:
        """Whether it names this platform's host: a proxy before it may have taken off the TLS."""
        if "@" in authority or scheme not in {"", "http", "https"}:
            return False
        parts = urlsplit(f"//{authority}")
        ports = {None, self._base.port, _DEFAULT_PORTS.get(scheme)}
        return (
            bool(parts.hostname) and parts.hostname == self._base.hostname and parts.port in ports
        )


def _count(text: str) -> int:
    return min(int(text), _MOST_PRODUCTS) if text.isascii() and text.isdecimal() else 0


def _told(path: JsonPath | None, document: Json) -> int | None:
    found = None if path is None else path.of(document)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def _word(value: Json) -> str:
    """A cursor as text; what says that there is none is empty. Raises `CatalogError`."""
    if value is None or value is False or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < _LARGEST_CURSOR else None
    if not isinstance(value, str) or not _CURSOR.fullmatch(f"0:{value}"):
        raise CatalogError("what names the next page is no cursor. Fix: correct catalog.pages.next")
    return value


def linked(header: str) -> str:
    """The target of the first link whose relation is ``next`` (RFC 8288)."""
    for target, parameters in _LINK.findall(header[:16_384]):
        for relation in _REL.finditer(parameters):
            if "next" in (relation[1] or relation[2] or "").lower().split():
                return str(target)
    return ""
