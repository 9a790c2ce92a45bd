"""``POST /v1/events``: what happened on a page (R6), and how its shopper came (R7).

Answered with 204 once the session has it. An event told again under its id is kept once.
"""

from http import HTTPStatus

import msgspec
from aiohttp import web

from saccade.domain import DecisionRequest, Moment
from saccade.signals import Signals
from saccade_server.admission import held_to_rate, with_preview
from saccade_server.bodies import EventsBody
from saccade_server.brief import Brief
from saccade_server.house import House
from saccade_server.page_events import also, heard
from saccade_server.problems import Kind, bad_field
from saccade_server.reading import read_body
from saccade_server.sites import Site

ROUTE = "/v1/events"

_DECODER = msgspec.json.Decoder(EventsBody)


async def post_events(request: web.Request, house: House, site: Site) -> web.Response:
    """Take them in. Raises `StateUnavailable` where they may be lost: the tracker sends again."""
    body = await read_body(request, _DECODER)
    token = body.token or body.session or body.session_id
    if token is None:
        raise bad_field("session", "is missing", "add it", Kind.MISSING_FIELD)
    if body.site is not None and body.site != request.query.get("site", body.site):
        raise bad_field("site", "is not the one in the address", "leave one out", Kind.SITE)
    who = site.identified(token)
    held_to_rate(house, ROUTE, site.name, who.session)
    told = heard(body.events, body.context, request.query, request.headers.get("User-Agent", ""))
    if told:
        # Of no subject: the session stays with the page it is on.
        asked = DecisionRequest(site.name, who, Moment.HOME, view=body.view)
        asked = with_preview(house, ROUTE, site, request, asked)
        await house.engine.ingest(asked, also(Signals(), body.events), told)
    return Brief(status=HTTPStatus.NO_CONTENT)
