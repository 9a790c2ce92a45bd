"""What tells one delivery from another, and which resource it says the state of."""

import hashlib

from saccade.deliveries import Label
from saccade_shopify.headers import Told, instant
from saccade_shopify.payloads import Dated, decoded, hashed, plain
from saccade_shopify.topics import UNINSTALLED

_BY_ID = frozenset({"products"})
_BY_TOKEN = frozenset({"carts", "checkouts"})


def label(told: Told, body: bytes) -> Label:
    """Total: what cannot be read has no resource, and is processed as it comes.

    The next family repeats a delivery with its webhook id. The classic one is told by the event's
    id, where there is one: two subscriptions hear of one event with a webhook id each.
    """
    try:
        dated = decoded(body, Dated)
    except ValueError:
        dated = Dated()
    resource = _resource(told, dated)
    version = instant(dated.updated_at)
    return Label(
        key=_key(told, body),
        topic=told.topic,
        resource=resource,
        version=told.triggered_at if version is None else version,
    )


def _key(told: Told, body: bytes) -> str:
    """The shop is the tenant, of which a key is unique anyway."""
    if told.next_gen and told.webhook_id:
        parts: tuple[str, ...] = ("webhook", told.webhook_id)
    elif told.event_id:
        parts = ("event", told.topic, told.name, told.event_id)
    elif told.webhook_id:
        parts = ("webhook", told.webhook_id)
    else:
        parts = ("body", told.topic, hashlib.sha256(body).hexdigest())
    said = "\n".join(parts).encode("utf-8", "replace")
    return hashlib.blake2b(said, digest_size=16, person=b"delivery").hexdigest()


def _resource(told: Told, dated: Dated) -> str | None:
    """Orders, refunds and compliance are no states: none of them takes another's place."""
    if told.next_gen:
        return _of_gid(told)
    family = told.topic.partition("/")[0]
    if family in _BY_ID:
        return _named(family, plain(dated.id))
    if family in _BY_TOKEN:
        return _named(family, hashed(dated.token or plain(dated.id)))
    if told.topic == "inventory_levels/update":
        places = (plain(dated.inventory_item_id), plain(dated.location_id))
        return "/".join(("inventory_levels", *filter(None, places))) if all(places) else None
    return "app" if told.topic == UNINSTALLED else None


def _of_gid(told: Told) -> str | None:
    """As the classic family names it, so that a newer one of either wins."""
    name = plain(told.resource)
    if told.topic == "product":
        return _named("products", name)
    return _named(told.topic, name)


def _named(family: str, name: str | None) -> str | None:
    return None if name is None else f"{family}/{name}"
