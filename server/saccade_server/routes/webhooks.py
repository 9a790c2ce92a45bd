"""``POST /webhooks/{adapter}[/{tenant}]``: a platform's deliveries. Answered when durable.

Not the site's, the platform decides what is sent: no site key, no origin, and its own signature.
"""

import time
from http import HTTPStatus

import structlog
from aiohttp import web

from saccade_server import problems
from saccade_server.edge import RETRY_S, wrong_method
from saccade_server.house import HOUSE, House
from saccade_server.problems import Kind, Problem
from saccade_server.reading import read_raw, uncompressed
from saccade_webhooks.inbox import InboxUnavailable
from saccade_webhooks.receiving import Refused

ROUTE = "/webhooks/{adapter}"
ROUTE_OF_TENANT = "/webhooks/{adapter}/{tenant}"

CAP = 8 * 1024 * 1024
"""Bytes of one delivery. aiohttp's own limit, of 1 MiB, is that of a way to read not used here."""
MOST_READ = 64 * 1024 * 1024
"""Bytes of deliveries being read at once: one more is refused, and sent again (F30)."""

_KINDS = {
    HTTPStatus.NOT_FOUND: Kind.NOT_FOUND,
    HTTPStatus.UNAUTHORIZED: Kind.SIGNATURE,
}

log = structlog.get_logger()


class Webhooks:
    """The route, and how much is being read on it."""

    def __init__(self) -> None:
        self._reading = 0

    def add_to(self, app: web.Application) -> None:
        """Serve it."""
        for route in (ROUTE, ROUTE_OF_TENANT):
            resource = app.router.add_resource(route)
            resource.add_route("POST", self.post)
            resource.add_route("*", wrong_method(ROUTE, "POST"))

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Take one in: 200 for a new one as for one that is there already."""
        house = request.app[HOUSE]
        started = time.perf_counter()
        try:
            response = await self._taken(request, house)
        except Exception as error:  # noqa: BLE001 - whatever happened, the platform is told in one form
            response = _refused(request, house, error)
        house.metrics.answered(ROUTE, time.perf_counter() - started)
        return response

    async def _taken(self, request: web.Request, house: House) -> web.Response:
        if house.door is None:
            raise Refused(HTTPStatus.NOT_FOUND, "this server takes no webhooks")
        adapter = request.match_info["adapter"]
        house.door.expected(adapter)
        if house.pulse.late:
            raise _overload("there is more to do than time for it")
        body = await self._body(request)
        headers: dict[str, str] = {}
        for name, value in request.headers.items():
            headers.setdefault(name.lower(), value)
        await house.door.receive(adapter, request.match_info.get("tenant"), headers, body)
        return web.Response(status=HTTPStatus.OK)

    async def _body(self, request: web.Request) -> bytes:
        """As it was sent. Raises `Problem`."""
        uncompressed(request)
        counted = 0

        def seen(size: int) -> None:
            nonlocal counted
            counted = self._reserve(size, counted)

        try:
            return await read_raw(request, CAP, seen)
        finally:
            self._reading -= counted

    def _reserve(self, wanted: int, counted: int) -> int:
        """How much of what may be read at once this one now has. Raises `Problem`."""
        more = max(0, wanted - counted)
        if more and self._reading + more > MOST_READ:
            raise _overload("more is being sent than there is room for")
        self._reading += more
        return counted + more


def _overload(why: str) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        Kind.OVERLOAD,
        f"{why}; send it again",
        headers={"Retry-After": str(RETRY_S)},
    )


def _refused(request: web.Request, house: House, error: Exception) -> web.Response:
    problem = _told(error)
    house.metrics.rejected(ROUTE, problem.kind)
    if house.door is not None:
        house.door.refused(request.match_info["adapter"], problem.status)
    response = problems.answer(problem)
    if not request.content.is_eof():
        response.force_close()  # what is left of the body is not read
    return response


def _told(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refused):
        return Problem(error.status, _KINDS[error.status], str(error))
    if isinstance(error, InboxUnavailable):
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            Kind.UNAVAILABLE,
            "this could not be stored now; send it again",
            headers={"Retry-After": str(RETRY_S)},
        )
    log.error("request_failed", route=ROUTE, exc_info=error)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, Kind.INTERNAL, "this is a fault of ours")
