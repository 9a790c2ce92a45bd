"""Our own token: client credentials, cached, fetched by one call however many wait (R37, OCC 16).

Nothing here knows another grant (OCC 17). A page never waits: it takes what is `ready`.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import httpx
import msgspec
from pydantic import SecretStr

from saccade.catalog import CatalogError
from saccade_gateway.calls import Asked, Calls
from saccade_sap_occ.settings import OAuthClient

MARGIN_S = 60.0
"""A token is fetched anew so long before it ends, or in the last fifth of a shorter life."""
SKEW_S = 5.0
"""It counts as ended so much earlier: a call needs time to arrive."""
FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0
"""Between two fetches that nobody waits for, doubling with each that fails."""
_UNTOLD_LIFE_S, _LONGEST_LIFE_S = 300, 86_400

_SERVER = "the authorization server"
_CODE = re.compile(r"[a-z_]{1,40}")
_log = logging.getLogger(__name__)


class _Granted(msgspec.Struct):
    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the name of a kind of token (RFC 6750)
    expires_in: int = _UNTOLD_LIFE_S


class _Refused(msgspec.Struct):
    error: str = ""


class _Token(NamedTuple):
    authorization: SecretStr
    fresh_until: float
    ends_at: float


class Tokens:
    """The token of one OAuth client. Use it within one running loop at a time."""

    def __init__(
        self,
        client: OAuthClient,
        calls: Calls,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._calls = calls
        self._clock = clock
        self._token: _Token | None = None
        self._flight: asyncio.Task[_Token] | None = None
        self._rest_s = FIRST_REST_S
        self._rests_until = float("-inf")

    def ready(self) -> str | None:
        """An ``Authorization`` value good now, or ``None``: a fetch then begins beside.

        Never waits. The running loop is that of the page.
        """
        now, token = self._clock(), self._token
        if (token is None or now >= token.fresh_until) and now >= self._rests_until:
            _ = self._fetching()
        return _value(token) if token is not None and now < token.ends_at else None

    def refused(self, authorization: str) -> None:
        """The platform took it for invalid: it is not given out again."""
        if self._token is not None and _value(self._token) == authorization:
            self._token = None

    async def get(self) -> str:
        """An ``Authorization`` value, waited for where there is none. Raises `CatalogError`."""
        found = self.ready()
        if found is not None:
            return found
        return _value(await asyncio.shield(self._fetching()))

    def _fetching(self) -> "asyncio.Task[_Token]":
        """The one fetch under way."""
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fetched(), name="occ-token")
            self._flight.add_done_callback(_seen)
        return self._flight

    async def _fetched(self) -> _Token:
        """Everything is written down before the task is done: the next caller may come then."""
        try:
            token = self._token = await self._fetch()
        except Exception as error:
            _log.warning("no token for the platform: %s", error)
            self._rest_s = min(LONGEST_REST_S, 2 * self._rest_s)
            raise
        else:
            self._rest_s = FIRST_REST_S
            return token
        finally:
            self._rests_until = self._clock() + self._rest_s

    async def _fetch(self) -> _Token:
        asked_at = self._clock()
        secret = await asyncio.to_thread(self._client.secret)
        form = {"grant_type": "client_credentials"}
        auth: httpx.Auth | None = None
        if self._client.basic:
            auth = httpx.BasicAuth(self._client.id, secret.get_secret_value())
        else:
            form |= {"client_id": self._client.id, "client_secret": secret.get_secret_value()}
        try:
            asked = await self._calls.ask(
                "POST", self._client.url, form=form, auth=auth, whom=_SERVER
            )
        except CatalogError as error:
            if "Fix: " in str(error):
                raise
            problem = f"{error}. Fix: correct adapter.token_url"
            raise CatalogError(problem, after_s=error.after_s) from error
        granted = self._granted(asked)
        life = min(max(granted.expires_in, 0), _LONGEST_LIFE_S)
        return _Token(
            SecretStr(f"Bearer {granted.access_token}"),
            fresh_until=asked_at + life - min(MARGIN_S, life / 5),
            ends_at=asked_at + life - SKEW_S,
        )

    def _granted(self, asked: Asked) -> _Granted:
        if asked.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise CatalogError(
                f"the authorization server refuses the client{_said(asked.body)}. "
                f"Fix: {self._client.fix}"
            )
        if asked.status != HTTPStatus.OK:
            raise CatalogError(
                f"the authorization server answered {asked.status}. Fix: correct adapter.token_url"
            )
        try:
            granted = msgspec.json.decode(asked.body, type=_Granted)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise CatalogError("the authorization server's answer is no token") from error
        usable = re.fullmatch(r"[\x21-\x7e]+", granted.access_token)  # it becomes a header's value
        if not usable or granted.token_type.lower() != "bearer":
            raise CatalogError("the authorization server's answer is no bearer token")
        return granted


def _seen(flight: "asyncio.Task[_Token]") -> None:
    """A failure nobody waited for has been logged."""
    if not flight.cancelled():
        flight.exception()


def _value(token: _Token) -> str:
    return token.authorization.get_secret_value()


def _said(body: bytes) -> str:
    """The server's error code, where it is one (RFC 6749 section 5.2)."""
    try:
        code = msgspec.json.decode(body, type=_Refused).error
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return ""
    return f" ({code})" if _CODE.fullmatch(code) else ""
