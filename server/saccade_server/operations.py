"""Every operation, as `openapi` writes it down."""

from http import HTTPStatus
from typing import Any, Literal

import msgspec

from saccade.domain import Experience, JsonObject
from saccade_server.bodies import (
    ConsentBody,
    DecisionId,
    EventsBody,
    ExposureBody,
    IdentifyAnswer,
    IdentifyBody,
    OutcomeBody,
    ProductId,
    Receipt,
    SessionAnswer,
    SessionBody,
    SignalsAnswer,
    SignalsBody,
    ViewId,
)
from saccade_server.routes import (
    consent,
    decisions,
    events,
    experience,
    exposures,
    identify,
    outcomes,
    preview,
    session,
    signals,
    webhooks,
)
from saccade_server.routes.health import Liveness, Readiness

JSON, TEXT = "application/json", "text/plain"


class Parameter(msgspec.Struct, frozen=True):
    """A query or path parameter, or a header; ``wanted`` is its annotated type."""

    name: str
    text: str
    wanted: Any = str
    where: str = "query"


class Answer(msgspec.Struct, frozen=True):
    """An answer by status, and the types its body may have; none where it has none."""

    status: HTTPStatus
    text: str
    bodies: tuple[Any, ...] = ()


class Operation(msgspec.Struct, frozen=True):
    """One method of one path, as documented. A ``body`` of `msgspec.Raw` is whatever is sent."""

    method: str
    path: str
    text: str
    answers: tuple[Answer, ...]
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    takes: tuple[str, ...] = (JSON, TEXT)
    problems: tuple[HTTPStatus, ...] = ()
    needs_key: bool = False


class DecisionAnswer(msgspec.Struct, frozen=True):
    """The record of a decision with its reasons, exposures and outcomes; further members vary with
    the versions named in it."""

    id: str
    at: float
    experience: Experience
    because: list[str]
    contributions: list[JsonObject]
    exposures: list[JsonObject]
    outcomes: list[JsonObject]


_SITE = Parameter("site", "Site key; may be left out where there is one open site")
_PREVIEW = Parameter("saccade_preview", "The token of a preview link")
_VIEW = (
    Parameter("product", "The product the page is about", ProductId),
    Parameter("moment", "Where in the journey; product where a product is named"),
    Parameter("view", "One page view", ViewId),
)
_WORDS = (
    Parameter("lang", "The page's language, such as de-AT; the site's where it is left out"),
    Parameter("curr", "The page's currency by ISO 4217; the site's where it is left out"),
    Parameter("html_lang", "What the document's own lang says, for where nothing else names one"),
)
_STORED = Answer(HTTPStatus.NO_CONTENT, "It is durable")
_REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def _delivery(path: str, text: str, *more: Parameter) -> Operation:
    return Operation(
        "post",
        path,
        text,
        (Answer(HTTPStatus.OK, "It is durable, or was there already"),),
        (
            Parameter("adapter", "The platform, by its adapter's name", where="path"),
            *more,
            Parameter(
                "Content-Encoding",
                "May be left out: the signature is that of the bytes as they come",
                Literal["identity"],
                "header",
            ),
        ),
        msgspec.Raw,
        ("*/*",),
        problems=(
            HTTPStatus.UNAUTHORIZED,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        signals.ROUTE,
        "Say what was measured since the last call: JSON is answered with the mode, text/plain "
        "with the experience the open page should change to, if any",
        (
            Answer(
                HTTPStatus.OK, "The mode, or the changed experience", (SignalsAnswer, Experience)
            ),
            Answer(HTTPStatus.NO_CONTENT, "text/plain only: nothing to change"),
        ),
        (_SITE, *_WORDS),
        SignalsBody,
        problems=_REFUSALS,
    ),
    Operation(
        "get",
        experience.ROUTE,
        "The decision for a page view: a repeat in one view is the same decision",
        (Answer(HTTPStatus.OK, "The experience", (Experience,)),),
        (
            _SITE,
            Parameter("session", "The session; without one the page stays as it is"),
            *_VIEW,
            *_WORDS,
        ),
        problems=(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN),
    ),
    Operation(
        "post",
        exposures.ROUTE,
        "Say that slots of a decision made for this session were really visible",
        (_STORED,),
        (_SITE,),
        ExposureBody,
        problems=_REFUSALS,
    ),
    Operation(
        "post",
        outcomes.ROUTE,
        "Say what followed; without the server key only clicked and dismissed, of a decision made "
        "for this session or of none, and no amount and no order",
        (_STORED,),
        (_SITE,),
        OutcomeBody,
        problems=_REFUSALS,
        needs_key=True,
    ),
    Operation(
        "post",
        events.ROUTE,
        "Say what happened on a page and how its shopper came; an event told again is kept once",
        (Answer(HTTPStatus.NO_CONTENT, "The session has it"),),
        (_SITE,),
        EventsBody,
        problems=_REFUSALS,
    ),
    Operation(
        "post",
        session.ROUTE,
        "Begin a session: asked for by a page of the site's origins, or with the server key",
        (Answer(HTTPStatus.OK, "Its token", (SessionAnswer,)),),
        (_SITE,),
        SessionBody,
        problems=_REFUSALS,
        needs_key=True,
    ),
    Operation(
        "post",
        identify.ROUTE,
        "Join the session's trail to that of a person, or begin another after a logout",
        (Answer(HTTPStatus.OK, "The token to go on with", (IdentifyAnswer,)),),
        (_SITE,),
        IdentifyBody,
        problems=_REFUSALS,
        needs_key=True,
    ),
    Operation(
        "post",
        consent.ROUTE,
        "Keep a shopper's answer; a no purges all else that is kept of them",
        (Answer(HTTPStatus.OK, "A receipt", (Receipt,)),),
        (_SITE,),
        ConsentBody,
        problems=_REFUSALS,
    ),
    Operation(
        "get",
        decisions.ROUTE,
        "Why a decision was made: on open sites, else with the server key",
        (Answer(HTTPStatus.OK, "The record with its reasons", (DecisionAnswer,)),),
        (_SITE, Parameter("id", "As the experience names it", DecisionId, "path")),
        problems=(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
        needs_key=True,
    ),
    Operation(
        "get",
        preview.ROUTE,
        "What a preview link forces on a view, and why; nothing of it is kept",
        (Answer(HTTPStatus.OK, "The decision", (preview.PreviewAnswer,)),),
        (_SITE, _PREVIEW, *_VIEW, *_WORDS),
        problems=(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN),
    ),
    Operation(
        "get",
        preview.OVERLAY,
        "The module that shows it on the page",
        (Answer(HTTPStatus.OK, "JavaScript"),),
        (_SITE, _PREVIEW),
        problems=(HTTPStatus.FORBIDDEN,),
    ),
    _delivery(
        webhooks.ROUTE,
        "Take in a platform's webhook: what it sends, signed as it signs, for the tenant it names",
    ),
    _delivery(
        webhooks.ROUTE_OF_TENANT,
        "The same, for a platform that names no tenant itself; one that does must name this one",
        Parameter("tenant", "The tenant, by its name", where="path"),
    ),
    Operation(
        "get", "/livez", "Whether the process answers", (Answer(HTTPStatus.OK, "Yes", (Liveness,)),)
    ),
    Operation(
        "get",
        "/readyz",
        "Whether it wants traffic, and what it works without",
        (
            Answer(HTTPStatus.OK, "Yes, perhaps degraded", (Readiness,)),
            Answer(HTTPStatus.SERVICE_UNAVAILABLE, "It starts or stops", (Readiness,)),
        ),
    ),
)
