"""The framework in one file: what a platform adapter gives, and what the core itself needs.

An adapter implements `CatalogPort`, `EventPort` and `RenderPort` and hands them over in a frozen
`Adapter`, made by the `AdapterFactory` its entry point in the group ``saccade.adapters`` names.
`StatePort`, `JournalPort` and `ModelPort` are ours. Protocols are structural: inherit or not.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from saccade.deliveries import CatalogPage, Delivery, Fact, Label
from saccade.domain import (
    Decision,
    DecisionRequest,
    Event,
    Experience,
    Exposure,
    Frozen,
    Identity,
    JsonObject,
    Moment,
    Op,
    Outcome,
    Product,
)
from saccade.state import Reservation, SignalBatch, Standing, State, Trail, ViewKey
from saccade.tenants import Tenant

# --- what an adapter implements -------------------------------------------------------------


class Call(Frozen, frozen=True):
    """A shopper's call as the gateway received it, identity already found and stripped."""

    tenant: str
    method: str
    path: str
    """Raw, percent-encoded as received."""
    query: str
    """Raw, without ``?`` and without our own parameters."""
    headers: Mapping[str, str]
    """Looked up by lower-case name; of repeated headers the first."""
    identity: Identity | None = None
    view: str | None = None


class CatalogPort(Protocol):
    """The platform's products. Asynchronous, and never on the page path."""

    async def changes(self, cursor: str | None) -> CatalogPage:
        """The page of changes after ``cursor``; ``None`` starts from nothing."""
        ...

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """Those of ``ids`` that exist, in any order."""
        ...


class EventPort(Protocol):
    """The platform's facts, by webhook or seen passing."""

    def verify(self, delivery: Delivery) -> bool:
        """Whether the raw bytes are authentic. Pure, constant time."""
        ...

    def label(self, delivery: Delivery) -> Label:
        """What tells a verified delivery from others. Pure and total: never raises."""
        ...

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """What a verified delivery says; nothing for topics the core ignores.

        Raises ValueError, which names the field, where it cannot be read.
        """
        ...

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        """Trusted facts in an answer seen passing: a 2xx order placement is an order.

        ``body`` is empty where it could not be read: its status still says what was accepted.
        """
        ...


class RenderPort(Protocol):
    """How a decision meets this platform's page. Pure functions, on the page path."""

    def read(self, call: Call) -> DecisionRequest | None:
        """What is to be decided for this call, or ``None``: it passes through untouched."""
        ...

    def merge(self, body: bytes, experience: Experience) -> bytes:
        """A new body with the experience in it and every byte of the platform's kept.

        Returns ``body`` itself where it cannot carry an experience.
        """
        ...


class Target(Frozen, frozen=True):
    """Where a call goes upstream: raw path and query, appended to the tenant's base URL."""

    path: str
    query: str
    own: bool = False
    """A route of ours: its answer always carries a block, the default where nothing is decided."""


class Capabilities(Frozen, frozen=True):
    """What an adapter can carry: campaigns asking for more are refused when they are read."""

    carriers: frozenset[str]
    operations: Mapping[Moment, frozenset[Op]]


class Credential(Protocol):
    """Our own right to call a platform. Synchronous: a page never waits for a token (OCC 16)."""

    def ready(self) -> str | None:
        """An ``Authorization`` value good now; ``None`` where there is none yet. Never raises."""
        ...

    def refused(self, authorization: str) -> None:
        """The platform took it for invalid: it is not given out again."""
        ...


class Adapter(Frozen, frozen=True):
    """A platform, whole: the three ports, what they can do, and where calls go."""

    name: str
    capabilities: Capabilities
    catalog: CatalogPort
    events: EventPort
    rendering: RenderPort
    target: Callable[[Call], Target | None]
    """Upstream rule; ``None`` refuses the call with 404 (outside the platform's base)."""
    paths: tuple[str, ...]
    """Path prefixes this adapter serves, such as ``/occ/v2/``."""
    credential: Credential | None = None
    """Put on calls of our own routes (`Target.own`) and on no shopper's."""
    revision: str = ""
    """Of whatever else than the tenant's settings it was built from, such as a file of its own:
    where it is another at a reload, the catalog is read anew."""


