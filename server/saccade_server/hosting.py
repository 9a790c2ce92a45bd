"""Adapters with routes of their own: what this server lends them, and where their routes stand."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Iterable, Mapping
from http import HTTPStatus
from multiprocessing import parent_process
from pathlib import Path

import structlog
from aiohttp import web

from saccade.hosting import Asked, HostedFactory, Route
from saccade.joining import By
from saccade_server import problems
from saccade_server.edge import Handler, wrong_method
from saccade_server.house import HOUSE, House
from saccade_server.keys import master_secret, tenant_secret
from saccade_server.problems import Kind, Problem
from saccade_server.reading import read_raw
from saccade_server.settings import Settings
from saccade_server.sites import Site
from saccade_server.tenancy import adapter_factory, with_files

LONGEST_BODY = 65_536
"""Of a call of such a route; webhooks come in elsewhere."""

log = structlog.get_logger()


class ServerDesk:
    """`saccade.hosting.Desk`. ``house`` is there once the server is."""

    def __init__(self, settings: Settings, *, reloads: bool) -> None:
        self._settings = settings
        self._master = master_secret(settings)
        self._reloads = reloads
        self.house: House | None = None

    @property
    def records_url(self) -> str:
        """See `Desk.records_url`."""
        return self._settings.records_url

    @property
    def folder(self) -> Path:
        """See `Desk.folder`."""
        return self._settings.config

    def secret(self, tenant: str) -> bytes:
        """See `Desk.secret`."""
        return tenant_secret(self._master, tenant)

    async def read_anew(self) -> None:
        """By SIGHUP, as an operator would: to the parent where there is one, for all workers."""
        if not self._reloads:
            log.warning("tenants_not_read_anew", text="start the server again")
            return
        parent = parent_process()
        os.kill(os.getpid() if parent is None else parent.pid or os.getpid(), signal.SIGHUP)

    async def identify(self, tenant: str, session: str, by: str, said: str) -> str | None:
        """See `Desk.identify`."""
        site = next((one for one in self._sites() if one.name == tenant), None)
        who = site.identity(session) if site is not None else None
        if self.house is None or site is None or who is None:
            return None
        known = await self.house.joining.identify(tenant, who, By(by), said)
        end = known.identity
        return session if end == who else site.token(end.visitor, end.session)

    def _sites(self) -> Iterable[Site]:
        return () if self.house is None else self.house.sites.all


@contextlib.asynccontextmanager
async def hosted(desk: ServerDesk) -> AsyncGenerator[tuple[web.RouteDef, ...]]:
    """The routes of every adapter that has a file of its own in the tenants' folder."""
    async with contextlib.AsyncExitStack() as stack:
        routes: list[Route] = []
        for name in with_files(desk.folder):
            factory = adapter_factory(name)
            if isinstance(factory, HostedFactory):
                routes.extend(await asyncio.to_thread(factory.host, desk))
                stack.push_async_callback(factory.close)
        yield tuple(one for route in routes for one in _mounted(route))


def _mounted(route: Route) -> tuple[web.RouteDef, ...]:
    handler = _answering(route)
    allowed = ", ".join(sorted(route.methods))
    named = tuple(web.route(method, route.path, handler) for method in sorted(route.methods))
    return (*named, web.route("*", route.path, wrong_method(route.path, allowed)))


def _answering(route: Route) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        house = request.app[HOUSE]
        try:
            body = await read_raw(request, LONGEST_BODY)
            asked = Asked(
                request.method,
                request.path,
                request.rel_url.raw_query_string,
                _headers(request),
                body,
            )
            answered = await route.answer(asked)
        except Exception as error:  # noqa: BLE001 - whatever happened, the caller is told in one form
            problem = _told(route.path, error)
            house.metrics.rejected(route.path, problem.kind)
            return problems.answer(problem)
        return web.Response(
            status=answered.status, headers=dict(answered.headers), body=answered.body
        )

    return serve


def _headers(request: web.Request) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found.setdefault(name.lower(), value)
    return found


def _told(route: str, error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    log.error("request_failed", route=route, exc_info=error)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, Kind.INTERNAL, "this is a fault of ours")
