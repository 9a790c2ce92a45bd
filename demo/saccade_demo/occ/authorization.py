"""The stand-in's authorization server: client credentials, and no other grant."""

import base64
import binascii
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

TOKEN_PATH = "/authorizationserver/oauth/token"  # noqa: S105 - a path, not a secret
LIFE_S = 43_200
"""Of a token, as the platform grants it unless it is set otherwise."""


class Authorization:
    """Gives tokens to ``clients`` (id to secret) and knows them again while they live."""

    def __init__(
        self,
        clients: Mapping[str, str],
        life_s: int = LIFE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = clients
        self._life_s = life_s
        self._clock = clock
        self._until: dict[str, float] = {}

    @property
    def granted(self) -> int:
        """Tokens that are known."""
        return len(self._until)

    def knows(self, token: str) -> bool:
        """Whether it is one of ours and lives."""
        return self._clock() < self._until.get(token, float("-inf"))

    def revoke_all(self) -> None:
        """Know none any more, as after a restart of the platform."""
        self._until.clear()

    async def token(self, request: web.Request) -> web.Response:
        """RFC 6749 section 4.4; the client says who it is in the form or by HTTP Basic."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        client, secret = _named(request, form)
        known = self._clients.get(client)
        if known is None or not secrets.compare_digest(known.encode(), secret.encode()):
            return _answer(401, {"error": "invalid_client", "error_description": "Bad credentials"})
        if form.get("grant_type") != "client_credentials":
            return _answer(400, {"error": "unsupported_grant_type"})
        token = secrets.token_urlsafe(24)
        self._until[token] = self._clock() + self._life_s
        granted = {"access_token": token, "token_type": "bearer", "expires_in": self._life_s}
        return _answer(200, granted)


def _named(request: web.Request, form: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client, secret


def _answer(status: int, document: dict[str, Any]) -> web.Response:  # Any: a JSON document
    return web.json_response(document, status=status, headers={"Cache-Control": "no-store"})
