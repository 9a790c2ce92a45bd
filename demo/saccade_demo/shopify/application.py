"""The stand-in's HTTP surface: OAuth, the Admin API, bulk results, and the storefront."""

from collections.abc import Iterable

from aiohttp import web

from saccade_demo.shopify.endpoint import AdminApi
from saccade_demo.shopify.oauth import OAuth
from saccade_demo.shopify.shop import Shop

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10", "unstable")


def application(shop: Shop, extra: Iterable[web.AbstractRouteDef] = ()) -> web.Application:
    """One shop; ``extra`` are its storefront's routes, where it has one."""
    app = web.Application(client_max_size=2**24)
    app.add_routes([*OAuth(shop).routes(), *_Admin(shop).routes(), *extra])
    return app


class _Admin:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._base = ""
        self._api = AdminApi(shop, lambda: self._base)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/admin/api/{version}/graphql.json", self.graphql),
            web.get("/bulk/{number}.jsonl", self.result),
        ]

    async def graphql(self, request: web.Request) -> web.Response:
        if request.match_info["version"] not in VERSIONS:
            return web.json_response({"errors": "Not Found"}, status=404)
        self._base = str(request.url.origin())
        token = request.headers.get("X-Shopify-Access-Token")
        status, document = self._api.answer(await request.read(), token)
        headers = {"X-Shopify-API-Version": request.match_info["version"]}
        return web.json_response(document, status=status, headers=headers)

    async def result(self, request: web.Request) -> web.StreamResponse:
        """A bulk result, whole or from a byte on; it breaks off where a fault says so."""
        found = self._api.bulk.result(_number(request))
        if found is None:
            raise web.HTTPNotFound
        start = request.http_range.start or 0
        response = web.StreamResponse(
            status=206 if start else 200,
            headers={
                "Content-Type": "application/jsonl",
                "Content-Length": str(len(found) - start),
            },
        )
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{len(found) - 1}/{len(found)}"
        cut, self._shop.faults.cut_results_at = self._shop.faults.cut_results_at, None
        await response.prepare(request)
        await response.write(found[start : None if cut is None else start + cut])
        if cut is not None and request.transport is not None:
            request.transport.close()
            return response
        await response.write_eof()
        return response


def _number(request: web.Request) -> int:
    number = request.match_info["number"]
    if not number.isdecimal():
        raise web.HTTPNotFound
    return int(number)
