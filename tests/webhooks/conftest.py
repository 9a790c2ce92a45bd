"""An inbox in a file, with its door and its worker, and effects that are written down."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

import making
from conftest import RedisServer
from saccade.domain import Event, JsonObject, Product
from saccade.ports import Adapter, AdapterFactory
from saccade_webhooks.backoff import Backoff
from saccade_webhooks.counting import Counters
from saccade_webhooks.distributing import Distributor, Polling
from saccade_webhooks.following import Follower
from saccade_webhooks.inbox import Inbox
from saccade_webhooks.processing import Processor
from saccade_webhooks.receiving import Door
from saccade_webhooks.streaming import Streams
from webhooks import posting
from webhooks.posting import PostingEvents

TENANTS = ("lab", "other")


class Shops:
    """`Platforms` of two tenants with secrets of their own."""

    def __init__(self) -> None:
        shops = [making.tenant(name=name) for name in TENANTS]
        shops = [
            shop.model_copy(update={"adapter": {"secret": secret_of(shop.name)}}) for shop in shops
        ]
        self.adapters = {shop.name: posting.factory.build(shop) for shop in shops}

    def factory(self, adapter: str) -> AdapterFactory | None:
        return posting.factory if adapter == "posting" else None

    def adapter(self, adapter: str, tenant: str) -> Adapter | None:
        return self.adapters.get(tenant) if adapter == "posting" else None

    @property
    def looked(self) -> int:
        """How often anything that was sent was looked into."""
        events = (one.events for one in self.adapters.values())
        return sum(each.looked for each in events if isinstance(each, PostingEvents))


def secret_of(tenant: str) -> str:
    return posting.SECRET if tenant == "lab" else f"{posting.SECRET}, {tenant}"


@dataclass
class Written:
    """`Effects` in the order they came; `fault` is asked before each."""

    said: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    fault: Callable[[], Exception | None] = lambda: None

    async def happened(self, events: Sequence[Event]) -> None:
        self._may()
        self.said += [("event", one.tenant, one.kind, str(one.reference)) for one in events]

    async def told(self, tenant: str, products: Sequence[Product], removed: Sequence[str]) -> None:
        self.said += [("product", tenant, one.id, one.name) for one in products]
        self.said += [("removed", tenant, one) for one in removed]

    async def export(
        self, tenant: str, people: Sequence[str], references: Sequence[str], name: str
    ) -> None:
        self._may()
        self.said.append(("export", tenant, *people, *references, name))

    async def erase(self, tenant: str, people: Sequence[str], references: Sequence[str]) -> None:
        self._may()
        self.said.append(("erase", tenant, *people, *references))

    async def departed(self, tenant: str, *, purge: bool) -> None:
        self._may()
        self.said.append(("departed", tenant, "purge" if purge else "stay"))

    async def forgotten(self, tenant: str) -> None:
        self._may()
        self.said.append(("forgotten", tenant))

    def of(self, kind: str) -> list[tuple[str, ...]]:
        return [one[1:] for one in self.said if one[0] == kind]

    def _may(self) -> None:
        if (error := self.fault()) is not None:
            raise error


def polling(inbox: Inbox) -> Distributor:
    return Polling(inbox, 0.02)


class Post:
    """One process's part of it."""

    distributed: Callable[[Inbox], Distributor] = staticmethod(polling)

    def __init__(self, url: str) -> None:
        self.registry = CollectorRegistry()
        self.counters = Counters(self.registry)
        self.inbox = Inbox(url)
        self.shops = Shops()
        self.effects = Written()
        self.distributor = self.distributed(self.inbox)
        self.door = Door(self.inbox, self.shops, self.counters, self.distributor)

    async def send(
        self,
        body: bytes | JsonObject,
        key: str = "d-1",
        *,
        tenant: str = "lab",
        resource: str | None = None,
        version: float | None = None,
    ) -> bool:
        """As the platform sends it; whether it is new."""
        headers, raw = posting.signed(
            *(body, key),
            tenant=tenant,
            resource=resource,
            version=version,
            secret=secret_of(tenant),
        )
        return await self.door.receive("posting", None, headers, raw)

    @contextlib.asynccontextmanager
    async def working(
        self, *, attempts: int = 3, patience_s: float = 30.0
    ) -> AsyncGenerator[Processor]:
        """Deliveries are processed while the block runs, failed ones again at once."""
        backoff = Backoff(attempts, wait=lambda _: 0.01, soon_s=0.01)
        processor = Processor(
            *(self.inbox, self.shops, self.effects, self.counters),
            distributor=self.distributor,
            backoff=backoff,
            patience_s=patience_s,
        )
        tasks = [
            asyncio.create_task(processor.run()),
            asyncio.create_task(Follower(self.inbox, self.effects, 0.05).run()),
        ]
        streams = self.distributor if isinstance(self.distributor, Streams) else None
        if streams is not None:
            tasks.append(asyncio.create_task(streams.run()))
        try:
            yield processor
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            if streams is not None:
                await streams.close()
            assert [one for one in ended if not isinstance(one, asyncio.CancelledError)] == []

    async def settled(self, patience_s: float = 20.0) -> None:
        """Wait until nothing waits."""
        async with asyncio.timeout(patience_s):
            while (await self.inbox.backlog())[0]:  # noqa: ASYNC110 - the records alone tell
                await asyncio.sleep(0.01)

    def counted(self, what: str, **labels: str) -> float:
        name = f"saccade_webhooks_{what}_total"
        return self.registry.get_sample_value(name, {"adapter": "posting", **labels}) or 0.0


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'inbox.db'}"


@pytest.fixture
async def redis(own_redis: RedisServer) -> AsyncIterator[Any]:  # Any: redis-py is typed in part
    """The test's own Redis, to be looked into and broken."""
    client: Any = Redis(port=own_redis.port)
    yield client
    await client.aclose()


@pytest.fixture
async def post(url: str) -> AsyncIterator[Post]:
    made = Post(url)
    yield made
    await made.inbox.close()
