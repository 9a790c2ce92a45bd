"""The shop's products by OCC's search, page by page; single ones by their resource."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from saccade.domain import Product
from saccade.ports import CatalogPage
from saccade_sap_occ.settings import OccSettings

_OF_A_PRODUCT = "code,name,price(value,currencyIso),stock(stockLevelStatus),categories(code)"
_ABSENT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
"""OCC answers an unknown code with 400 UnknownIdentifierError or 404, by version."""

_RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


T = TypeVar("T")


class CatalogError(Exception):
    """The platform would not give its catalog: why, without its URL."""


class _RetriedError(CatalogError):
    """It may give it later."""


class _Price(msgspec.Struct, rename="camel"):
    value: Decimal | None = None
    currency_iso: str | None = None


class _Stock(msgspec.Struct, rename="camel"):
    stock_level_status: str | None = None


class _Category(msgspec.Struct):
    code: str


class _Item(msgspec.Struct):
    code: str
    name: str | None = None
    price: _Price | None = None
    stock: _Stock | None = None
    categories: tuple[_Category, ...] = ()

    def product(self) -> Product:
        """As the core knows it; what OCC left out stays unknown."""
        value = self.price.value if self.price else None
        status = self.stock.stock_level_status if self.stock else None
        return Product(
            id=self.code,
            name=self.name or "",
            categories=tuple(category.code for category in self.categories),
            price=None if value is None else str(value),
            currency=self.price.currency_iso if self.price else None,
            in_stock=None if status is None else status != "outOfStock",
        )


class _Pagination(msgspec.Struct, rename="camel", frozen=True):
    total_pages: int = 0


class _Found(msgspec.Struct):
    products: tuple[_Item, ...] = ()
    pagination: _Pagination = _Pagination()


class OccCatalog:
    """Reads what anyone may read: no token is sent. A cursor is the number of the next page."""

    def __init__(
        self,
        settings: OccSettings,
        transport: Callable[[], httpx.AsyncBaseTransport],
        *,
        attempts: int = 4,
        longest_wait_s: float = 10.0,
    ) -> None:
        self._base = f"{settings.base}/occ/v2/{settings.site}"
        self._page_size = settings.catalog_page_size
        self._transport = transport
        self._attempts = attempts
        self._longest_wait_s = longest_wait_s

    async def changes(self, cursor: str | None) -> CatalogPage:
        """One page of the whole catalog: OCC's search knows no changes. Raises `CatalogError`."""
        page = int(cursor or 0)
        parameters = {
            "fields": f"products({_OF_A_PRODUCT}),pagination(totalPages)",
            "pageSize": str(self._page_size),
            "currentPage": str(page),
        }
        async with self._client() as client:
            response = await self._get(client, f"{self._base}/products/search", parameters)
        found = _decoded(response, _Found)
        more = page + 1 < found.pagination.total_pages
        return CatalogPage(
            products=tuple(item.product() for item in found.products),
            cursor=str(page + 1) if more else None,
        )

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """Those that exist. Raises `CatalogError`."""
        products: list[Product] = []
        async with self._client() as client:
            for code in ids:
                url = f"{self._base}/products/{quote(code, safe='')}"
                response = await self._get(client, url, {"fields": _OF_A_PRODUCT})
                if response.status_code not in _ABSENT:
                    products.append(_decoded(response, _Item).product())
        return products

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._transport(), timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        )

    async def _get(
        self, client: httpx.AsyncClient, url: str, parameters: dict[str, str]
    ) -> httpx.Response:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._attempts),
            wait=wait_random_exponential(max=self._longest_wait_s),
            retry=retry_if_exception_type(_RetriedError),
            reraise=True,
        )
        return await retrying(_once, client, url, parameters)


async def _once(client: httpx.AsyncClient, url: str, parameters: dict[str, str]) -> httpx.Response:
    try:
        response = await client.get(url, params=parameters)
    except httpx.HTTPError as error:
        raise _RetriedError(f"the platform cannot be reached: {type(error).__name__}") from error
    if response.status_code in _RETRIED_STATUS:
        raise _RetriedError(f"the platform answered {response.status_code}")
    return response


def _decoded(response: httpx.Response, kind: type[T]) -> T:
    if response.status_code != HTTPStatus.OK:
        raise CatalogError(f"the platform answered {response.status_code}")
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise CatalogError("the platform's catalog is not OCC's JSON") from error
