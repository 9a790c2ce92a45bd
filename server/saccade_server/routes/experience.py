"""``GET /v1/experience`` (R31): the decision for a page view, as data the page can apply."""

from collections.abc import Mapping

from aiohttp import web

from saccade import identity
from saccade.deadline import Deadline
from saccade.defaults import UNKNOWN
from saccade.domain import DecisionRequest, Moment, Reason
from saccade.experience import default_experience
from saccade.wording import currency_said, language_said
from saccade_server.admission import with_preview
from saccade_server.bodies import ProductId, ViewId
from saccade_server.house import House
from saccade_server.problems import bad_field
from saccade_server.reading import convert
from saccade_server.routes.answers import json_answer
from saccade_server.sites import Site

ROUTE = "/v1/experience"


async def get_experience(request: web.Request, house: House, site: Site) -> web.Response:
    """Decide; without a session of this site the page stays the platform's own."""
    deadline = Deadline()
    asked = _asked(request, site)
    deadline.mark("ingest")
    if asked is None:
        return json_answer(default_experience(Reason.LOW_CONFIDENCE, UNKNOWN), deadline)
    asked = with_preview(house, ROUTE, site, request, asked)
    decision = await house.engine.decide(asked, deadline)
    return json_answer(decision.experience, deadline)


def _asked(request: web.Request, site: Site) -> DecisionRequest | None:
    """The page view a call asks about; ``None`` without a session of this site."""
    query, (moment, product, view) = request.query, view_of(request)
    token = query.get("session") or identity.find(
        request.headers, request.rel_url.raw_query_string, request.headers.get("Cookie", "")
    )
    who = site.identity(token) if token else None
    if who is None:
        return None
    return DecisionRequest(
        tenant=site.name,
        identity=who,
        moment=moment,
        subject=product,
        view=view or identity.find_view(request.headers, request.rel_url.raw_query_string),
        language=language_said(query.get("lang")),
        currency=currency_said(query.get("curr")),
        html_language=language_said(query.get("html_lang")),
    )


def view_of(request: web.Request) -> tuple[Moment, str | None, str | None]:
    """Moment, product and view, as the address names them. Raises `Problem`."""
    query = request.query
    product = convert("product", query.get("product") or None, ProductId)
    view = convert("view", query.get("view") or None, ViewId)
    return _moment(query, product), product, view


def _moment(query: Mapping[str, str], product: str | None) -> Moment:
    """As named; else a product's page where one is named, else the home page."""
    named = query.get("moment")
    if not named:
        return Moment.HOME if product is None else Moment.PRODUCT
    try:
        return Moment(named)
    except ValueError:
        moments = ", ".join(Moment)
        raise bad_field("moment", "is no moment", f"use one of {moments}") from None
