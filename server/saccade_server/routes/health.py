"""``/livez``, ``/readyz`` and ``/metrics``: for those who run the server.

Degraded is not dead: pages pass without a state store, so only a server that starts or stops wants
no traffic.
"""

import time
from http import HTTPStatus

import msgspec
from aiohttp import web

from saccade_server.degradation import degraded, silent
from saccade_server.house import HOUSE, Phase
from saccade_server.routes.answers import json_answer

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Readiness(msgspec.Struct, frozen=True):
    """``degraded`` names the parts that are down.

    ``refused`` says of a part that was to be replaced why the old one is kept. ``catalog_age_s`` is
    that of the oldest catalog, absent before one was read to its end. ``platforms`` says of tenants
    why their platform gave the last call no answer.
    """

    status: Phase
    degraded: tuple[str, ...] = ()
    refused: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    catalog_age_s: float | msgspec.UnsetType = msgspec.UNSET
    platforms: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class Liveness(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str = "alive"


async def get_livez(_request: web.Request) -> web.Response:
    """Answered as long as the event loop runs."""
    return json_answer(Liveness())


async def get_readyz(request: web.Request) -> web.Response:
    """200 while ready, however degraded; else 503."""
    house = request.app[HOUSE]
    if house.phase is not Phase.READY:
        response = json_answer(Readiness(house.phase))
        response.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        return response
    refused = house.refused or msgspec.UNSET
    platforms = silent(house) or msgspec.UNSET
    synced = house.synced.values()
    age = round(time.monotonic() - min(synced), 1) if synced else msgspec.UNSET
    return json_answer(Readiness(house.phase, await degraded(house), refused, age, platforms))


async def get_metrics(request: web.Request) -> web.Response:
    """Prometheus' text format."""
    return web.Response(
        body=request.app[HOUSE].metrics.exposition(), headers={"Content-Type": METRICS_TYPE}
    )
