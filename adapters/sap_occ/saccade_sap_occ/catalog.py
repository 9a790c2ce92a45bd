"""The shop's products by OCC's search, page by page; single ones by their resource."""

import re
from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import msgspec

from saccade.catalog import CatalogError
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade_gateway.calls import Asked, Calls, UnreadableError
from saccade_sap_occ.settings import OccSettings
from saccade_sap_occ.tokens import Tokens

_OF_A_PRODUCT = "code,name,price(value,currencyIso),stock(stockLevelStatus),categories(code)"
_ABSENT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
"""OCC answers an unknown code with 400 UnknownIdentifierError or 404, by version."""

_CURSOR = re.compile(r"([0-9]{1,7})/([0-9]{1,7})")
_MOST_PAGES = 9_999_999
"""What a cursor can say."""

T = TypeVar("T")


class _Price(msgspec.Struct, rename="camel"):
    value: Decimal | None = None
    currency_iso: str | None = None


class _Stock(msgspec.Struct, rename="camel"):
    stock_level_status: str | None = None


class _Category(msgspec.Struct):
    code: str


class _Named(msgspec.Struct):
    """What no product is without."""

    code: str


class _Item(_Named):
    name: str | None = None
    price: _Price | None = None
    stock: _Stock | None = None
    categories: tuple[_Category, ...] | None = ()

    def product(self) -> Product:
        """As the core knows it; what OCC left out stays unknown (OCC 20)."""
        value = self.price.value if self.price else None
        status = self.stock.stock_level_status if self.stock else None
        return Product(
            id=self.code,
            name=self.name or "",
            categories=tuple(category.code for category in self.categories or ()),
            price=None if value is None or not value.is_finite() else str(value),
            currency=self.price.currency_iso if self.price else None,
            in_stock=None if status is None else status != "outOfStock",
        )


class _Pagination(msgspec.Struct, rename="camel", frozen=True):
    total_pages: int = 0


class _Found(msgspec.Struct):
    products: tuple[msgspec.Raw, ...] | None = ()
    pagination: _Pagination = _Pagination()


class OccCatalog:
    """Reads with our own token where there is one, else what anyone may read.

    A cursor is the next page and how many there were, ``3/40``.
    """

    def __init__(self, settings: OccSettings, calls: Calls, tokens: Tokens | None = None) -> None:
        self._base = f"{settings.base}/occ/v2/{settings.site}"
        self._tenant = settings.tenant
        self._page_size = settings.catalog_page_size
        self._calls = calls
        self._tokens = tokens

    async def changes(self, cursor: str | None) -> CatalogPage:
        """One page of the whole catalog: OCC's search knows no changes. Raises `CatalogError`.

        A page that cannot be read is lost, and the next one follows; only the first must be read,
        for it says how many there are. An empty one is the end, whatever the totals say: a search
        that is just built anew has fewer products than it told.
        """
        page, pages = _place(cursor)
        parameters = {
            "fields": f"products({_OF_A_PRODUCT}),pagination(totalPages)",
            "pageSize": str(self._page_size),
            "currentPage": str(page),
        }
        try:
            asked = await self._ask(f"{self._base}/products/search", parameters)
            found = _decoded(asked, _Found)
        except UnreadableError as error:
            if not pages:
                raise
            return CatalogPage((), (), _next(page, pages), pages, lost=error.reason)
        pages = min(found.pagination.total_pages, _MOST_PAGES)
        following = _next(page, pages)
        if following and not found.products:
            return CatalogPage((), (), None, pages, lost="empty")
        products, skipped = _read(found.products or ())
        return CatalogPage(products, (), following, pages, skipped)

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """Those that exist. Raises `CatalogError`."""
        products: list[Product] = []
        for code in ids:
            url = f"{self._base}/products/{quote(code, safe='')}"
            asked = await self._ask(url, {"fields": _OF_A_PRODUCT})
            if asked.status not in _ABSENT:
                products.append(_decoded(asked, _Item).product())
        return products

    async def _ask(self, url: str, parameters: dict[str, str]) -> Asked:
        """With our token; once more with a fresh one where it is refused (OCC 16)."""
        if self._tokens is None:
            asked = await self._calls.ask("GET", url, params=parameters)
            if asked.status == HTTPStatus.UNAUTHORIZED:
                raise CatalogError(
                    "the platform wants a token (401). Fix: set adapter.client_id and "
                    f"adapter.client_secret_env in {self._tenant}/tenant.toml"
                )
            return asked
        for _ in range(2):
            authorization = await self._tokens.get()
            headers = {"Authorization": authorization}
            asked = await self._calls.ask("GET", url, params=parameters, headers=headers)
            if asked.status != HTTPStatus.UNAUTHORIZED:
                return asked
            self._tokens.refused(authorization)
        raise CatalogError(
            "the platform refuses a fresh token (401). Fix: correct adapter.client_id and "
            f"adapter.token_url in {self._tenant}/tenant.toml, or give the client OCC's scope"
        )


def _place(cursor: str | None) -> tuple[int, int]:
    """The page and how many there are, 0 for not known; what is no cursor starts anew."""
    match = _CURSOR.fullmatch(cursor or "")
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _next(page: int, pages: int) -> str | None:
    return f"{page + 1}/{pages}" if page + 1 < pages else None


def _read(items: Sequence[msgspec.Raw]) -> tuple[tuple[Product, ...], tuple[str, ...]]:
    """The products among them, and why others are none."""
    products: list[Product] = []
    skipped: list[str] = []
    for item in items:
        product = _product(item)
        if product is None:
            skipped.append("product_without_code")
        else:
            products.append(product)
    return tuple(products), tuple(skipped)


def _product(item: msgspec.Raw) -> Product | None:
    """One whose facts cannot be read is known by its code alone."""
    try:
        return msgspec.json.decode(item, type=_Item).product()
    except (msgspec.MsgspecError, RecursionError):
        pass
    try:
        return Product(msgspec.json.decode(item, type=_Named).code)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _decoded(asked: Asked, kind: type[T]) -> T:
    if asked.status != HTTPStatus.OK:
        raise CatalogError(f"the platform answered {asked.status}")
    try:
        return msgspec.json.decode(asked.body, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise UnreadableError("not_json", "the platform's catalog is not OCC's JSON") from error
