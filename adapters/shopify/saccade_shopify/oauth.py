"""The authorization-code grant, for an app that is not embedded: there and back.

The state is signed by a key of the server's own, never by the client secret, and bound to the
browser by a cookie.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from saccade_shopify import signatures
from saccade_shopify.app import App
from saccade_shopify.shops import tenant_of
from saccade_shopify.signatures import Secrets

CALLBACK = "/shopify/callback"
COOKIE = "saccade_shopify_state"
STATE_S = 600
"""A merchant reads and agrees for so long."""
SPENT = f"{COOKIE}=; Max-Age=0; Path=/shopify; Secure; HttpOnly; SameSite=Lax"
"""Takes the cookie away: a state is good for one return."""
TOLERANCE_S = 90.0

_LONGEST = 4_096
_STATE = re.compile(r"([0-9]{1,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")
_COOKIE = re.compile(rf"(?:^|;)\s*{COOKIE}=([0-9a-f]{{32}})(?:;|$)")


class Departing(NamedTuple):
    """Where a merchant is sent, and what the browser keeps."""

    url: str
    cookie: str


class Returned(NamedTuple):
    """A merchant who came back, verified."""

    shop: str
    code: str
    at: float
    """By Shopify's clock."""


class OAuth:
    """Of one app. ``secret`` gives a key of a tenant's own."""

    def __init__(
        self,
        app: App,
        secrets_: Callable[[], Secrets],
        secret: Callable[[str], bytes],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._secrets = secrets_
        self._secret = secret
        self._clock = clock

    def departing(self, shop: str | None) -> Departing | None:
        """To Shopify's own page, where scopes are agreed to; ``None`` for what is no shop."""
        tenant = tenant_of(shop)
        if shop is None or tenant is None:
            return None
        nonce = secrets.token_hex(16)
        ends = int(self._clock()) + STATE_S
        query = {
            "client_id": self._app.client_id,
            "scope": ",".join(self._app.scopes),
            "redirect_uri": f"{self._app.url}{CALLBACK}",
            "state": f"{ends}.{nonce}.{self._mac(tenant, ends, nonce)}",
        }
        cookie = (
            f"{COOKIE}={nonce}; Max-Age={STATE_S}; Path=/shopify; Secure; HttpOnly; SameSite=Lax"
        )
        return Departing(f"{self._app.base(shop)}/admin/oauth/authorize?{urlencode(query)}", cookie)

    def returned(self, query: str, cookie: str) -> Returned | None:
        """``None`` where Shopify did not sign it just now, or it is not this browser's."""
        listed = parse_qsl(query[:_LONGEST], keep_blank_values=True)
        said = dict(listed)
        if len(said) != len(listed):  # which of two is signed, and which is read?
            return None
        sent = said.pop("hmac", "")
        genuine = [signatures.oauth(secret, said) for secret in self._secrets()]
        if not signatures.matches(sent, genuine) or not self._recent(said.get("timestamp", "")):
            return None
        shop, code = said.get("shop", ""), said.get("code", "")
        tenant = tenant_of(shop)
        if tenant is None or not code or not self._is_ours(tenant, said.get("state", ""), cookie):
            return None
        return Returned(shop, code, float(said["timestamp"]))

    def _recent(self, timestamp: str) -> bool:
        told = re.fullmatch(r"[0-9]{1,12}", timestamp)
        return told is not None and abs(self._clock() - int(timestamp)) <= TOLERANCE_S

    def _is_ours(self, tenant: str, state: str, cookie: str) -> bool:
        match, kept = _STATE.fullmatch(state), _COOKIE.search(cookie)
        if match is None or kept is None:
            return False
        ends, nonce, mac = int(match[1]), match[2], match[3]
        signed = hmac.compare_digest(mac, self._mac(tenant, ends, nonce))
        same = hmac.compare_digest(nonce, kept[1])
        return signed and same and self._clock() < ends

    def _mac(self, tenant: str, ends: int, nonce: str) -> str:
        said = f"shopify oauth state\n{tenant}\n{ends}\n{nonce}".encode()
        return hmac.new(self._secret(tenant), said, hashlib.sha256).hexdigest()
