"""What calls for the catalog say of who we are: nothing, a key, or a token fetched for it."""

import asyncio
import base64
import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import quote_plus

import msgspec

from saccade.catalog import CatalogError
from saccade_gateway.calls import Session
from saccade_generic_rest.authentication import BasicAuth, BearerAuth, HeaderAuth, OAuth
from saccade_generic_rest.settings import RestSettings

MARGIN_S = 60.0
"""A token is fetched anew so long before it ends, or in the last fifth of a shorter life."""
_UNTOLD_LIFE_S, _LONGEST_LIFE_S = 300.0, 86_400.0
_SERVER = "the authorization server"
_USABLE = re.compile(r"[\x21-\x7e]{1,8192}")


class Credentials:
    """Headers for a call; one token serves every call until it ends (R37)."""

    def __init__(self, settings: RestSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._auth = settings.mapping.auth
        self._secret = settings.secret
        self._file = settings.file
        self._clock = clock
        self._token, self._fresh_until = "", float("-inf")
        self._fetching = asyncio.Lock()

    async def headers(self, session: Session) -> Mapping[str, str]:
        """To be put on a call. Raises `CatalogError` where no token is to be had."""
        auth, secret = self._auth, self._secret.get_secret_value()
        if isinstance(auth, HeaderAuth):
            return {auth.header: auth.prefix + secret}
        if isinstance(auth, BasicAuth):
            return {"Authorization": _basic(auth.user, secret)}
        if isinstance(auth, BearerAuth):
            return {"Authorization": f"Bearer {secret}"}
        if isinstance(auth, OAuth):
            async with self._fetching:
                if self._clock() >= self._fresh_until:
                    await self._fetch(session, auth, secret)
                return {"Authorization": f"Bearer {self._token}"}
        return {}

    def refused(self, headers: Mapping[str, str]) -> bool:
        """The platform took these for invalid; whether others may be had."""
        if not isinstance(self._auth, OAuth):
            return False
        if headers.get("Authorization") == f"Bearer {self._token}":
            self._fresh_until = float("-inf")
        return True

    async def _fetch(self, session: Session, auth: OAuth, secret: str) -> None:
        asked_at = self._clock()
        form = {"grant_type": "client_credentials"}
        headers: dict[str, str] = {}
        if auth.scope:
            form["scope"] = auth.scope
        if auth.client_auth == "basic":
            headers["Authorization"] = _basic(quote_plus(auth.client_id), quote_plus(secret))
        else:
            form |= {"client_id": auth.client_id, "client_secret": secret}
        asked = await session.ask(
            "POST", str(auth.token_url), form=form, headers=headers, whom=_SERVER
        )
        if asked.status != HTTPStatus.OK:
            raise CatalogError(
                f"{_SERVER} answered {asked.status}. "
                f"Fix: correct auth in {self._file}, or the secret"
            )
        try:
            granted = msgspec.json.decode(asked.body, type=_Granted, strict=False)
        except (ValueError, RecursionError) as error:
            raise CatalogError(f"{_SERVER}'s answer is no token") from error
        if not _USABLE.fullmatch(granted.access_token) or granted.token_type.lower() != "bearer":
            raise CatalogError(f"{_SERVER}'s answer is no bearer token")
        told = _UNTOLD_LIFE_S if granted.expires_in is None else granted.expires_in
        life = min(max(told, 0.0), _LONGEST_LIFE_S)
        self._token = granted.access_token
        self._fresh_until = asked_at + life - min(MARGIN_S, life / 5)


class _Granted(msgspec.Struct):
    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the name of a kind of token (RFC 6750)
    expires_in: float | None = None
    """Some servers write it as text."""


def _basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode("ascii")
