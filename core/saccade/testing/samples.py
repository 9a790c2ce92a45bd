"""What the author of an adapter shows of a platform, for the checks to work with.

An adapter's package says it in a module ``samples`` beside its factory, by a function ``samples``:
called anew for every run, so that what is signed with the time of day is signed now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from saccade.deliveries import Fact
from saccade.domain import Event, Moment, Product
from saccade.tenants import Tenant

Headers = Mapping[str, str]
"""By lower-case name."""

Table = Mapping[str, Any]  # Any: as ``tenant.toml`` holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A GET that is decided, and the platform's answer to it."""

    path: str
    query: str = ""
    moment: Moment
    subject: str | None = None
    """The product it is about, if it is about one."""
    body: bytes
    """One JSON object, as the platform sends it."""
    own: bool = False
    """A route of ours (`saccade.ports.Target.own`): it carries a block for nobody as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """A call that goes to the platform untouched, and its answer."""

    method: str = "GET"
    path: str
    query: str = ""
    body: bytes = b"{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A call whose answer, seen passing, tells facts: an order that was accepted (R50)."""

    method: str = "POST"
    path: str
    query: str = ""
    headers: Headers = field(default_factory=dict[str, str])
    status: int = 201
    body: bytes
    says: tuple[Event, ...]
    """`events` without tenant, time and shopper: those are the call's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """How a call carries the shopper's answer: headers that say yes, no, and nonsense (R60)."""

    given: Headers
    refused: Headers
    garbled: tuple[Headers, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An authentic delivery, and what it says."""

    headers: Headers
    body: bytes
    says: tuple[Fact, ...] = ()
    """Nothing, for a topic the core ignores. `Event.tenant` is filled in, and so is a time of 0."""
    signed: tuple[str, ...] = ()
    """Headers that the signature is, or covers: a change to any must be noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A call of the catalog's, as the platform answers it."""

    method: str = "GET"
    path: str
    query: str = ""
    """Parameters a call must have, among others."""
    asks: bytes = b""
    """What its body must contain."""
    status: int = 200
    headers: Headers = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A catalog at one time. Of several answers that fit a call the first is given; else 404."""

    answers: tuple[Answered, ...]
    products: tuple[Product, ...]
    """All of them, as the core is to know them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """One platform's. What is left out leaves checks without work: these must be exempt."""

    tenant: Table = field(default_factory=dict[str, Any])
    """``tenant.toml`` of a shop, as far as the adapter asks for it; never a real secret."""
    other: Table = field(default_factory=dict[str, Any])
    """Of a second shop, where it differs from the first: other secrets, another name."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables the two name, set while adapters are built."""
    other_environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of these, what is otherwise for the second."""
    pages: tuple[Page, ...] = ()
    passing: tuple[Passing, ...] = ()
    outside: tuple[str, ...] = ()
    """Paths that lead out of the platform's base."""
    hostile: tuple[Headers, ...] = ()
    """Headers the adapter reads, with what they should never hold."""
    seen: tuple[Seen, ...] = ()
    consent: Consent | None = None
    deliveries: tuple[Sent, ...] = ()
    shop: Shop | None = None
    later: Shop | None = None
    """The same after a day: something is new, something changed, something gone."""
    unknown: str = "no-such-product"
    """A product's id the shop does not have."""
    exempt: Mapping[str, str] = field(default_factory=dict[str, str])
    """Checks that do not hold here, by id or by family (``delivery.*``), each with the reason."""


Sampler = Callable[[Tenant | None], Samples]
"""What ``samples`` is. A tenant is given where a real one's settings are to be certified: an
adapter whose platform stands in its settings (a mapping) takes them from there."""


def event(kind: Any, **facts: Any) -> Event:  # Any: as `Event` itself
    """An event as a sample says it: tenant, time and shopper are the kit's to fill in."""
    return Event(tenant="", kind=kind, at=0.0, trusted=True, **facts)
