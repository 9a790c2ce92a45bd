"""A REST platform's facts: webhooks of the mapping's topics, and calls seen passing."""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from saccade.deliveries import CatalogPage, Delivery, Fact, Label, PersonalData, Refetch
from saccade.domain import Event, EventKind
from saccade.joining import By
from saccade.ports import Call
from saccade_generic_rest.documents import (
    NoFactError,
    amount,
    currency,
    identifier,
    moment,
    product,
    truth,
)
from saccade_generic_rest.paths import Json, JsonPath, decoded
from saccade_generic_rest.rendering import Consent
from saccade_generic_rest.settings import RestSettings
from saccade_generic_rest.signatures import StandardWebhooks
from saccade_generic_rest.templates import CallTemplate
from saccade_generic_rest.topics import EventFields, EventsTable, SeenCall, Topic, TopicKind

T = TypeVar("T")

_LONGEST_HEADER = 128
"""Characters of a delivery's name that are kept as they are."""

_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,64})(?:\.([A-Za-z0-9_-]{1,64}))?(?:\.[0-9a-f]{32})?")
"""Our session token; the shop, who signed the delivery, vouches for it."""

_CARTS = frozenset({EventKind.CART_CHANGED, EventKind.ADD_TO_CART})
"""A cart's id may open the cart: only its hash is kept."""

_ONCE = frozenset({EventKind.ORDER_PLACED, EventKind.REFUND})
"""Money: told twice without its own id it would count twice."""

_RIGHTS = frozenset({TopicKind.ERASURE, TopicKind.ACCESS})
_NOT_OF_A_NUMBER = re.compile(r"[^+0-9]")


class RestEvents:
    """What a verified delivery or an accepted call says, as the mapping reads it."""

    def __init__(self, settings: RestSettings, clock: Callable[[], float] = time.time) -> None:
        mapping = settings.mapping
        self._settings = settings
        self._table = mapping.events
        self._seen = tuple((CallTemplate(seen.call), seen) for seen in mapping.seen)
        self._consent = Consent(mapping.consent)
        self._clock = clock
        self._key_header = _key_header(mapping.events)
        self._begun, self._began = clock(), time.monotonic()

    # --- deliveries -----------------------------------------------------------------------

    def verify(self, delivery: Delivery) -> bool:
        """By the mapping's signature; without one nothing can be told from a forgery."""
        if self._table is None:
            return False
        secret = self._settings.signing.get_secret_value().encode("ascii")
        return self._table.signature.genuine(delivery, secret, self._times())

    def _times(self) -> tuple[float, float]:
        """The time by the clock, and by what it said at the start: one that jumps while the server
        runs makes no delivery old (F26). A delivery that is sent again the inbox knows."""
        return self._clock(), self._begun + (time.monotonic() - self._began)

    def label(self, delivery: Delivery) -> Label:
        """By the platform's own name of the delivery, else by its content."""
        digest = hashlib.blake2b(delivery.body, digest_size=16, person=b"delivery").hexdigest()
        if self._table is None:
            return Label(key=digest, topic="")
        try:
            document = decoded(delivery.body)
        except ValueError:
            document = None
        said = _header(delivery, self._key_header) or _text(self._table.key, document)
        name = self._topic_name(delivery, document)
        topic = self._table.topics.get(name)
        version = _soft(moment, self._table.version, document)
        return Label(
            key=said or digest,
            topic=name,
            resource=None if topic is None else self._resource(topic, _below(topic, document)),
            version=version,
        )

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """The topic's fact; nothing for topics the mapping does not name."""
        if self._table is None:
            return ()
        document = decoded(delivery.body)
        topic = self._table.topics.get(self._topic_name(delivery, document))
        if topic is None:
            return ()
        found = _below(topic, document)
        if topic.root is not None and found is None:
            raise ValueError("root: missing")
        return (self._fact(topic, found),)

    def _fact(self, topic: Topic, document: Json) -> Fact:
        kind = topic.kind
        if kind in _RIGHTS:
            return _right(topic, document)
        if kind is TopicKind.PRODUCT_CHANGED:
            table = self._settings.mapping.catalog
            read = product(table.fields, document, table.price_decimals)
            if read.product is None:
                raise ValueError(f"catalog.fields.id: {read.problems[0]}")
            return CatalogPage((read.product,), skipped=read.problems)
        if kind in {TopicKind.PRODUCT_TOUCHED, TopicKind.PRODUCT_REMOVED}:
            code = _hard("product", identifier, topic.product, document)
            if code is None:
                raise ValueError("product: missing")
            touched = kind is TopicKind.PRODUCT_TOUCHED
            return Refetch((code,)) if touched else CatalogPage((), removed=(code,))
        shopper = _TOKEN.fullmatch(_text(topic.shopper, document))
        at = _hard("at", moment, topic.at, document)
        event = Event(
            tenant=self._settings.tenant,
            kind=EventKind(kind.value),
            at=self._clock() if at is None else at,
            visitor=shopper[1] if shopper else None,
            session=(shopper[2] or shopper[1]) if shopper else None,
            trusted=True,
            consent=_hard("consent", truth, topic.consent, document),
        )
        return _filled(event, topic, document, strict=True)

    def _topic_name(self, delivery: Delivery, document: Json) -> str:
        if self._table is None:
            return ""
        header = _header(delivery, self._table.topic_header)
        return header or _text(self._table.topic, document)

    def _resource(self, topic: Topic, document: Json) -> str | None:
        """A product's state is replaced by a newer one; an order's placement is not."""
        if topic.kind is TopicKind.PRODUCT_CHANGED:
            code = _soft(identifier, self._settings.mapping.catalog.fields.id, document)
        elif topic.kind in {TopicKind.PRODUCT_TOUCHED, TopicKind.PRODUCT_REMOVED}:
            code = _soft(identifier, topic.product, document)
        else:
            return None
        return None if code is None else f"products/{code}"

    # --- calls seen passing ---------------------------------------------------------------

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """A call the mapping names, answered with 2xx; a shopper who says no is not followed."""
        if not 200 <= status < 300:  # noqa: PLR2004 - a 2xx is the rule's own wording (R50)
            return ()
        for template, seen in self._seen:
            found = template.match(call)
            if found is not None:
                answer = self._consent.of(call)
                return () if answer is False else (self._event(call, seen, found, answer, body),)
        return ()

    def _event(
        self, call: Call, seen: SeenCall, found: dict[str, str], answer: bool | None, body: bytes
    ) -> Event:
        """An answer that cannot be read was accepted all the same."""
        try:
            document = decoded(body)
        except ValueError:
            document = None
        event = Event(
            tenant=call.tenant,
            kind=seen.kind,
            at=self._clock(),
            visitor=call.identity.visitor if call.identity else None,
            session=call.identity.session if call.identity else None,
            product=_usable(found.get("product")),
            trusted=True,
            consent=answer,
        )
        return _filled(event, seen, document, strict=False)


