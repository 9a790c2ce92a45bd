"""Around every call of ``/v1``: its site, its origin, its time, and problems told as documents."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus

import structlog
from aiohttp import web

from saccade.breaker import StateUnavailable
from saccade.stores.journal import JournalUnavailable
from saccade_server import cors, problems
from saccade_server.house import HOUSE, House
from saccade_server.problems import Kind, Problem
from saccade_server.sites import Site, admitted

Endpoint = Callable[[web.Request, House, Site], Coroutine[None, None, web.Response]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OTHER = "other"
"""In metrics, the route of calls that have none."""

RETRY_S = 2
"""A store that is down is asked again after about this time."""

log = structlog.get_logger()


def guarded(house: House, route: str, endpoint: Endpoint) -> Handler:
    """``endpoint`` as a handler that always answers. ``route`` names it in metrics."""

    async def serve(request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        origin = None
        try:
            site = house.sites.named(request.query.get("site"))
            origin = admitted(site, request)
            response = await _to_the_end(house, endpoint(request, house, site))
        except Exception as error:  # noqa: BLE001 - whatever happened, the caller is told in one form
            problem = _told(route, error)
            house.metrics.rejected(route, problem.kind)
            response = problems.answer(problem)
        cors.share(response.headers, origin)
        house.metrics.answered(route, time.perf_counter() - started)
        return response

    return serve


def preflight(methods: str) -> Handler:
    """OPTIONS of a route that serves ``methods``."""

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            site = request.app[HOUSE].sites.named(request.query.get("site"))
            return cors.preflight(methods, admitted(site, request))
        except Problem as problem:
            return problems.answer(problem)

    return serve


def wrong_method(route: str, methods: str) -> Handler:
    """Any method a route does not serve."""

    async def serve(request: web.Request) -> web.StreamResponse:
        request.app[HOUSE].metrics.rejected(route, Kind.METHOD)
        return problems.answer(
            Problem(
                HTTPStatus.METHOD_NOT_ALLOWED,
                Kind.METHOD,
                f"{route} serves {methods}",
                headers={"Allow": methods},
            )
        )

    return serve


async def unknown_path(request: web.Request) -> web.StreamResponse:
    """A path nobody serves."""
    request.app[HOUSE].metrics.rejected(OTHER, Kind.NOT_FOUND)
    return problems.answer(
        Problem(HTTPStatus.NOT_FOUND, Kind.NOT_FOUND, "no such path; /docs lists those there are")
    )


async def _to_the_end(house: House, work: Coroutine[None, None, web.Response]) -> web.Response:
    """Finish even where the browser has gone: the last beacon of a page does not wait."""
    task = asyncio.ensure_future(work)
    house.under_way.add(task)
    task.add_done_callback(house.under_way.discard)
    return await asyncio.shield(task)


def _told(route: str, error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, (StateUnavailable, JournalUnavailable)):
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            Kind.UNAVAILABLE,
            "this could not be stored now; send it again",
            headers={"Retry-After": str(RETRY_S)},
        )
    log.error("request_failed", route=route, exc_info=error)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, Kind.INTERNAL, "this is a fault of ours")
