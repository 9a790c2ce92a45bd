"""Page calls go straight to the gateway, past aiohttp's router and middlewares.

Those cost a page as much as two decisions' scoring and find nothing the gateway does not look at
itself. What is odd in any way takes the usual road.
"""

from collections.abc import Iterable

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11

from saccade_server.edge import Handler


def lead_straight(
    server: web.Server, app: web.Application, pages: Handler, prefixes: Iterable[str]
) -> None:
    """Have ``server``, made of ``app``, hand ``pages`` what is under the ``prefixes``."""
    clear = tuple(prefix for prefix in prefixes if _only_pages(app, prefix))
    usual = server.request_handler

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        straight = (
            request.raw_path.startswith(clear)
            and request.version == HttpVersion11
            and hdrs.EXPECT not in request.headers
        )
        if straight and isinstance(request, web.Request):
            return await pages(request)
        return await usual(request)

    if clear:
        server.request_handler = serve


def _only_pages(app: web.Application, prefix: str) -> bool:
    """Whether no path of our own lies under it."""
    under = [each for each in app.router.resources() if each.canonical.startswith(prefix)]
    return all(each.canonical == prefix + "{tail}" for each in under)
