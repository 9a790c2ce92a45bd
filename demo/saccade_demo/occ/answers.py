"""From document to HTTP answer: fields, format, caching header; and errors in OCC's shape."""

from functools import lru_cache

from aiohttp import web
from aiohttp.typedefs import Handler

from saccade.domain import JsonObject
from saccade_demo.catalog import Catalog
from saccade_demo.occ.errors import OccError, unknown_product, wrong_value
from saccade_demo.occ.fields import field_set, pick
from saccade_demo.occ.formats import JSON_TYPE, XML_TYPE, as_json, as_xml, wants_xml

PRODUCT_CACHE = "private, max-age=120"
"""What OCC says of a product; everything else is never stored."""

_NO_STORE = "no-cache, no-store, max-age=0, must-revalidate"
_LARGEST_NUMBER = 10_000


def answer(
    request: web.Request, kind: str, document: JsonObject, *, root: str = "", status: int = 200
) -> web.Response:
    """The fields this request asks of ``document``, which is of type ``kind``."""
    picked = pick(document, field_set(kind, request.query.get("fields", "")))
    return _response(request, root or kind, picked, status)


def plain(request: web.Request, root: str, document: JsonObject, status: int = 200) -> web.Response:
    """A document that ``fields`` does not cut."""
    return _response(request, root, document, status)


class ProductAnswers:
    """Product documents as bytes, the last few hundred kept: the lab must not be the slow part."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._bytes = lru_cache(maxsize=512)(self._render)

    def answer(self, request: web.Request, code: str) -> web.Response:
        """Raises `OccError` 404 for an unknown code, 400 for an unknown field."""
        xml = wants_xml(request.headers.get("Accept", ""))
        return web.Response(
            body=self._bytes(code, request.query.get("fields", ""), xml),
            headers={
                "Content-Type": XML_TYPE if xml else JSON_TYPE,
                "Cache-Control": PRODUCT_CACHE,
            },
        )

    def _render(self, code: str, fields: str, xml: bool) -> bytes:
        wanted = field_set("product", fields)
        document = self._catalog.find(code)
        if document is None:
            raise unknown_product(code)
        picked = pick(document, wanted)
        return as_xml("product", picked) if xml else as_json(picked)


def number(request: web.Request, name: str, default: int, least: int = 0) -> int:
    """A whole number from the query. Raises `OccError` 400."""
    raw = request.query.get(name, str(default))
    if not (raw.isascii() and raw.isdecimal() and least <= int(raw[:9]) <= _LARGEST_NUMBER):
        raise wrong_value(
            name, f"{raw[:80]!r} is no whole number from {least} to {_LARGEST_NUMBER}"
        )
    return int(raw)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure as OCC's error document, in the format the caller accepts."""
    try:
        return await handler(request)
    except OccError as error:
        return plain(request, "errors", error.document(), error.status)
    except web.HTTPNotFound:
        message = f"There is no resource for path {request.path}"
        missing = OccError(404, "UnknownResourceError", message)
        return plain(request, "errors", missing.document(), missing.status)
    except web.HTTPMethodNotAllowed as refused:
        message = f"Request method '{request.method}' not supported"
        wrong = OccError(405, "HttpRequestMethodNotSupportedError", message)
        response = plain(request, "errors", wrong.document(), wrong.status)
        response.headers["Allow"] = refused.headers["Allow"]
        return response


def _response(request: web.Request, root: str, document: JsonObject, status: int) -> web.Response:
    xml = wants_xml(request.headers.get("Accept", ""))
    return web.Response(
        body=as_xml(root, document) if xml else as_json(document),
        status=status,
        headers={"Content-Type": XML_TYPE if xml else JSON_TYPE, "Cache-Control": _NO_STORE},
    )
