"""What the routes share: the parts one server is made of, put together in `wiring`."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from aiohttp import web

from saccade.breaker import GuardedState
from saccade.domain import JsonObject
from saccade.engine import Engine
from saccade.joining import Joining
from saccade.people import Remembers
from saccade.ports import JournalPort, ModelPort
from saccade.revoking import Consents
from saccade_gateway.arrival import TrustedHops
from saccade_gateway.outages import Outages
from saccade_server.buckets import Buckets
from saccade_server.metrics import Metrics
from saccade_server.pulse import Pulse
from saccade_server.sites import Sites
from saccade_webhooks.inbox import Inbox
from saccade_webhooks.receiving import Door

BEGINNINGS_PER_S, MOST_BEGINNINGS = 2.0, 60.0


class Phase(StrEnum):
    """Of a server's life: only a ready one wants traffic."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class ObservedJournal(JournalPort, Remembers, Protocol):
    """A journal that tells how it does."""

    @property
    def depth(self) -> int:
        """Decisions handed over and not yet durable."""
        ...

    @property
    def dropped(self) -> int:
        """Decisions given up since the start."""
        ...

    @property
    def healthy(self) -> bool:
        """Whether the last write was taken."""
        ...


class Explains(Protocol):
    """Says why a decision was made."""

    async def explain(self, record: JsonObject) -> JsonObject:
        """``because``, and the ``contributions`` of features, of a journal's record."""
        ...


@dataclass(slots=True)
class House:
    """One server's parts. Only ``phase`` changes, and `sites` and `refused` at a reload."""

    sites: Sites
    engine: Engine
    state: GuardedState
    journal: ObservedJournal
    models: ModelPort
    explainer: Explains
    metrics: Metrics
    buckets: Buckets = field(default_factory=Buckets)
    beginnings: Buckets = field(default_factory=lambda: Buckets(BEGINNINGS_PER_S, MOST_BEGINNINGS))
    """Sessions begun at an address: an office of shoppers has one, and so has a flood (R68)."""
    pulse: Pulse = field(default_factory=Pulse)
    refused: dict[str, str] = field(default_factory=dict[str, str])
    """Why what was last read anew is not what is served, by part (F21, F35)."""
    outages: Outages = field(default_factory=Outages)
    """Tenants whose platform gives shoppers no answers: the gateway's own account (F20)."""
    unsynced: set[str] = field(default_factory=set[str])
    """Tenants whose platform gave no catalog when last asked."""
    synced: dict[str, float] = field(default_factory=dict[str, float])
    """When tenants' catalogs were last read to their end, by the monotonic clock."""
    catalogs: Path | None = None
    """Where they are kept, if anywhere."""
    under_way: set[asyncio.Task[web.Response]] = field(
        default_factory=set[asyncio.Task[web.Response]]
    )
    """Calls being served, their callers perhaps gone."""
    hops: TrustedHops = field(default_factory=TrustedHops)
    """The proxies before us whose word on addresses is taken."""
    inbox: Inbox | None = None
    """Where webhooks are kept until they are worked off."""
    door: Door | None = None
    """Where they come in."""
    phase: Phase = Phase.STARTING
    clock: Callable[[], float] = time.time
    """That of decisions."""
    joining: Joining = field(init=False)
    consents: Consents = field(init=False)

    def __post_init__(self) -> None:
        """Put together what needs nothing of its own."""
        self.joining = Joining(self.engine.tenants, self.state, self.clock)
        self.consents = Consents(self.joining, self.state, self.journal, self.clock)


HOUSE = web.AppKey("house", House)
