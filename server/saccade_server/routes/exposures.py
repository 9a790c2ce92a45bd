"""``POST /v1/exposures``: slots that were really seen. Answered when it is durable (R44)."""

import time
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import web

from saccade.breaker import StateUnavailable
from saccade.domain import Exposure, JsonObject
from saccade_server.admission import consents, decision_for, held_to_rate
from saccade_server.bodies import ExposureBody
from saccade_server.brief import Brief
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
    held_to_rate(house, ROUTE, site.name, who.session)
    if not await consents(house, site, who):
        return Brief(status=HTTPStatus.NO_CONTENT)
    slots = _shown(body, await decision_for(house, site, who, body.decision_id))
    now = time.time()
    await house.journal.exposed(
        Exposure(site.name, who.session, who.visitor, body.decision_id, slots, now)
    )
    try:
        await house.state.commit(site.name, who, body.decision_id, now)
    except StateUnavailable:
        log.warning("cap_not_committed", tenant=site.name)
    return Brief(status=HTTPStatus.NO_CONTENT)


def _shown(body: ExposureBody, record: JsonObject) -> tuple[str, ...]:
    """The slots told, each once. Raises `Problem` for one the decision did nothing to."""
    changed = {instruction["slot"] for instruction in record["experience"]["instructions"]}
    for slot in body.slots:
        if slot not in changed:
            raise bad_field(
                "slots",
                f"names {slot!r}, which the decision does not change",
                "name slots of its instructions",
                Kind.UNKNOWN_FIELD,
            )
    return tuple(dict.fromkeys(body.slots))
