"""Session tokens: what an embedded page or a checkout extension is sent with (Shopify 24).

A JWT, HS256 by the client secret. Nothing else is ever signed with that secret.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jwt

from saccade_shopify.payloads import plain
from saccade_shopify.shops import SHOP
from saccade_shopify.signatures import Secrets

LEEWAY_S = 10.0
"""By which clocks may differ, as Shopify's own library has it."""

_ALGORITHMS = ["HS256"]
_REQUIRED = ["aud", "exp", "nbf", "dest"]
_LONGEST = 8_192


class SessionToken(NamedTuple):
    """A token, verified."""

    shop: str
    customer: str | None
    """Of a checkout's token, where the shopper is signed in: the number of the customer."""
    raw: str
    staff: bool
    """Issued to a page of the shop's admin, which a shopper's checkout cannot ask for."""
    since: float
    """When it was issued, by Shopify's clock."""


class SessionTokens:
    """Reads them for one app, of any shop."""

    def __init__(
        self,
        client_id: str,
        secrets: Callable[[], Secrets],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client_id = client_id
        self._secrets = secrets
        self._clock = clock

    def read(self, token: str) -> SessionToken | None:
        """``None`` for one that is forged, over, early, another app's or of no shop."""
        if len(token) > _LONGEST:
            return None
        claims = next(filter(None, (self._claims(token, one) for one in self._keys())), None)
        if claims is None or not self._timely(claims):
            return None
        shop, issuer = _shop(claims["dest"]), claims.get("iss")
        if shop is None or (issuer is not None and _shop(issuer) != shop):
            return None
        staff = issuer == f"https://{shop}/admin"
        return SessionToken(shop, _customer(claims.get("sub")), token, staff, float(claims["nbf"]))

    def of(self, authorization: str) -> SessionToken | None:
        """As `read`, of an ``Authorization`` header."""
        scheme, _, token = authorization.partition(" ")
        return self.read(token.strip()) if scheme.lower() == "bearer" else None

    def _keys(self) -> tuple[bytes, ...]:
        return tuple(one.get_secret_value().encode() for one in self._secrets())

    def _claims(self, token: str, key: bytes) -> dict[str, Any] | None:
        """Times are compared by `_timely`: PyJWT knows no clock but the machine's."""
        try:
            return jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                audience=self._client_id,
                options={
                    "require": _REQUIRED,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.InvalidTokenError, ValueError):
            return None

    def _timely(self, claims: dict[str, Any]) -> bool:
        begins, ends = _instant(claims["nbf"]), _instant(claims["exp"])
        if begins is None or ends is None:
            return False
        return begins - LEEWAY_S <= self._clock() < ends + LEEWAY_S


def _shop(said: object) -> str | None:
    """Of ``https://SHOP`` or ``https://SHOP/admin``; a checkout's says the name alone."""
    if not isinstance(said, str):
        return None
    name = said.removeprefix("https://").removesuffix("/admin")
    return name if SHOP.fullmatch(name) else None


def _customer(said: object) -> str | None:
    """An embedded page's subject is a member of staff, by number; a checkout's a customer."""
    if isinstance(said, str) and said.startswith("gid://shopify/Customer/"):
        return plain(said)
    return None


def _instant(said: object) -> float | None:
    if isinstance(said, int | float) and not isinstance(said, bool):
        return float(said)
    return None
