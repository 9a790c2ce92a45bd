"""A platform of the tests' own that posts webhooks, signed by HMAC-SHA-256 over the raw body.

Its pages are OCC's. It stands alone, so that a process finds it by an entry point of its own.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from saccade.deliveries import (
    CatalogPage,
    Delivery,
    Departure,
    Fact,
    Label,
    PersonalData,
    Refetch,
)
from saccade.domain import Event, EventKind, JsonObject, Product
from saccade.ports import Adapter, Call
from saccade.tenants import Tenant
from saccade_sap_occ import factory as occ

SECRET = "a secret of the tests' own"  # noqa: S105 - guards nothing


def signed(
    body: bytes | JsonObject,
    key: str = "d-1",
    *,
    tenant: str = "lab",
    topic: str = "orders/create",
    resource: str | None = None,
    version: float | None = None,
    secret: str = SECRET,
) -> tuple[dict[str, str], bytes]:
    """Headers and body of one delivery."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "content-type": "application/json",
        "x-posting-tenant": tenant,
        "x-posting-id": key,
        "x-posting-topic": topic,
        "x-posting-signature": hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest(),
    }
    if resource is not None:
        headers["x-posting-resource"] = resource
    if version is not None:
        headers["x-posting-version"] = repr(version)
    return headers, raw


def order(number: int | str, session: str = "s1") -> JsonObject:
    """An order of a shopper."""
    told = {"kind": "order", "id": str(number), "session": session, "visitor": session}
    return {**told, "value": "10.00", "currency": "EUR"}


class PostingEvents:
    """Counts how often what is sent was looked into."""

    def __init__(self, tenant: str, secret: str) -> None:
        self._tenant = tenant
        self._secret = secret.encode()
        self.looked = 0

    def verify(self, delivery: Delivery) -> bool:
        """By the raw bytes alone."""
        right = hmac.new(self._secret, delivery.body, hashlib.sha256).hexdigest()
        told = delivery.headers.get("x-posting-signature", "")
        return hmac.compare_digest(right.encode(), told.encode("utf-8", "replace"))

    def label(self, delivery: Delivery) -> Label:
        """All of it stands in headers."""
        self.looked += 1
        version = delivery.headers.get("x-posting-version")
        return Label(
            key=delivery.headers.get("x-posting-id", ""),
            topic=delivery.headers.get("x-posting-topic", ""),
            resource=delivery.headers.get("x-posting-resource"),
            version=None if version is None else float(version),
        )

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """By its kind; poison cannot be read, now or ever."""
        self.looked += 1
        told: JsonObject = json.loads(delivery.body)
        match told["kind"]:
            case "order":
                return (self._order(told),)
            case "product":
                product = Product(told["id"], name=told["name"], price=told.get("price"))
                return (CatalogPage((product,)),)
            case "gone":
                return (CatalogPage((), (told["id"],)),)
            case "refetch":
                return (Refetch(tuple(told["ids"])),)
            case "person":
                people, references = tuple(told["people"]), tuple(told.get("references", ()))
                return (PersonalData(told["right"], people, references),)
            case "leave":
                return (Departure(told["purge"], told.get("returned", False)),)
            case "nothing":
                return ()
            case _:
                raise ValueError("kind: is none that is known")

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """Nothing is seen passing."""
        return ()

    def _order(self, told: Mapping[str, str]) -> Event:
        return Event(
            tenant=self._tenant,
            kind=EventKind.ORDER_PLACED,
            at=time.time(),
            visitor=told.get("visitor"),
            session=told.get("session"),
            value=told.get("value"),
            currency=told.get("currency"),
            reference=told.get("id"),
            trusted=True,
        )


class PostingCatalog:
    """Gives any product by its id, but ``none``; ``hangs`` takes for ever."""

    async def changes(self, cursor: str | None) -> CatalogPage:
        return CatalogPage(())

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        if "hangs" in ids:
            await asyncio.sleep(3_600)
        return [Product(one, name=f"fetched {one}") for one in ids if one != "none"]


class PostingFactory:
    """Named by an entry point of the tests' own."""

    name = "posting"

    def identify(self, delivery: Delivery) -> str | None:
        return delivery.headers.get("x-posting-tenant")

    def build(self, tenant: Tenant) -> Adapter:
        own = {name: value for name, value in tenant.adapter.items() if name != "secret"}
        pages = occ.build(tenant.model_copy(update={"adapter": own}))
        events = PostingEvents(tenant.name, str(tenant.adapter.get("secret", SECRET)))
        return replace(pages, name=self.name, events=events, catalog=PostingCatalog())


factory = PostingFactory()
