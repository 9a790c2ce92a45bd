"""What stands around a delivery, in the words of either family of headers (Shopify 2)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple


class Told(NamedTuple):
    """A delivery's headers. Nothing of them is signed: only the body is."""

    signature: str
    topic: str
    """Lower-case, such as ``products/update``; the next family says ``product``."""
    shop: str | None
    next_gen: bool
    webhook_id: str
    event_id: str
    name: str
    """Of the subscription; the next family calls it its handle."""
    action: str
    resource: str
    """The next family's, a global id such as ``gid://shopify/Product/1``."""
    triggered_at: float | None


def told(headers: Mapping[str, str]) -> Told:
    """Of headers by lower-case name. The next family is told by its signature.

    Which family signs is the one that is read: a delivery cannot name one shop in each.
    """
    next_gen = "shopify-hmac-sha256" in headers
    prefix = "shopify-" if next_gen else "x-shopify-"

    def said(name: str) -> str:
        return headers.get(prefix + name, "").strip()

    return Told(
        signature=said("hmac-sha256"),
        topic=said("topic").lower(),
        shop=said("shop-domain").lower() or None,
        next_gen=next_gen,
        webhook_id=said("webhook-id"),
        event_id=said("event-id"),
        name=said("handle" if next_gen else "name"),
        action=said("action").lower(),
        resource=said("resource-id"),
        triggered_at=instant(said("triggered-at")),
    )


def instant(said: str | None) -> float | None:
    """Seconds since the epoch of an ISO 8601 time; one without a zone is UTC."""
    try:
        read = datetime.fromisoformat(said or "")
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
