"""``POST /v1/outcomes``: what followed a decision. Answered when it is durable (R44)."""

import time
from http import HTTPStatus

import msgspec
from aiohttp import web

from saccade.domain import Outcome, OutcomeKind
from saccade_server.admission import consents, decision_for, held_to_rate
from saccade_server.bodies import OutcomeBody
from saccade_server.brief import Brief
from saccade_server.house import House
from saccade_server.problems import Kind, Problem, bad_field
from saccade_server.reading import read_body
from saccade_server.sites import Site

ROUTE = "/v1/outcomes"

A_BROWSER_MAY_SAY = frozenset({OutcomeKind.CLICKED, OutcomeKind.DISMISSED})
"""All else is money or our own reckoning, and needs the server key."""

MONEY = ("value", "currency", "order_id")
"""Fields that need the server key whatever the kind."""

_DECODER = msgspec.json.Decoder(OutcomeBody)


async def post_outcomes(request: web.Request, house: House, site: Site) -> web.Response:
    """Journal the outcome."""
    body = await read_body(request, _DECODER)
    trusted = site.holds_key(request)
    if not trusted:
        _held_to_browsers_words(body)
    who = site.identified(body.session_id)
    if not trusted:
        held_to_rate(house, ROUTE, site.name, who.session)
    if await consents(house, site, who):
        if body.decision_id is not None and not trusted:
            await decision_for(house, site, who, body.decision_id)
        await house.journal.followed(
            Outcome(
                tenant=site.name,
                session=who.session,
                visitor=who.visitor,
                kind=body.kind,
                at=time.time(),
                decision_id=body.decision_id,
                value=body.value,
                currency=body.currency,
                order_id=body.order_id,
                trusted=trusted,
            )
        )
    return Brief(status=HTTPStatus.NO_CONTENT)


def _held_to_browsers_words(body: OutcomeBody) -> None:
    """Raises `Problem` for what only the tenant's own servers may say."""
    if body.kind not in A_BROWSER_MAY_SAY:
        raise _needs_key("kind", f"{body.kind} needs", ": a browser may say clicked and dismissed")
    for field in MONEY:
        if getattr(body, field) is not None:
            raise _needs_key(field, "needs")


def _needs_key(field: str, needs: str, instead: str = "") -> Problem:
    return bad_field(
        field,
        f"{needs} the server key{instead}",
        "send it from your server with `Authorization: Bearer KEY` (`saccade tenant key`)",
        Kind.PERMISSION,
        HTTPStatus.FORBIDDEN,
    )