class AdapterFactory(Protocol):
    """What an entry point in ``saccade.adapters`` names."""

    name: str

    def identify(self, delivery: Delivery) -> str | None:
        """The tenant a delivery claims, before verification; ``None`` where it names none."""
        ...

    def build(self, tenant: Tenant) -> Adapter:
        """The adapter for one tenant; called lazily, kept, rebuilt when a setting changes."""
        ...


# --- what the core needs ---------------------------------------------------------------------


class StatePort(Protocol):
    """Hot state: sessions, profiles, caps, standing decisions. Each call is one round trip."""

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        """The states of ``keys``, in order, all in one round trip."""
        ...

    async def record(self, batches: Sequence[SignalBatch]) -> Sequence[State]:
        """Fold signals in, atomically by session, and answer the states after it.

        A batch with activity starts a session (counting a visit) or extends it; an idle one
        (`signals.IDLE` only) does neither and is dropped where no session lives. Without the
        visitor's consent, as `SignalBatch.opt_in` asks for it, nothing is stored (R60).
        """
        ...

    async def reserve(self, reservations: Sequence[Reservation]) -> Sequence[bool]:
        """Reserve caps atomically; false where a limit would be broken. Idempotent by decision."""
        ...

    async def stand(self, standings: Sequence[tuple[ViewKey, Standing]]) -> None:
        """Keep views' decisions for as long as a session lives."""
        ...

    async def commit(self, tenant: str, identity: Identity, decision_id: str, at: float) -> None:
        """An exposure makes the decision's reservation count; unknown decisions are ignored."""
        ...

    async def consent(self, tenant: str, identity: Identity, given: bool, at: float) -> None:
        """Keep a visitor's answer; a refusal drops session, caps and standing decisions."""
        ...

    async def forget(self, tenant: str, visitor: str) -> None:
        """Drop everything kept of a visitor."""
        ...

    async def trail(self, tenant: str, visitor: str) -> Trail:
        """Everything kept of a visitor, to be changed and given to `swap`."""
        ...

    async def swap(self, tenant: str, visitor: str, before: Trail, after: Trail) -> bool:
        """Put ``after`` in the place of all that is kept; false where that is not ``before``."""
        ...

    async def claim(self, tenant: str, person: str, visitor: str, at: float) -> str:
        """The visitor a person (``kind:hash``) is known as: who claimed it first."""
        ...

    async def unlink(self, tenant: str, people: Sequence[str]) -> None:
        """Know these people no more."""
        ...

    async def forget_tenant(self, tenant: str) -> None:
        """Drop everything kept of a tenant: a walk through all there is, which nobody waits for.

        One that fails on its way may be begun again.
        """
        ...

    async def ping(self) -> bool:
        """Whether the store answers now."""
        ...

    async def close(self) -> None:
        """Release connections, write snapshots."""
        ...


class JournalPort(Protocol):
    """Append-only record of decisions, exposures and outcomes, each its own row (R44)."""

    def decided(self, decision: Decision) -> None:
        """Hand over a decision: returns at once, durable within 100 ms. Never raises."""
        ...

    async def exposed(self, exposure: Exposure) -> None:
        """Returns when the exposure is durable."""
        ...

    async def followed(self, outcome: Outcome) -> None:
        """Returns when the outcome is durable."""
        ...

    async def find(self, tenant: str, decision_id: str) -> JsonObject | None:
        """A decision's record with ``exposures`` and ``outcomes``, or ``None``."""
        ...

    async def close(self) -> None:
        """Drain what was handed over, then close."""
        ...


class IntentModel(Protocol):
    """A classifier over one FeatureSet version."""

    @property
    def version(self) -> str:
        """Its name and the hash of its content."""
        ...

    @property
    def features(self) -> str:
        """Version of the feature set it reads."""
        ...

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of features (NaN is missing) to rows of probabilities in the order of `MODES`."""
        ...


class ModelPort(Protocol):
    """The model registry as the engine sees it."""

    def current(self) -> IntentModel | None:
        """The published model; ``None`` lets rules read the features (R22)."""
        ...
