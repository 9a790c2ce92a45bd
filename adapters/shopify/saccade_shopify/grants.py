"""Shopify's token endpoint: exchange, authorization code and refresh, all for expiring tokens."""

import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

import msgspec

from saccade.catalog import CatalogError
from saccade_shopify.calls import Asked, Calls
from saccade_shopify.signatures import Secrets
from saccade_shopify.vault import Tokens

PATH = "/admin/oauth/access_token"

_EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
    "expiring": "1",
}
_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NOT_THIS_APP = frozenset({"invalid_client", "application_cannot_be_found"})
_CODE = re.compile(r"[a-z_]{1,40}")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,2000}")
"""It becomes a header's value."""


class RefusedError(CatalogError):
    """Shopify will not, now or later."""


class _Granted(msgspec.Struct):
    access_token: str
    scope: str = ""
    expires_in: int | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: int | None = None


class _Said(msgspec.Struct):
    error: str = ""


class Grants:
    """Asks for tokens of one app. ``base`` is where a shop's admin is, ``https://SHOP``."""

    def __init__(
        self,
        client_id: str,
        secrets: Callable[[], Secrets],
        calls: Calls,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client_id = client_id
        self._secrets = secrets
        self._calls = calls
        self._clock = clock

    async def exchange(self, base: str, session_token: str) -> Tokens:
        """An offline token for a session token, which is good for a minute."""
        return await self._ask(base, {**_EXCHANGE, "subject_token": session_token})

    async def authorize(self, base: str, code: str) -> Tokens:
        """For the code a merchant came back with."""
        return await self._ask(base, {"code": code, "expiring": "1"})

    async def refresh(self, base: str, refresh_token: str) -> Tokens:
        """A new pair. The token used stays good until the new pair is used, should its answer be
        lost: it may be sent again."""
        said = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._ask(base, said)

    async def _ask(self, base: str, said: Mapping[str, str]) -> Tokens:
        """Raises `CatalogError`, and `RefusedError` where asking again is of no use."""
        now = self._clock()
        client = {
            "client_id": self._client_id,
            "client_secret": self._secrets()[0].get_secret_value(),
        }
        asked = await self._calls.post(f"{base}{PATH}", {**client, **said})
        granted = _granted(asked)
        return Tokens(
            access=granted.access_token,
            ends_at=_after(now, granted.expires_in),
            refresh=granted.refresh_token,
            refresh_ends_at=_after(now, granted.refresh_token_expires_in),
            scope=granted.scope,
        )


def _granted(asked: Asked) -> _Granted:
    if asked.status in _REFUSALS:
        code = _code(asked.body)
        problem = f"Shopify grants no token ({' '.join((str(asked.status), code)).rstrip()})"
        if code in _NOT_THIS_APP:  # no merchant can mend that
            raise CatalogError(
                f"{problem}. Fix: compare client_id and the client secret in shopify.toml with the "
                "app's in the Dev Dashboard"
            )
        raise RefusedError(problem)
    if asked.status != HTTPStatus.OK:
        raise CatalogError(f"Shopify's token endpoint answered {asked.status}")
    try:
        granted = msgspec.json.decode(asked.body, type=_Granted)
    except (ValueError, RecursionError):
        raise CatalogError("Shopify's answer is no token") from None
    if _VISIBLE.fullmatch(granted.access_token) is None:
        raise CatalogError("Shopify's answer is no usable token")
    return granted


def _after(now: float, seconds: int | None) -> float | None:
    return None if seconds is None else now + max(0, seconds)


def _code(body: bytes) -> str:
    """The server's error code, where it is one (RFC 6749 section 5.2)."""
    try:
        said = msgspec.json.decode(body, type=_Said).error
    except (ValueError, RecursionError):
        return ""
    return said if _CODE.fullmatch(said) else ""
