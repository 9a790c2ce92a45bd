"""``POST /v1/exposures``: slots that were really seen. Answered when it is durable (R44)."""

import time
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import web

from saccade.breaker import StateUnavailable
from saccade.domain import Exposure
from saccade_server.admission import consents, held_to_rate
from saccade_server.bodies import ExposureBody
from saccade_server.house import House
from saccade_server.problems import Kind, bad_field
from saccade_server.reading import read_body
from saccade_server.sites import Site

ROUTE = "/v1/exposures"

_DECODER = msgspec.json.Decoder(ExposureBody)

log = structlog.get_logger()


async def post_exposures(request: web.Request, house: House, site: Site) -> web.Response:
    """Journal the exposure, then let the decision's reservation of a cap count."""
    body = await read_body(request, _DECODER)
    who = site.identified(body.session_id)
    for slot in body.slots:
        if slot not in site.tenant.slots:
            raise bad_field(
                "slots",
                f"names {slot!r}, no slot of this site",
                "name those it has",
                Kind.UNKNOWN_FIELD,
            )
    held_to_rate(house, ROUTE, site.name, who.session)
    if not await consents(house, site, who):
        return web.Response(status=HTTPStatus.NO_CONTENT)
    now = time.time()
    await house.journal.exposed(
        Exposure(site.name, who.session, who.visitor, body.decision_id, body.slots, now)
    )
    try:
        await house.state.commit(site.name, who, body.decision_id, now)
    except StateUnavailable:
        log.warning("cap_not_committed", tenant=site.name)
    return web.Response(status=HTTPStatus.NO_CONTENT)
