"""Cross-origin answers: the admitted origin is echoed; no cookies, so no credentials.

The tracker's calls are CORS-simple; preflights come from JSON callers.
"""

from collections.abc import MutableMapping

from aiohttp import web

ALLOWED_HEADERS = "content-type, x-session-id, x-saccade-view, x-saccade-preview"
EXPOSED_HEADERS = "server-timing, retry-after"


def share(headers: MutableMapping[str, str], origin: str | None) -> None:
    """Let the page of ``origin`` read the answer these headers belong to."""
    headers["Vary"] = "Origin"
    if origin is not None:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS


def preflight(methods: str, origin: str | None) -> web.Response:
    """The answer to OPTIONS."""
    response = web.Response(status=204)
    share(response.headers, origin)
    response.headers["Access-Control-Allow-Methods"] = methods
    response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
    response.headers["Access-Control-Max-Age"] = "600"
    return response
