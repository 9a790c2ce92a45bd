"""The gateway's door: a call comes in, its tenant is found, an exchange begins."""

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from saccade.deadline import Deadline
from saccade.ports import Call, Target
from saccade_gateway.arrival import Arrival, TrustedHops
from saccade_gateway.exchange import Exchange, House
from saccade_gateway.hooks import (
    Decides,
    EventSink,
    IdentityReader,
    Metrics,
    PreviewReader,
    Unmeasured,
)
from saccade_gateway.outages import Breakages, Outages
from saccade_gateway.problems import RefusedError, problem
from saccade_gateway.sites import Site, Sites

Route = tuple[Site, Call, Target]


class Gateway:
    """Serves every path its sites' adapters name: register `handle` for all methods and paths.

    The server must be run with `serving.SERVER_OPTIONS`.
    """

    def __init__(
        self,
        engine: Decides,
        sites: Sites,
        identities: IdentityReader,
        *,
        metrics: Metrics | None = None,
        events: EventSink | None = None,
        hops: TrustedHops | None = None,
        outages: Outages | None = None,
        previews: PreviewReader | None = None,
    ) -> None:
        self._sites = sites
        self._last = False
        self._identities = identities
        self._breakages = Breakages()
        self._house = House(
            engine,
            metrics or Unmeasured(),
            events,
            hops or TrustedHops(),
            outages or Outages(),
            previews,
        )

    def serve(self, sites: Sites) -> None:
        """Serve these from the next call on; calls under way keep the site they have."""
        self._sites = sites

    def drain(self) -> None:
        """From the next call on, every answer is the last of its connection, and says so."""
        self._last = True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; the budget counts from here."""
        deadline = Deadline()
        try:
            arrival = Arrival(request)
            site, call, target = self._route(arrival)
            exchange = Exchange(self._house, arrival, site, call, target, deadline)
            if self._last:
                exchange.last()
            return await exchange.run()
        except RefusedError as refused:
            self._house.metrics.refused(refused.status)
            answer = problem(refused)
            if self._last:
                answer.force_close()
            return answer

    def _route(self, arrival: Arrival) -> Route:
        """The one site whose adapter takes the call.

        Where several do and no key names one, it must be the only open one, or they must all lead
        to the same resource.
        """
        found, broken = self._takers(arrival)
        if broken and not any(_names_its_shop(route) for route in found):
            raise RefusedError(HTTPStatus.BAD_GATEWAY, "where this call leads cannot be told")
        if len(found) > 1 and len({_place(route) for route in found}) > 1:
            found = [route for route in found if route[0].tenant.site.open]
            if len(found) != 1:
                raise RefusedError(HTTPStatus.NOT_FOUND, "several shops answer here: add site=KEY")
        if not found:
            raise RefusedError(HTTPStatus.NOT_FOUND, "no shop is served at this path")
        return found[0]

    def _takers(self, arrival: Arrival) -> tuple[Sequence[Route], bool]:
        """The sites that take the call, and whether an adapter raised instead of saying so."""
        found: list[Route] = []
        broken = False
        for site in self._sites.serving(arrival.path, arrival.key):
            call = arrival.call(site, self._identities, self._sites, self._breakages)
            try:
                target = site.adapter.target(call)
            except Exception as error:  # noqa: BLE001 - R27: one tenant's adapter, not every page
                self._breakages.broke(f"the adapter of tenant {site.tenant.name}", error)
                broken = True
                continue
            if target is not None:
                found.append((site, call, target))
        return found, broken


def _place(route: Route) -> tuple[str, str, str]:
    site, _, target = route
    return site.tenant.upstream.base, target.path, target.query


def _names_its_shop(route: Route) -> bool:
    """Whether the path says whose it is; our own route is the same for every shop."""
    return not route[2].own
