"""The HTTP application: our own routes, then the platforms' paths, which go to the gateway."""

from collections.abc import Iterable, Mapping

from aiohttp import web

from saccade_server.direct import POSTED
from saccade_server.edge import (
    Endpoint,
    Handler,
    guarded,
    preflight,
    unknown_path,
    wrong_method,
)
from saccade_server.house import HOUSE, House
from saccade_server.malformed import in_form
from saccade_server.routes import (
    consent,
    decisions,
    events,
    experience,
    exposures,
    health,
    identify,
    outcomes,
    preview,
    reference,
    session,
    signals,
    tracker,
    webhooks,
)
from saccade_server.shedding import unhurried

ENDPOINTS: Mapping[str, tuple[str, Endpoint]] = {
    signals.ROUTE: ("POST", signals.post_signals),
    experience.ROUTE: ("GET", experience.get_experience),
    exposures.ROUTE: ("POST", exposures.post_exposures),
    outcomes.ROUTE: ("POST", outcomes.post_outcomes),
    events.ROUTE: ("POST", events.post_events),
    session.ROUTE: ("POST", session.post_session),
    identify.ROUTE: ("POST", identify.post_identify),
    consent.ROUTE: ("POST", consent.post_consent),
    preview.ROUTE: ("GET", preview.get_preview),
    preview.OVERLAY: ("GET", preview.get_overlay),
    decisions.ROUTE: ("GET", decisions.get_decision),
}

SERVED_BY: Mapping[str, str] = {"GET": "GET, HEAD", "POST": "POST"}
"""RFC 9110, 9.3.2: aiohttp leaves out the body of an answer to HEAD by itself."""


def application(
    house: House,
    tracker_js: bytes,
    pages: Handler | None = None,
    prefixes: Iterable[str] = (),
    extra: Iterable[web.AbstractRouteDef] = (),
) -> web.Application:
    """``pages`` handles every path under ``prefixes``; ``extra`` are the demo shop's routes."""
    app = web.Application(middlewares=[in_form])
    app[HOUSE] = house
    _own_routes(app, house, tracker_js)
    webhooks.Webhooks().add_to(app)
    app.add_routes(extra)
    if pages is not None:
        for prefix in sorted(set(prefixes), key=len, reverse=True):
            app.router.add_route("*", prefix + "{tail:.*}", pages)
    app.router.add_route("*", "/{tail:.*}", unknown_path)
    return app


def _own_routes(app: web.Application, house: House, tracker_js: bytes) -> None:
    posted: dict[str, Handler] = {}
    app[POSTED] = posted
    for route, (method, endpoint) in ENDPOINTS.items():
        allowed = f"{SERVED_BY[method]}, OPTIONS"
        kept = unhurried(endpoint) if method == "POST" else endpoint
        handler = guarded(house, route, kept)
        if method == "POST":
            posted[route] = handler
        resource = _resource(app, route, method, handler)
        resource.add_route("OPTIONS", preflight(allowed))
        resource.add_route("*", wrong_method(route, allowed))
    plain: Mapping[str, Handler] = {
        tracker.ROUTE: tracker.serve_tracker(tracker_js),
        "/openapi.json": reference.serve_openapi(),
        "/docs": reference.serve_docs(),
        "/metrics": health.get_metrics,
        "/livez": health.get_livez,
        "/readyz": health.get_readyz,
    }
    for route, handler in plain.items():
        resource = _resource(app, route, "GET", handler)
        resource.add_route("*", wrong_method(route, SERVED_BY["GET"]))


def _resource(app: web.Application, route: str, method: str, handler: Handler) -> web.Resource:
    """A new resource: whoever serves GET serves HEAD."""
    resource = app.router.add_resource(route)
    for one in SERVED_BY[method].split(", "):
        resource.add_route(one, handler)
    return resource
