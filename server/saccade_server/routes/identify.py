"""``POST /v1/identify`` (R45): a login, e-mail or phone joins the session's trail at once.

It is the merchant's own server that says who somebody is, with the server key, or a page of an open
site: anybody could say it of anybody. A page may say of its own session that it is over (logout).
"""

from http import HTTPStatus

import msgspec
from aiohttp import web

from saccade.joining import By
from saccade_server.admission import held_to_rate
from saccade_server.bodies import IdentifyAnswer, IdentifyBody
from saccade_server.house import House
from saccade_server.problems import Kind, bad_field
from saccade_server.reading import read_body
from saccade_server.routes.answers import json_answer
from saccade_server.sites import Site

ROUTE = "/v1/identify"

_DECODER = msgspec.json.Decoder(IdentifyBody)


async def post_identify(request: web.Request, house: House, site: Site) -> web.Response:
    """Answer the token the page shall go on with; until it does, the old one is followed."""
    body = await read_body(request, _DECODER)
    who = site.identified(body.session_id)
    trusted = site.holds_key(request)
    if not trusted:
        held_to_rate(house, ROUTE, site.name, who.session)
    said = _said(body)
    if said is None:
        known = await house.joining.leave(site.name, who)
    elif trusted or site.open:
        known = await house.joining.identify(site.name, who, *said)
    else:
        raise bad_field(
            said[0],
            "needs the server key",
            "send it from your server with `Authorization: Bearer KEY` (`saccade tenant key`)",
            Kind.PERMISSION,
            HTTPStatus.FORBIDDEN,
        )
    end = known.identity
    token = body.session_id if end == who else site.token(end.visitor, end.session)
    return json_answer(IdentifyAnswer(token, known.joined))


def _said(body: IdentifyBody) -> tuple[By, str] | None:
    """The one thing said of the person; ``None`` for a logout. Raises `Problem`."""
    said = [(by, value) for by in By if (value := getattr(body, by.value)) is not None]
    if len(said) + body.logout != 1:
        names = ", ".join(By)
        raise bad_field(
            "body",
            f"names none or several of {names} and logout",
            "send exactly one",
            Kind.MISSING_FIELD,
        )
    return said[0] if said else None
