"""Under more load than fits, personalisation goes first: pages pass undecided, ``/v1`` says 503.

What is shed costs no more than saying so, which leaves the loop to the pages (F23, F30).
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

from aiohttp import web

from saccade.actions import TenantRuntime
from saccade.deadline import Deadline
from saccade.defaults import undecided
from saccade.domain import Decision, DecisionRequest, Reason
from saccade.engine import Answer
from saccade.ports import JournalPort, ModelPort, StatePort
from saccade_server.edge import RETRY_S, Endpoint
from saccade_server.house import House
from saccade_server.metering import MeteredEngine
from saccade_server.metrics import Metrics
from saccade_server.problems import Kind, Problem
from saccade_server.pulse import Pulse
from saccade_server.sites import Site


class SheddingEngine(MeteredEngine):
    """`MeteredEngine` that begins nothing it could not end within the budget."""

    def __init__(
        self,
        pulse: Pulse,
        metrics: Metrics,
        tenants: Mapping[str, TenantRuntime],
        state: StatePort,
        journal: JournalPort,
        models: ModelPort,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(metrics, tenants, state, journal, models, clock=clock)
        self._pulse = pulse

    async def decide(self, request: DecisionRequest, deadline: Deadline) -> Decision:
        """As `Engine.decide`; shed, the page's default or the cached rule, TIMEOUT."""
        if not self._pulse.late:
            return await super().decide(request, deadline)
        self.metrics.shed()
        rule = self._cached_rule(request)
        return self._counted(undecided(request, Reason.TIMEOUT, instructions=rule))

    def ask(self, request: DecisionRequest, deadline: Deadline) -> Answer:
        """As `Engine.ask`; shed, a future that is cancelled already: no decision will come."""
        if not self._pulse.late:
            return super().ask(request, deadline)
        self.metrics.shed()
        nothing: Answer = asyncio.get_running_loop().create_future()
        nothing.cancel()
        return nothing


def unhurried(endpoint: Endpoint) -> Endpoint:
    """``endpoint``, refused with 503 while the loop is late: who sends signals sends them again."""

    async def serve(request: web.Request, house: House, site: Site) -> web.Response:
        if house.pulse.late:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                Kind.OVERLOAD,
                "there is more to do than time for it; send it again",
                headers={"Retry-After": str(RETRY_S)},
            )
        return await endpoint(request, house, site)

    return serve
