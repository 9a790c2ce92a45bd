"""Our own refusals, as problem documents (RFC 9457). They name no host, no address, no shopper."""

from http import HTTPStatus

import msgspec
from aiohttp import web

MEDIA_TYPE = "application/problem+json"
ALLOWED = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

_ENDS_CONNECTION = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.NOT_IMPLEMENTED,
        HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
    }
)
"""What follows on the connection cannot be trusted: it may be half a message, or a tunnel's."""


class RefusedError(Exception):
    """A call that is not forwarded, or could not be: the status, and why, for its caller."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def problem(refused: RefusedError) -> web.Response:
    """The document."""
    body = {
        "type": "about:blank",
        "title": refused.status.phrase,
        "status": refused.status.value,
        "detail": refused.detail,
    }
    response = web.Response(
        status=refused.status,
        body=msgspec.json.encode(body),
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store"},
    )
    if refused.status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ALLOWED
    if refused.status in _ENDS_CONNECTION:
        response.force_close()
    return response
