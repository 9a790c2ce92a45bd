"""Shops, deliveries and tokens as Shopify makes them, for the tests of its adapter."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

import httpx
import jwt
from pydantic import SecretStr

from saccade.deliveries import Delivery
from saccade.tenants import Tenant

SECRET = "test-client-secret-of-the-newest-kind"  # noqa: S105 - made up for the tests
FORMER = "test-client-secret-of-the-former-kind"
CLIENT_ID = "test-client-id"
SHOP = "acme.myshopify.com"
NOW = 1_790_000_000.0


def secrets(*values: str) -> tuple[SecretStr, ...]:
    return tuple(SecretStr(value) for value in values or (SECRET,))


def tenant(name: str = "acme", **changed: object) -> Tenant:
    """A shop's tenant; its adapter reads the client secret of ``TEST_SHOPIFY_SECRET``."""
    told: dict[str, object] = {
        "name": name,
        "platform": "shopify",
        "platform_site": f"{name}.myshopify.com",
        "upstream": {"url": f"https://{name}.myshopify.com"},
        "site": {"key": f"key-{name}", "open": True, "currency": "EUR"},
        "adapter": {"client_id": CLIENT_ID, "client_secret_env": "TEST_SHOPIFY_SECRET"},
    }
    return Tenant.model_validate({**told, **changed})


def signed(body: bytes, secret: str = SECRET) -> str:
    """By the standard library alone: what the adapter makes is compared with it."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def classic(
    topic: str,
    said: object,
    *,
    shop: str = SHOP,
    secret: str = SECRET,
    headers: Mapping[str, str] | None = None,
) -> Delivery:
    """A classic webhook, as bytes or to be written as JSON."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    told = {
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": shop,
        "x-shopify-hmac-sha256": signed(body, secret),
        "x-shopify-api-version": "2026-10",
        "x-shopify-webhook-id": "webhook-1",
        "x-shopify-event-id": "event-1",
        "x-shopify-name": "subscription-1",
        "x-shopify-triggered-at": "2026-09-21T10:00:00.123456789Z",
        **(headers or {}),
    }
    return Delivery({name: value for name, value in told.items() if value}, None, body)


def next_gen(
    topic: str,
    action: str,
    resource: str,
    *,
    shop: str = SHOP,
    secret: str = SECRET,
    headers: Mapping[str, str] | None = None,
) -> Delivery:
    """A delivery of the next family."""
    changed: dict[str, list[str]] = {"added": [], "updated": [], "removed": []}
    said = {"topic": topic, "action": action, "handle": "h", "fields_changed": changed}
    body = json.dumps(said).encode()
    told = {
        "shopify-topic": topic,
        "shopify-action": action,
        "shopify-resource-id": resource,
        "shopify-shop-domain": shop,
        "shopify-hmac-sha256": signed(body, secret),
        "shopify-api-version": "2026-10",
        "shopify-webhook-id": "webhook-1",
        "shopify-event-id": "event-1",
        "shopify-handle": "h",
        "shopify-triggered-at": "2026-09-21T10:00:00Z",
        **(headers or {}),
    }
    return Delivery({name: value for name, value in told.items() if value}, None, body)


def claims(now: float = NOW, **changed: object) -> dict[str, object]:
    """Of a session token; what is ``None`` is left out."""
    told: dict[str, object] = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": CLIENT_ID,
        "sub": "42",
        "exp": int(now) + 60,
        "nbf": int(now),
        "iat": int(now),
        **changed,
    }
    return {name: value for name, value in told.items() if value is not None}


def token(
    now: float = NOW, secret: str = SECRET, changed: Mapping[str, object] | None = None
) -> str:
    return jwt.encode(claims(now, **(changed or {})), secret, algorithm="HS256")


def streamed(response: httpx.Response) -> httpx.Response:
    """As it comes from a socket: not read yet."""
    stream = httpx.ByteStream(response.content)
    return httpx.Response(response.status_code, headers=response.headers, stream=stream)
