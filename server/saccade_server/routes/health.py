"""``/livez``, ``/readyz`` and ``/metrics``: for those who run the server.

Degraded is not dead: pages pass without a state store, so only a server that starts or stops wants
no traffic.
"""

from http import HTTPStatus

import msgspec
from aiohttp import web

from saccade_server.degradation import degraded
from saccade_server.house import HOUSE, Phase
from saccade_server.routes.answers import json_answer

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Readiness(msgspec.Struct, frozen=True):
    """``degraded`` names the parts that are down."""

    status: Phase
    degraded: tuple[str, ...] = ()


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
    return json_answer(Readiness(house.phase, await degraded(house)))


async def get_metrics(request: web.Request) -> web.Response:
    """Prometheus' text format."""
    return web.Response(
        body=request.app[HOUSE].metrics.exposition(), headers={"Content-Type": METRICS_TYPE}
    )
