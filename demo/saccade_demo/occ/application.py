"""The stand-in's HTTP surface: OCC v2's paths that a storefront's product journey calls."""

from typing import TypeVar

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from saccade.domain import JsonObject
from saccade_demo.catalog import Catalog
from saccade_demo.drawings import media
from saccade_demo.occ import directory
from saccade_demo.occ.answers import ProductAnswers, answer, errors, number, plain
from saccade_demo.occ.authorization import TOKEN_PATH, Authorization
from saccade_demo.occ.carts import Carts
from saccade_demo.occ.errors import OccError, unknown_product, unknown_site, wrong_value
from saccade_demo.occ.search import LARGEST_PAGE, read_query, search, suggestions

SITE = "electronics"
_AUTHORIZATION = web.AppKey("authorization", Authorization)
_PRODUCTS = "/occ/v2/{site}/products"
_USER = "/occ/v2/{site}/users/{user}"


class _EntryProduct(msgspec.Struct, frozen=True):
    code: str


class _NewEntry(msgspec.Struct, frozen=True):
    """Body of an added cart entry; unknown keys are ignored, as OCC does."""

    product: _EntryProduct
    quantity: int = 1


class _Quantity(msgspec.Struct, frozen=True):
    """Body of a changed cart entry; 0 removes it."""

    quantity: int


_Body = TypeVar("_Body", bound=msgspec.Struct)


def application(catalog: Catalog, authorization: Authorization | None = None) -> web.Application:
    """The platform; its carts live as long as the application. By default it knows no client."""
    app = web.Application(middlewares=[errors, _known])
    app[_AUTHORIZATION] = authorization = authorization or Authorization({})
    app.add_routes([web.post(TOKEN_PATH, authorization.token)])
    app.add_routes([*_ProductRoutes(catalog).routes(), *_CartRoutes(catalog).routes()])
    app.add_routes([web.get("/occ/v2/basesites", _base_sites), *media.routes(catalog)])
    return app


@web.middleware
async def _known(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Base site, language, currency and user must be known before anything is looked up."""
    site = request.match_info.get("site")
    if site is None:
        return await handler(request)
    if site != SITE:
        raise unknown_site(site)
    directory.check_context(request.query.get("lang"), request.query.get("curr"))
    directory.check_access(
        request.app[_AUTHORIZATION],
        request.headers.get("Authorization"),
        request.match_info.get("user"),
    )
    return await handler(request)


async def _base_sites(request: web.Request) -> web.Response:
    return plain(request, "baseSites", {"baseSites": [directory.base_site(SITE)]})


class _ProductRoutes:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._answers = ProductAnswers(catalog)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{_PRODUCTS}/search", self.search),
            web.get(f"{_PRODUCTS}/suggestions", self.suggestions),
            web.get(f"{_PRODUCTS}/{{code}}", self.product),
            web.get(f"{_PRODUCTS}/{{code}}/stock", self.stock),
            web.get(f"{_PRODUCTS}/{{code}}/references", self.references),
            web.get(f"{_PRODUCTS}/{{code}}/reviews", self.reviews),
        ]

    async def product(self, request: web.Request) -> web.Response:
        return self._answers.answer(request, request.match_info["code"])

    async def search(self, request: web.Request) -> web.Response:
        query = read_query(request.query.get("query", ""), request.query.get("sort", ""))
        page = number(request, "currentPage", 0)
        size = number(request, "pageSize", 20, least=1)
        found = search(self._catalog, query, page, min(size, LARGEST_PAGE))
        return answer(request, "search", found, root="productCategorySearchPage")

    async def suggestions(self, request: web.Request) -> web.Response:
        term = request.query.get("term", "")
        most = number(request, "max", 10, least=1)
        return plain(request, "suggestionList", suggestions(self._catalog, term, most))

    async def stock(self, request: web.Request) -> web.Response:
        product = self._found(request)
        if not request.query.get("location"):
            raise wrong_value("location", "location or longitude and latitude are required")
        return plain(request, "storeFinderStockSearchPage", directory.store_stock(product))

    async def references(self, request: web.Request) -> web.Response:
        wanted = request.query.get("referenceType", "")
        found = [
            reference
            for reference in self._found(request)["productReferences"]
            if not wanted or reference["referenceType"] in wanted.split(",")
        ]
        return answer(request, "references", {"references": found}, root="productReferenceList")

    async def reviews(self, request: web.Request) -> web.Response:
        code = self._found(request)["code"]
        most = number(request, "maxCount", 1_000, least=1)
        found = self._catalog.reviews.get(code.partition("-")[0], [])[:most]
        return answer(request, "reviews", {"reviews": found}, root="reviewList")

    def _found(self, request: web.Request) -> JsonObject:
        code = request.match_info["code"]
        product = self._catalog.find(code)
        if product is None:
            raise unknown_product(code)
        return product


class _CartRoutes:
    def __init__(self, catalog: Catalog) -> None:
        self._carts = Carts(catalog)

    def routes(self) -> list[web.RouteDef]:
        cart = f"{_USER}/carts/{{cart}}"
        return [
            web.post(f"{_USER}/carts", self.create),
            web.get(cart, self.read),
            web.delete(cart, self.delete),
            web.post(f"{cart}/entries", self.add),
            web.patch(f"{cart}/entries/{{entry}}", self.change),
            web.delete(f"{cart}/entries/{{entry}}", self.remove),
            web.post(f"{_USER}/orders", self.order),
            web.get(f"{_USER}/consenttemplates", self.consent_templates),
        ]

    async def create(self, request: web.Request) -> web.Response:
        cart = self._carts.create()
        return answer(request, "cart", self._carts.document(cart), status=201)

    async def read(self, request: web.Request) -> web.Response:
        cart = self._carts.find(request.match_info["cart"])
        return answer(request, "cart", self._carts.document(cart))

    async def delete(self, request: web.Request) -> web.Response:
        self._carts.delete(request.match_info["cart"])
        return web.Response(status=200)

    async def add(self, request: web.Request) -> web.Response:
        cart = self._carts.find(request.match_info["cart"])
        entry = await _body(request, _NewEntry)
        if entry.quantity < 1:
            raise wrong_value("quantity", "Quantity must be greater than 0")
        before = cart.quantities.get(entry.product.code, 0)
        found = self._carts.set(cart, entry.product.code, before + entry.quantity)
        return answer(request, "cartModification", found)

    async def change(self, request: web.Request) -> web.Response:
        cart = self._carts.find(request.match_info["cart"])
        code = cart.at(request.match_info["entry"])
        quantity = (await _body(request, _Quantity)).quantity
        if quantity < 0:
            raise wrong_value("quantity", "Quantity must not be negative")
        found = self._carts.set(cart, code, quantity)
        return answer(request, "cartModification", found)

    async def remove(self, request: web.Request) -> web.Response:
        cart = self._carts.find(request.match_info["cart"])
        del cart.quantities[cart.at(request.match_info["entry"])]
        return web.Response(status=200)

    async def order(self, request: web.Request) -> web.Response:
        placed = self._carts.order(request.query.get("cartId", ""))
        return answer(request, "order", placed, status=201)

    async def consent_templates(self, request: web.Request) -> web.Response:
        return plain(request, "consentTemplateList", directory.consent_templates())


async def _body(request: web.Request, kind: type[_Body]) -> _Body:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OccError(
            400, "HttpMessageNotReadableError", f"Invalid request body: {error}"
        ) from None
