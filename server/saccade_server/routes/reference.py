"""``/openapi.json`` and ``/docs``, written once at start."""

from functools import cache
from typing import Any

import msgspec
from aiohttp import web

from saccade_server.edge import Handler
from saccade_server.openapi import document
from saccade_server.pages import CONTENT_SECURITY_POLICY, docs_page

CACHED = "public, max-age=300"


@cache
def _document() -> dict[str, Any]:
    """One for both, and for every server of a process: writing it takes 80 ms."""
    return document()


def serve_openapi() -> Handler:
    """The document for programs, which other origins may read."""
    body = msgspec.json.encode(_document())
    headers = {"Cache-Control": CACHED, "Access-Control-Allow-Origin": "*"}

    async def get_openapi(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json", headers=headers)

    return get_openapi


def serve_docs() -> Handler:
    """The page for people."""
    page = docs_page(_document())
    headers = {"Cache-Control": CACHED, "Content-Security-Policy": CONTENT_SECURITY_POLICY}

    async def get_docs(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=page, content_type="text/html", headers=headers)

    return get_docs
