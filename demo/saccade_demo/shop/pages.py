"""Serves the shop: two pages in one frame, its scripts, styles and pictures. No other state."""

import re
from functools import cache
from html import escape
from importlib import resources

from aiohttp import web

from saccade_demo import catalog
from saccade_demo.drawings import media

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
"""As strict as a shop can be: what runs here runs under any merchant's policy."""

_CODE = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def routes() -> list[web.RouteDef]:
    """Home at ``/``, a product at ``/shop/{code}``, ``/shop-assets/…`` and ``/medias/…``."""
    return [
        web.get("/", _home),
        web.get("/shop/{code}", _product),
        web.get("/shop-assets/{name}", _asset),
        *media.routes(catalog.load()),
    ]


async def _home(request: web.Request) -> web.Response:  # noqa: ARG001 - a handler's signature
    return _page("home", "Northlight — electronics, chosen well", "")


async def _product(request: web.Request) -> web.Response:
    code = request.match_info["code"]
    if not _CODE.match(code):
        raise web.HTTPNotFound
    product = catalog.load().find(code)
    name = product["name"] if product else "Product"
    return _page("product", f"{name} — Northlight", code)


async def _asset(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    found = _assets().get(name)
    if found is None:
        raise web.HTTPNotFound
    body, content_type = found
    return web.Response(
        body=body,
        content_type=content_type,
        charset="utf-8",
        headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"},
    )


def _page(name: str, title: str, code: str) -> web.Response:
    frame, main = _texts()["frame.html"], _texts()[f"{name}.html"]
    text = (
        frame.replace("{{main}}", main)
        .replace("{{page}}", name)
        .replace("{{title}}", escape(title))
        .replace("{{code}}", escape(code))
    )
    return web.Response(
        text=text,
        content_type="text/html",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )


@cache
def _assets() -> dict[str, tuple[bytes, str]]:
    """Every file a page may ask for, by its bare name: no path is ever built from a request."""
    found: dict[str, tuple[bytes, str]] = {}
    for entry in resources.files("saccade_demo.shop").joinpath("static").iterdir():
        kind = _TYPES.get("." + entry.name.rpartition(".")[2])
        if kind:
            found[entry.name] = (entry.read_bytes(), kind)
    return found


@cache
def _texts() -> dict[str, str]:
    folder = resources.files("saccade_demo.shop").joinpath("static")
    return {
        name: folder.joinpath(name).read_text("utf-8")
        for name in ("frame.html", "home.html", "product.html")
    }
