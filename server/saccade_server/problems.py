"""What is told to a caller whose call cannot be served: RFC 9457 problem documents."""

from enum import StrEnum
from http import HTTPStatus

import msgspec
from aiohttp import web

from saccade_server.brief import Brief

CONTENT_TYPE = "application/problem+json"


class Kind(StrEnum):
    """What was wrong: the bounded label refused calls are counted under."""

    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    FORBIDDEN_NAME = "forbidden_name"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_KIND = "unknown_kind"
    MALFORMED = "malformed"
    ENCODING = "encoding"
    TOO_LARGE = "too_large"
    MEDIA_TYPE = "media_type"
    SITE = "site"
    ORIGIN = "origin"
    SESSION = "session"
    PREVIEW = "preview"
    SIGNATURE = "signature"
    PERMISSION = "permission"
    RATE = "rate"
    NOT_FOUND = "not_found"
    METHOD = "method"
    UNAVAILABLE = "unavailable"
    OVERLOAD = "overload"
    SLOW = "slow"
    INTERNAL = "internal"


class Complaint(msgspec.Struct, frozen=True):
    """One field, what is wrong with it, and what to do."""

    field: str
    problem: str
    fix: str


class ProblemDocument(msgspec.Struct, frozen=True):
    """RFC 9457, with the fields complained of."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Complaint, ...] = ()


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: HTTPStatus,
        kind: Kind,
        detail: str,
        errors: tuple[Complaint, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.errors = status, kind, detail, errors
        self.headers = headers or {}


def bad_field(
    field: str,
    problem: str,
    fix: str,
    kind: Kind = Kind.OUT_OF_RANGE,
    status: HTTPStatus = HTTPStatus.BAD_REQUEST,
) -> Problem:
    """A problem with one field, which is named in ``detail`` too."""
    return Problem(status, kind, f"{field} {problem}", (Complaint(field, problem, fix),))


def answer(problem: Problem) -> web.Response:
    """The document; ``type`` leads to its paragraph on the documentation page."""
    document = ProblemDocument(
        type=f"/docs#problem-{problem.kind}",
        title=problem.status.phrase,
        status=problem.status,
        detail=problem.detail,
        errors=problem.errors,
    )
    return Brief(
        status=problem.status,
        body=msgspec.json.encode(document),
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )
