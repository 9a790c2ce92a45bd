"""``POST /v1/signals`` (R30): what the tracker measured, and what it amounts to.

JSON is answered with the mode. ``text/plain``, which the tracker sends, is answered with nothing,
or with the experience the open page should change to: that is so where the view's decision is not
the one the page names in ``decision_id`` and either has something to show.
"""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from aiohttp import web

from saccade.breaker import StateUnavailable
from saccade.deadline import Deadline
from saccade.domain import Decision, DecisionRequest, Experience, Moment, Reason
from saccade.wording import currency_said, language_said
from saccade_server.admission import held_to_rate, with_preview
from saccade_server.bodies import SignalsAnswer, SignalsBody
from saccade_server.brief import Brief
from saccade_server.house import House
from saccade_server.page_events import also, heard
from saccade_server.reading import TEXT, read_body
from saccade_server.routes.answers import json_answer
from saccade_server.sites import Site

ROUTE = "/v1/signals"

_DECODER = msgspec.json.Decoder(SignalsBody)
_MISHAPS = frozenset({Reason.ERROR, Reason.TIMEOUT})


async def post_signals(request: web.Request, house: House, site: Site) -> web.Response:
    """Take a batch in."""
    deadline = Deadline()
    body = await read_body(request, _DECODER)
    asked = with_preview(house, ROUTE, site, request, _asked(site, body, request.query))
    held_to_rate(house, ROUTE, asked.tenant, asked.identity.session)
    told = heard(body.events, body.context, request.query, request.headers.get("User-Agent", ""))
    signals = also(body.signals(), body.events)
    deadline.mark("ingest")
    page = request.content_type == TEXT
    if page and body.product_id is not None:
        decision = await house.engine.flush(asked, signals, deadline, told)
        return _flushed(decision, body, deadline)
    if page:
        await house.engine.keep(asked, signals, told)
        return Brief(status=HTTPStatus.NO_CONTENT)
    intent = await house.engine.ingest(asked, signals, told)
    deadline.mark("profile")
    return json_answer(SignalsAnswer(intent.mode, round(intent.confidence, 4)), deadline)


def _flushed(decision: Decision, body: SignalsBody, deadline: Deadline) -> web.Response:
    """Raises `StateUnavailable` where the batch may be lost: the tracker then sends it again."""
    if decision.experience.reason in _MISHAPS:
        raise StateUnavailable("the flush failed or came too late")
    if changed(decision.experience, body.decision_id):
        return json_answer(decision.experience, deadline)
    return Brief(status=HTTPStatus.NO_CONTENT, headers={"Server-Timing": deadline.header()})


def changed(experience: Experience, shown: str | None) -> bool:
    """Whether the open page, which shows the decision ``shown``, has something to change.

    A page that shows nothing of ours names no decision.
    """
    if experience.decision_id == shown:
        return False
    return shown is not None or bool(experience.instructions)


def _asked(site: Site, body: SignalsBody, query: Mapping[str, str]) -> DecisionRequest:
    return DecisionRequest(
        tenant=site.name,
        identity=site.identified(body.session_id),
        moment=Moment.HOME if body.product_id is None else Moment.PRODUCT,
        subject=body.product_id,
        view=body.view,
        language=language_said(query.get("lang")),
        currency=currency_said(query.get("curr")),
        html_language=language_said(query.get("html_lang")),
    )
