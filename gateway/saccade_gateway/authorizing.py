"""Our own token on the calls of our own routes, and on no shopper's (OCC 16)."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from saccade.ports import Credential
from saccade_gateway.answer import Answer
from saccade_gateway.client import Outgoing

Send = Callable[[Outgoing], Awaitable[Answer]]

_log = logging.getLogger(__name__)


async def authorized(credential: Credential, call: Outgoing, send: Send) -> Answer:
    """The answer to a call of an own route, sent with our token where one is ready now.

    A caller's own ``Authorization`` stays, and a CORS preflight gets none. Where the platform
    refuses ours, the call goes once more without: it must not be worse for our token, and a page
    waits for no fresh one.
    """
    anybody = call.method != "OPTIONS" and not _names_someone(call)
    token = _ready(credential) if anybody else None
    if token is None:
        return await send(call)
    answer = await send(with_authorization(call, token))
    if answer.status != HTTPStatus.UNAUTHORIZED:
        return answer
    answer.close()
    _refuse(credential, token)
    return await send(call)


def with_authorization(call: Outgoing, value: str) -> Outgoing:
    """The same call with one header line more."""
    line = b"Authorization: " + value.encode("ascii")
    return Outgoing(call.method, call.target, [*call.lines, line], call.body)


def _names_someone(call: Outgoing) -> bool:
    return any(line[:14].lower() == b"authorization:" for line in call.lines)


def _ready(credential: Credential) -> str | None:
    try:
        return credential.ready()
    except Exception as error:  # noqa: BLE001 - R27: an adapter's fault must not break the page
        _log.error("no token was found: %s", type(error).__name__)
        return None


def _refuse(credential: Credential, token: str) -> None:
    try:
        credential.refused(token)
    except Exception as error:  # noqa: BLE001 - as above
        _log.error("a token was not given up: %s", type(error).__name__)
