"""What happens in the shop, as a mapping says it: calls seen passing, and webhooks by topic."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, field_validator, model_validator

from saccade.domain import EventKind
from saccade.strict import Strict
from saccade_generic_rest.authentication import HeaderName
from saccade_generic_rest.minor_units import Decimals
from saccade_generic_rest.paths import CurrencyPath, Path
from saccade_generic_rest.signatures import Signature
from saccade_generic_rest.templates import CallText


class EventFields(Strict):
    """Where a fact's parts stand in a document."""

    product: Path | None = None
    value: Path | None = None
    value_decimals: Decimals = 0
    currency: CurrencyPath | None = None
    reference: Path | None = None
    """The order's, cart's or refund's own id."""


class SeenCall(EventFields):
    """A shopper's call that, answered with 2xx, is a fact (R50)."""

    call: CallText
    kind: Literal[
        EventKind.ORDER_PLACED, EventKind.ADD_TO_CART, EventKind.CART_CHANGED, EventKind.REFUND
    ]

    @field_validator("call")
    @classmethod
    def _changes(cls, call: str) -> str:
        if call.startswith("GET "):
            raise ValueError("name a call that changes something: the gateway watches no GET")
        return call


class TopicKind(StrEnum):
    """What a delivery of a topic says."""

    ORDER_PLACED = "order_placed"
    CART_CHANGED = "cart_changed"
    REFUND = "refund"
    PRODUCT_CHANGED = "product_changed"
    """The body holds the product, as `CatalogTable.item` would answer."""
    PRODUCT_TOUCHED = "product_touched"
    """The body names it, and it is asked for anew."""
    PRODUCT_REMOVED = "product_removed"
    ERASURE = "erasure"
    ACCESS = "access"


_OF_PRODUCTS = frozenset({TopicKind.PRODUCT_TOUCHED, TopicKind.PRODUCT_REMOVED})
_OF_PEOPLE = frozenset({TopicKind.ERASURE, TopicKind.ACCESS})


class Topic(EventFields):
    """One topic; what it says stands in the body below `root`."""

    kind: TopicKind
    root: Path | None = None
    at: Path | None = None
    """When it happened: RFC 3339, or seconds since the epoch."""
    shopper: Path | None = None
    """Our session token, where the shop keeps it with the order or cart."""
    consent: Path | None = None
    """The shopper's answer: true or false."""
    customer: Path | None = None
    email: Path | None = None
    phone: Path | None = None

    @model_validator(mode="after")
    def _names_what_it_is_about(self) -> "Topic":
        if self.kind in _OF_PRODUCTS and self.product is None:
            raise ValueError("add product, where the body names the product")
        people = self.customer or self.email or self.phone
        if self.kind in _OF_PEOPLE and not people:
            raise ValueError("add customer, email or phone, where the body names the person")
        return self


class EventsTable(Strict):
    """Webhooks: who signed them, what tells them apart, what they say."""

    signature: Signature
    topic_header: HeaderName | None = None
    topic: Path | None = None
    """The topic's name in the body, where no header has it."""
    key_header: HeaderName | None = None
    key: Path | None = None
    """What a delivery sent again has again; absent, ``webhook-id`` of Standard Webhooks, else the
    content."""
    version: Path | None = None
    """The platform's own time of the change, as `Topic.at`: the newest wins."""
    topics: dict[str, Topic] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_place(self) -> "EventsTable":
        if (self.topic_header is None) == (self.topic is None):
            raise ValueError("name topic_header or topic, one of them")
        if self.key_header is not None and self.key is not None:
            raise ValueError("name key_header or key, one of them")
        return self
