"""``POST /v1/session``: the token a browser goes by, where the site takes none of its own making.

Given to a page of an origin the site names, or to whoever holds the server key. Under opt-in a page
gets none here: a browser has no identifier of ours before `consent` has heard a yes (R60).
"""

from http import HTTPStatus

import msgspec
from aiohttp import web

from saccade.domain import Basis
from saccade_server.admission import begun, consents
from saccade_server.bodies import SessionAnswer, SessionBody
from saccade_server.house import House
from saccade_server.problems import Kind, Problem
from saccade_server.reading import read_body
from saccade_server.routes.answers import json_answer
from saccade_server.sites import Site

ROUTE = "/v1/session"

_DECODER = msgspec.json.Decoder(SessionBody)


async def post_session(request: web.Request, house: House, site: Site) -> web.Response:
    """A new session, of the visitor the last token names, or of somebody new.

    A token that is none of this site's, such as one from before a secret was changed, names nobody.
    """
    body = await read_body(request, _DECODER)
    who = site.identity(body.session_id) if body.session_id else None
    trusted = site.holds_key(request)
    asks_first = site.tenant.consent.basis is Basis.OPT_IN and not trusted
    if asks_first and (who is None or not await consents(house, site, who)):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            Kind.PERMISSION,
            "this site asks first: POST /v1/consent begins the session of who agrees",
        )
    visitor = who.visitor if who else None
    return json_answer(SessionAnswer(begun(house, ROUTE, site, request, visitor)))