def _filled(event: Event, fields: EventFields, document: Json, *, strict: bool) -> Event:
    """The event with what the document says; ``strict`` raises ValueError for what is no fact."""
    read = _hard if strict else _lenient
    unit = read("currency", currency, fields.currency, document)
    reference = read("reference", identifier, fields.reference, document)
    if reference is not None and event.kind in _CARTS:
        reference = hashlib.blake2b(reference.encode(), digest_size=16, person=b"cart").hexdigest()
    filled = msgspec.structs.replace(
        event,
        product=read("product", identifier, fields.product, document) or event.product,
        value=read(
            "value",
            lambda value: amount(value, fields.value_decimals, unit),
            fields.value,
            document,
        ),
        currency=unit,
        reference=reference,
    )
    if strict and reference is None and fields.reference and event.kind in _ONCE:
        raise ValueError("reference: missing")
    return filled


def _hard(name: str, make: Callable[[Json], T], path: JsonPath | None, document: Json) -> T | None:
    """A fact; ``None`` where nothing stands there. Raises ValueError, which names the field."""
    value = None if path is None else path.of(document)
    try:
        return None if value is None else make(value)
    except NoFactError as error:
        raise ValueError(f"{name}: {error}") from None


def _lenient(
    name: str, make: Callable[[Json], T], path: JsonPath | None, document: Json
) -> T | None:
    del name
    return _soft(make, path, document)


def _soft(make: Callable[[Json], T], path: JsonPath | None, document: Json) -> T | None:
    """A fact; ``None`` where there is none."""
    try:
        return _hard("", make, path, document)
    except ValueError:
        return None


def _text(path: JsonPath | None, document: Json) -> str:
    return _soft(identifier, path, document) or ""


def _usable(code: str | None) -> str | None:
    return _soft(identifier, JsonPath("@"), code)


def _key_header(table: EventsTable | None) -> str | None:
    """Whose value tells deliveries apart."""
    if table is None or table.key is not None or table.key_header is not None:
        return table.key_header if table else None
    return "webhook-id" if isinstance(table.signature, StandardWebhooks) else None


def _header(delivery: Delivery, name: str | None) -> str:
    said = "" if name is None else delivery.headers.get(name.lower(), "")
    if len(said) <= _LONGEST_HEADER:
        return said
    return hashlib.blake2b(said.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _below(topic: Topic, document: Json) -> Json:
    return document if topic.root is None else topic.root.of(document)


def _right(topic: Topic, document: Json) -> PersonalData:
    """Of the person by all they may be known by here, in the form ``/v1/identify`` takes."""
    people: list[str] = []
    if customer := _hard("customer", identifier, topic.customer, document):
        people.append(f"{By.CUSTOMER}:{customer}")
    if email := _hard("email", identifier, topic.email, document):
        people.append(f"{By.EMAIL}:{_sha256(email.strip().lower())}")
    if phone := _hard("phone", identifier, topic.phone, document):
        people.append(f"{By.PHONE}:{_sha256(_NOT_OF_A_NUMBER.sub('', phone))}")
    if not people:
        raise ValueError("customer, email or phone: missing")
    reference = _hard("reference", identifier, topic.reference, document)
    references = () if reference is None else (reference,)
    return PersonalData(
        "erasure" if topic.kind is TopicKind.ERASURE else "access", tuple(people), references
    )


def _sha256(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()
