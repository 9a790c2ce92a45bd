"""Our own refusals, as problem documents (RFC 9457). They name no host, no address, no shopper."""

from http import HTTPStatus

import msgspec
from aiohttp import web

MEDIA_TYPE = "application/problem+json"


class RefusedError(Exception):
    """A call that is not forwarded, or could not be: the status, and why, for its caller."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def problem(refused: RefusedError) -> web.Response:
    """The document. A bad request ends its connection: what follows on it cannot be trusted."""
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
    if refused.status == HTTPStatus.BAD_REQUEST:
        response.force_close()
    return response
