"""``GET /v1/decisions/{id}``: a decision's record, and why it was made (R62)."""

from http import HTTPStatus
from typing import cast

from aiohttp import web

from saccade.domain import JsonObject
from saccade_server.bodies import DecisionId
from saccade_server.house import House
from saccade_server.problems import Kind, Problem
from saccade_server.reading import convert
from saccade_server.routes.answers import json_answer
from saccade_server.sites import Site

ROUTE = "/v1/decisions/{id}"

_WHO = frozenset({"identity", "visitor", "session", "order_id"})
"""An order leads to who placed it."""


async def get_decision(request: web.Request, house: House, site: Site) -> web.Response:
    """The record, of this site's own decisions only; without the server key, without who it was."""
    trusted = site.holds_key(request)
    if not trusted and not site.open:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            Kind.PERMISSION,
            "decisions of this site are read with its server key",
            headers={"WWW-Authenticate": "Bearer"},
        )
    decision_id = convert("id", request.match_info["id"], DecisionId)
    record = decision_id and await house.journal.find(site.name, decision_id)
    if not record:
        raise Problem(
            HTTPStatus.NOT_FOUND, Kind.NOT_FOUND, "this site has made no decision of this id"
        )
    told = {**record, **await house.explainer.explain(record)}
    return json_answer(told if trusted else nameless(told))


def nameless(record: JsonObject) -> JsonObject:
    """The record without visitor, session and order, wherever they stand in it."""
    return {name: _nameless(value) for name, value in record.items() if name not in _WHO}


def _nameless(value: object) -> object:
    if isinstance(value, dict):
        return nameless(cast("JsonObject", value))
    if isinstance(value, list):
        return [_nameless(item) for item in cast("list[object]", value)]
    return value
