"""``GET /v1/preview`` (R88): what the page of a preview's link shows, why, and in what time; and
``/overlay.js``, which shows it there. Both are given to who holds a good link, and to nobody else.
"""

from http import HTTPStatus
from pathlib import Path

import msgspec
from aiohttp import web

from saccade import identity
from saccade.deadline import Deadline
from saccade.domain import DecisionRequest, Experience, Identity, Preview
from saccade.wording import currency_said, language_said
from saccade_server.house import House
from saccade_server.problems import Kind, Problem
from saccade_server.routes.answers import NEVER_CACHED, json_answer
from saccade_server.routes.experience import view_of
from saccade_server.sites import Site

ROUTE = "/v1/preview"
OVERLAY = "/overlay.js"

_NOBODY = Identity("preview", "preview")
_SCRIPT = (Path(__file__).parents[1] / "overlay" / "overlay.js").read_bytes()


class PreviewAnswer(msgspec.Struct, frozen=True):
    """What was decided for the view, and why. Nothing of it is kept."""

    experience: Experience
    forced: Preview
    eligible: tuple[str, ...]
    chosen: str
    because: list[str]
    timings_ms: dict[str, float]


async def get_preview(request: web.Request, house: House, site: Site) -> web.Response:
    """Decide the view that the page names, as the page itself is decided."""
    forced, deadline = _forced(request, house, site), Deadline()
    query = request.query
    asked = DecisionRequest(
        site.name,
        _NOBODY,
        *view_of(request),
        language=language_said(query.get("lang")),
        currency=currency_said(query.get("curr")),
        html_language=language_said(query.get("html_lang")),
        preview=forced,
    )
    deadline.mark("ingest")
    decision = await house.engine.decide(asked, deadline)
    deadline.mark("selection")
    told = await house.explainer.explain(msgspec.to_builtins(decision))
    answer = PreviewAnswer(
        decision.experience,
        forced,
        decision.eligible,
        decision.chosen,
        told["because"],
        dict(deadline.ledger),
    )
    return json_answer(answer, deadline)


async def get_overlay(request: web.Request, house: House, site: Site) -> web.Response:
    """The script, which asks `get_preview` by the address it came from."""
    _forced(request, house, site)
    return web.Response(
        body=_SCRIPT,
        content_type="text/javascript",
        charset="utf-8",
        headers={
            "Cache-Control": NEVER_CACHED,
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _forced(request: web.Request, house: House, site: Site) -> Preview:
    token = identity.find_preview(request.headers, request.rel_url.raw_query_string)
    found = site.preview(token, house.clock())
    if found is None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            Kind.PREVIEW,
            "this is no preview link of this site that is good now; `saccade preview` makes one",
        )
    return found
