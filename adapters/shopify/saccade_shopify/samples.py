"""Shopify's deliveries, signed by a secret of the kit's own, for `saccade certify shopify`.

No page and no catalog is here: pages never pass us, and a catalog needs a shop's token.
"""

import base64
import hashlib
import hmac

from saccade.deliveries import CatalogPage, Departure, Fact, Refetch
from saccade.domain import EventKind
from saccade.tenants import Tenant
from saccade.testing import Samples, Sent, event

_SECRET = "the-kits-own-client-secret"  # noqa: S105 - made up: no shop has it
_VARIABLE = "CERTIFIED_CLIENT_SECRET"
_SIGNATURE = "x-shopify-hmac-sha256"

_BESIDE = "no page passes us: the theme's app embed asks /v1/experience and renders by itself"
_TOKEN = "the catalog is read with a shop's token, which only a hosting server keeps"  # noqa: S105 - a sentence
_TESTED = f"{_TOKEN}; tests/adapters/shopify/test_catalog.py reads one"


def samples(tenant: Tenant | None = None) -> Samples:
    """For the shop that the tenant is."""
    name = "certified-shop" if tenant is None else tenant.name
    adapter = {"client_id": "certified", "client_secret_env": _VARIABLE}
    passing = ("call.*", "merge.*", "page.*", "chaos.*", "consent.*", "observe.*")
    return Samples(
        tenant={"name": name, "adapter": adapter},
        other={"name": f"{name[:55]}-other"},
        environment={_VARIABLE: _SECRET},
        outside=("/", "/apps/saccade/", "/admin/api/graphql.json", "/products/lamp"),
        deliveries=_deliveries(f"{name}.myshopify.com"),
        exempt={
            **dict.fromkeys((*passing, "tenants.pages", "tenants.observed"), _BESIDE),
            **dict.fromkeys(("catalog.*", "tenants.catalogs"), _TESTED),
        },
    )


def _deliveries(shop: str) -> tuple[Sent, ...]:
    paid = b'{"id":1001,"total_price":"19.90","currency":"EUR"}'
    back = (
        b'{"id":7,"order_id":1001,"transactions":'
        b'[{"kind":"refund","status":"success","amount":"19.90","currency":"EUR"}]}'
    )
    order = event(EventKind.ORDER_PLACED, value="19.90", currency="EUR", reference="1001")
    refund = event(EventKind.REFUND, value="19.90", currency="EUR", reference="1001")
    return (
        _signed(shop, "orders/paid", "1", paid, order),
        _signed(shop, "refunds/create", "2", back, refund),
        _signed(shop, "products/delete", "3", b'{"id":5}', CatalogPage((), ("5",))),
        _signed(
            shop,
            "inventory_levels/update",
            "4",
            b'{"inventory_item_id":9}',
            Refetch(("gid://shopify/InventoryItem/9",)),
        ),
        _signed(shop, "app/uninstalled", "5", b'{"id":1}', Departure(purge=False)),
        _signed(shop, "themes/publish", "6", b'{"id":2}'),
    )


def _signed(shop: str, topic: str, number: str, body: bytes, *says: Fact) -> Sent:
    """As Shopify signs the body, and nothing else (Shopify 1)."""
    digest = hmac.new(_SECRET.encode(), body, hashlib.sha256).digest()
    headers = {
        _SIGNATURE: base64.b64encode(digest).decode(),
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": shop,
        "x-shopify-webhook-id": f"webhook-{number}",
        "x-shopify-event-id": f"event-{number}",
    }
    return Sent(headers=headers, body=body, says=says, signed=(_SIGNATURE,))
