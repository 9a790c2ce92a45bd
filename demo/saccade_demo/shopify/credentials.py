"""What Shopify gives an app to prove itself with: codes, tokens that expire, session tokens."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import jwt

from saccade.domain import JsonObject

ACCESS_LIFE_S = 3_600
REFRESH_LIFE_S = 90 * 86_400
PREVIOUS_LIFE_S = 30 * 86_400
"""Of a refresh token whose replacement nobody used."""

CODE_LIFE_S = 60.0
SESSION_LIFE_S = 60


class TokenError(Exception):
    """A token that is not given, as RFC 6749 names the reason."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


@dataclass(slots=True)
class _Refresh:
    """One refresh token of a chain; ``before`` is the token it replaces."""

    client_id: str
    scope: str
    good_until: float
    before: str | None = None


@dataclass(frozen=True, slots=True)
class _Access:
    client_id: str
    scope: str
    good_until: float | None
    """``None``: it does not expire."""


@dataclass(slots=True)
class Credentials:
    """Every code and token of one shop. Numbers are drawn from ``seed``: a run can be repeated."""

    clock: Callable[[], float]
    seed: str = ""
    _drawn: int = 0
    _codes: dict[str, tuple[str, str, float]] = field(
        default_factory=dict[str, tuple[str, str, float]]
    )
    _access: dict[str, _Access] = field(default_factory=dict[str, _Access])
    _refresh: dict[str, _Refresh] = field(default_factory=dict[str, _Refresh])

    def code(self, client_id: str, scope: str) -> str:
        """An authorization code: good once, for a minute."""
        code = self._draw("code_")
        self._codes[code] = (client_id, scope, self.clock() + CODE_LIFE_S)
        return code

    def redeemed(self, client_id: str, code: str, *, expiring: bool) -> JsonObject:
        """The answer to a code. Raises `TokenError`."""
        owner, scope, good_until = self._codes.pop(code, ("", "", 0.0))
        if owner != client_id or self.clock() >= good_until:
            message = "The authorization code was not found or was already used"
            raise TokenError("invalid_request", message)
        return self.acquired(client_id, scope, expiring=expiring)

    def acquired(self, client_id: str, scope: str, *, expiring: bool) -> JsonObject:
        """A new chain: one that expires ends the one before it, refresh tokens included."""
        if expiring:
            self._refresh = {k: v for k, v in self._refresh.items() if v.client_id != client_id}
        return self._granted(client_id, scope, expiring=expiring, before=None)

    def _granted(
        self, client_id: str, scope: str, *, expiring: bool, before: str | None
    ) -> JsonObject:
        """A new token; one that expires comes with its refresh token and ends those before it."""
        now = self.clock()
        if expiring:
            self._access = {
                k: v
                for k, v in self._access.items()
                if v.client_id != client_id or v.good_until is None
            }
        access = self._draw("shpat_")
        answer: JsonObject = {"access_token": access, "scope": scope}
        self._access[access] = _Access(client_id, scope, now + ACCESS_LIFE_S if expiring else None)
        if expiring:
            refresh = self._draw("shprt_")
            self._refresh[refresh] = _Refresh(client_id, scope, now + REFRESH_LIFE_S, before)
            answer |= {
                "expires_in": ACCESS_LIFE_S,
                "refresh_token": refresh,
                "refresh_token_expires_in": REFRESH_LIFE_S,
            }
        return answer

    def refreshed(self, client_id: str, token: str) -> JsonObject:
        """A new pair.

        ``token`` goes on working until its replacement is used, at most `PREVIOUS_LIFE_S`; that
        ``token`` is used ends whatever it replaced. Raises `TokenError`.
        """
        held = self._refresh.get(token)
        if held is None or held.client_id != client_id or self.clock() >= held.good_until:
            raise TokenError("invalid_grant", "The refresh token is invalid or has expired")
        if held.before is not None:
            self._refresh.pop(held.before, None)
            held.before = None
        held.good_until = min(held.good_until, self.clock() + PREVIOUS_LIFE_S)
        return self._granted(client_id, held.scope, expiring=True, before=token)

    def scope(self, token: str) -> tuple[str, str] | None:
        """App and scopes of an access token; ``None`` where it is unknown or over."""
        held = self._access.get(token)
        if held is None or (held.good_until is not None and self.clock() >= held.good_until):
            return None
        return held.client_id, held.scope

    def is_expiring(self, token: str) -> bool:
        """Whether it is of the kind public apps must use."""
        held = self._access.get(token)
        return held is not None and held.good_until is not None

    def revoke(self, client_id: str) -> None:
        """Everything of an app: it was uninstalled."""
        self._codes = {k: v for k, v in self._codes.items() if v[0] != client_id}
        self._access = {k: v for k, v in self._access.items() if v.client_id != client_id}
        self._refresh = {k: v for k, v in self._refresh.items() if v.client_id != client_id}

    def _draw(self, prefix: str) -> str:
        self._drawn += 1
        if not self.seed:
            return prefix + secrets.token_hex(16)
        name = f"{self.seed}:{self._drawn}".encode()
        return prefix + hashlib.blake2b(name, digest_size=16).hexdigest()


def signed_query(secret: str, query: Mapping[str, str]) -> str:
    """An OAuth query with its ``hmac``: hex of the pairs sorted and joined by ``&``."""
    message = "&".join(f"{key}={query[key]}" for key in sorted(query))
    digest = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    return urlencode({**query, "hmac": digest})


def signed_proxy(secret: str, query: Mapping[str, str]) -> str:
    """An app proxy's query with its ``signature``: hex of the sorted pairs, nothing between."""
    message = "".join(f"{key}={query[key]}" for key in sorted(query))
    digest = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    return urlencode({**query, "signature": digest})


def webhook_digest(secret: str, body: bytes) -> str:
    """Base64 of the raw body's HMAC-SHA256."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def session_token(client_id: str, secret: str, domain: str, now: float, user: str = "1") -> str:
    """What App Bridge hands an embedded page: a JWT good for a minute."""
    claims = {
        "iss": f"https://{domain}/admin",
        "dest": f"https://{domain}",
        "aud": client_id,
        "sub": user,
        "exp": int(now) + SESSION_LIFE_S,
        "nbf": int(now) - 1,
        "iat": int(now) - 1,
        "jti": hashlib.blake2b(f"{domain}{now}".encode(), digest_size=16).hexdigest(),
        "sid": hashlib.blake2b(f"{domain}{user}".encode(), digest_size=32).hexdigest(),
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def check_session_token(token: str, client_id: str, secret: str, domain: str, now: float) -> None:
    """Raises `TokenError` as the token exchange answers it: 400."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=client_id,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        raise TokenError("invalid_subject_token", "The session token is not valid") from None
    if claims.get("dest") != f"https://{domain}" or not claims["nbf"] <= now < claims["exp"]:
        raise TokenError("invalid_subject_token", "The session token is not valid")
