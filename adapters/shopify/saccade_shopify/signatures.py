"""Shopify's signatures: HMAC-SHA256 by the client secret, over three spellings of what is said.

Each is compared in constant time with every secret that is good: while a client secret is rotated
deliveries carry the new digest up to an hour late, so two are.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from pydantic import SecretStr

Secrets = Sequence[SecretStr]
"""Client secrets that are good now, the newest first."""


def webhook(secret: SecretStr, body: bytes) -> str:
    """Of a webhook, either family: base64, over the bytes as they came."""
    return base64.b64encode(_mac(secret, body).digest()).decode("ascii")


def app_proxy(secret: SecretStr, pairs: Mapping[str, Sequence[str]]) -> str:
    """Of a call through the app proxy: hexadecimal, over sorted pairs with nothing between them."""
    said = "".join(sorted(f"{name}={','.join(values)}" for name, values in pairs.items()))
    return _mac(secret, said.encode()).hexdigest()


def oauth(secret: SecretStr, pairs: Mapping[str, str]) -> str:
    """Of the query Shopify leads a merchant back with: hexadecimal, over the sorted query."""
    said = urlencode(sorted(pairs.items()), safe="*").replace("~", "%7E")  # as URLSearchParams
    return _mac(secret, said.encode()).hexdigest()


def matches(sent: str, genuine: Sequence[str]) -> bool:
    """Whether ``sent`` is one of ``genuine``; all are compared, whichever it is."""
    known = sent.encode("utf-8", "replace")
    found = [hmac.compare_digest(known, one.encode("ascii")) for one in genuine]
    return any(found)


def _mac(secret: SecretStr, message: bytes) -> hmac.HMAC:
    return hmac.new(secret.get_secret_value().encode(), message, hashlib.sha256)
