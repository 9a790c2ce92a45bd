"""Samples from a file: what was recorded of a platform, as TOML, for adapters without code.

A call is written as it is asked, ``"GET /api/products/7?lang=en"``, a body as text. What a delivery
says of a person is for samples written in Python.
"""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from pydantic import Field, ValidationError

from saccade.deliveries import CatalogPage, Fact, Refetch
from saccade.domain import Event, EventKind, Moment, Product
from saccade.strict import ConfigurationError, Strict, explained, read_toml
from saccade.testing.samples import (
    Answered,
    Consent,
    Page,
    Passing,
    Samples,
    Seen,
    Sent,
    Shop,
    event,
)

CallLine = Annotated[str, Field(pattern=r"^[A-Z]{3,7} /[^\s#]*$")]


class _Called(Strict):
    call: CallLine

    @property
    def method(self) -> str:
        return self.call.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.call.partition(" ")[2].partition("?")[0]

    @property
    def query(self) -> str:
        return self.call.partition("?")[2]


class _Page(_Called):
    call: Annotated[str, Field(pattern=r"^GET /[^\s#]*$")]
    moment: Moment
    subject: str | None = None
    body: str

    def sample(self) -> Page:
        return Page(
            path=self.path,
            query=self.query,
            moment=self.moment,
            subject=self.subject,
            body=self.body.encode(),
        )


class _Passing(_Called):
    body: str = "{}"

    def sample(self) -> Passing:
        return Passing(
            method=self.method, path=self.path, query=self.query, body=self.body.encode()
        )


class _Event(Strict):
    kind: EventKind
    at: float = 0.0
    visitor: str | None = None
    session: str | None = None
    product: str | None = None
    value: str | None = None
    currency: str | None = None
    reference: str | None = None

    def sample(self) -> Event:
        facts = self.model_dump(exclude={"kind", "at"})
        return msgspec.structs.replace(event(self.kind, **facts), at=self.at)


class _Seen(_Called):
    headers: dict[str, str] = Field(default_factory=dict)
    status: int = Field(default=201, ge=200, lt=300)
    body: str
    says: tuple[_Event, ...]

    def sample(self) -> Seen:
        return Seen(
            method=self.method,
            path=self.path,
            query=self.query,
            headers=_lower(self.headers),
            status=self.status,
            body=self.body.encode(),
            says=tuple(one.sample() for one in self.says),
        )


class _Consent(Strict):
    given: dict[str, str]
    refused: dict[str, str]
    garbled: tuple[dict[str, str], ...] = ()

    def sample(self) -> Consent:
        garbled = tuple(_lower(one) for one in self.garbled)
        return Consent(given=_lower(self.given), refused=_lower(self.refused), garbled=garbled)


class _Product(Strict):
    id: str
    name: str = ""
    categories: tuple[str, ...] = ()
    price: str | None = None
    currency: str | None = None
    in_stock: bool | None = None

    def sample(self) -> Product:
        return Product(**self.model_dump())


class _Delivery(Strict):
    headers: dict[str, str] = Field(default_factory=dict)
    signed: tuple[str, ...] = ()
    body: str
    events: tuple[_Event, ...] = ()
    products: tuple[_Product, ...] = ()
    removed: tuple[str, ...] = ()
    refetch: tuple[str, ...] = ()

    def sample(self) -> Sent:
        """Not signed yet: who knows the platform's signature does that."""
        says: list[Fact] = [one.sample() for one in self.events]
        if self.products or self.removed:
            says.append(CatalogPage(tuple(one.sample() for one in self.products), self.removed))
        if self.refetch:
            says.append(Refetch(self.refetch))
        signed = tuple(name.lower() for name in self.signed)
        headers = _lower(self.headers)
        return Sent(headers=headers, body=self.body.encode(), says=tuple(says), signed=signed)


class _Answered(_Called):
    asks: str = ""
    status: int = Field(default=200, ge=200, le=599)
    headers: dict[str, str] = Field(default_factory=lambda: {"content-type": "application/json"})
    body: str

    def sample(self) -> Answered:
        return Answered(
            method=self.method,
            path=self.path,
            query=self.query,
            asks=self.asks.encode(),
            status=self.status,
            headers=_lower(self.headers),
            body=self.body.encode(),
        )


class _Shop(Strict):
    answers: tuple[_Answered, ...]
    products: tuple[_Product, ...]

    def sample(self) -> Shop:
        answers = tuple(one.sample() for one in self.answers)
        return Shop(answers=answers, products=tuple(one.sample() for one in self.products))


class _Recorded(Strict):
    """The file. What is left out must be exempt, as in `Samples`."""

    tenant: dict[str, Any] = Field(default_factory=dict)  # Any: as TOML holds it
    other: dict[str, Any] = Field(default_factory=dict)  # Any: as TOML holds it
    environment: dict[str, str] = Field(default_factory=dict)
    other_environment: dict[str, str] = Field(default_factory=dict)
    pages: tuple[_Page, ...] = ()
    passing: tuple[_Passing, ...] = ()
    outside: tuple[str, ...] = ()
    hostile: tuple[dict[str, str], ...] = ()
    seen: tuple[_Seen, ...] = ()
    consent: _Consent | None = None
    deliveries: tuple[_Delivery, ...] = ()
    shop: _Shop | None = None
    later: _Shop | None = None
    unknown: str = "no-such-product"
    exempt: dict[str, str] = Field(default_factory=dict)


def recorded(path: Path) -> Samples:
    """Raises `saccade.strict.ConfigurationError`, which names the key and the fix."""
    if not path.is_file():
        fix = "record calls of the platform and its answers there, as saccade.testing.recorded says"
        raise ConfigurationError(str(path), "file", "does not exist", fix)
    try:
        read = _Recorded.model_validate(read_toml(path))
    except ValidationError as error:
        raise explained(path, error) from None
    return Samples(
        tenant=read.tenant,
        other=read.other,
        environment=read.environment,
        other_environment=read.other_environment,
        pages=tuple(one.sample() for one in read.pages),
        passing=tuple(one.sample() for one in read.passing),
        outside=read.outside,
        hostile=tuple(_lower(one) for one in read.hostile),
        seen=tuple(one.sample() for one in read.seen),
        consent=None if read.consent is None else read.consent.sample(),
        deliveries=tuple(one.sample() for one in read.deliveries),
        shop=None if read.shop is None else read.shop.sample(),
        later=None if read.later is None else read.later.sample(),
        unknown=read.unknown,
        exempt=read.exempt,
    )


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
