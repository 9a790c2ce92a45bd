"""Page calls and beacons go straight to who serves them, past aiohttp's router and middlewares.

Those cost a page as much as two decisions' scoring and find nothing the gateway does not look at
itself; of a beacon they are a tenth. What is odd in any way takes the usual road.
"""

from collections.abc import Callable, Iterable, Mapping

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11

from saccade_server.edge import Handler

POSTED: web.AppKey[Mapping[str, Handler]] = web.AppKey("posted")
"""Who serves POST at a path: those that ask nothing of the router."""

_NOBODY: Mapping[str, Handler] = {}


def lead_straight(
    server: web.Server,
    app: web.Application,
    pages: Handler,
    prefixes: Iterable[str],
    stopping: Callable[[], bool],
) -> None:
    """Have ``server``, made of ``app``, hand ``pages`` what is under the ``prefixes``, and POST
    calls to those the app names.

    While ``stopping``, answers of our own say that their connections end; pages are told by
    `Gateway.drain`.
    """
    clear = tuple(prefix for prefix in prefixes if _only_pages(app, prefix))
    posted = app.get(POSTED, _NOBODY)
    usual = server.request_handler

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path
        if clear and path.startswith(clear):
            handler: Handler | None = pages
        elif request.method == "POST":
            handler = posted.get(path.partition("?")[0])
        else:
            handler = None
        if (
            handler is not None
            and request.version == HttpVersion11
            and hdrs.EXPECT not in request.headers
            and isinstance(request, web.Request)
        ):
            response = await handler(request)
        else:
            response = await usual(request)
        if stopping():
            response.force_close()
        return response

    server.request_handler = serve


def _only_pages(app: web.Application, prefix: str) -> bool:
    """Whether no path of our own lies under it."""
    under = [each for each in app.router.resources() if each.canonical.startswith(prefix)]
    return all(each.canonical == prefix + "{tail}" for each in under)
