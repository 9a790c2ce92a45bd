"""What the gateway asks of the rest of the house, as narrow protocols."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from saccade.deadline import Deadline
from saccade.domain import (
    Decision,
    DecisionRequest,
    Event,
    Experience,
    Identity,
    Preview,
    Reason,
    Served,
)
from saccade.tenants import Tenant

IdentityReader = Callable[[str, Tenant], Identity | None]
"""A token as sent, and the tenant whose secret signs it, to the identity it stands for."""

PreviewReader = Callable[[str, Tenant], Preview | None]
"""A preview's token as sent, and the tenant whose page it is on, to what it forces (R88)."""

EventSink = Callable[[Sequence[Event]], None]
"""Takes trusted facts seen passing: returns at once, never raises."""


class Decides(Protocol):
    """The engine, as far as the page path knows it."""

    def ask(self, request: DecisionRequest, deadline: Deadline) -> "asyncio.Future[Decision]":
        """Start deciding now; the future resolves by itself, with a default on failure."""
        ...

    def settle(self, decision: Decision, *, delivered: bool) -> None:
        """Journal a decision, once; ``delivered=False`` where the page went out without it."""
        ...

    def abandon(self, answer: "asyncio.Future[Decision]") -> None:
        """The page went out at the budget: what is decided later is journaled as TIMEOUT."""
        ...

    def fallback(self, request: DecisionRequest, reason: Reason) -> Experience | None:
        """What the page gets where no decision came (R23): a rule's, or ``None``, its default."""
        ...


class Metrics(Protocol):
    """Figures of the page path. Every method is called on it, so they must be cheap."""

    def page(self, ledger: Mapping[str, float], elapsed_ms: float) -> None:
        """One call answered: what each stage took, and all of it from receipt to sent, in ms."""
        ...

    def decided(self, reason: Reason, served: Served) -> None:
        """One answer that was to carry a decision, and what the page got."""
        ...

    def refused(self, status: int) -> None:
        """One call answered with a problem of our own; 502 is a platform that gave no answer."""
        ...


class Unmeasured:
    """Metrics that nobody reads."""

    def page(self, ledger: Mapping[str, float], elapsed_ms: float) -> None:
        """Forget it."""

    def decided(self, reason: Reason, served: Served) -> None:
        """Forget it."""

    def refused(self, status: int) -> None:
        """Forget it."""
