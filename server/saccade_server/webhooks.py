"""The inbox in this server: whose deliveries it takes, and what their facts come to."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncGenerator, Collection, Generator, Iterable, Sequence
from pathlib import Path

import msgspec
import structlog

from saccade.breaker import StateUnavailable
from saccade.domain import Event, Product
from saccade.outcomes import NotKeptError, TrustedEvents
from saccade.people import People
from saccade.ports import Adapter, AdapterFactory
from saccade.stores.journal import JournalUnavailable
from saccade_server.beside import beside
from saccade_server.house import House
from saccade_server.settings import SettingError, Settings
from saccade_server.tenancy import adapter_factory, with_files
from saccade_server.tenants import Tenants
from saccade_webhooks.counting import Counters
from saccade_webhooks.distributing import Distributor, Polling
from saccade_webhooks.effects import Leaves, NotNow
from saccade_webhooks.following import Follower
from saccade_webhooks.inbox import Inbox, InboxUnavailable
from saccade_webhooks.processing import Processor
from saccade_webhooks.receiving import Door
from saccade_webhooks.stream import Stream, stream_key
from saccade_webhooks.streaming import Streams

LOOK_S = 1.0
"""How often the backlog is counted."""
TIDY_S = 600.0
JUMP_S = 3_600.0
"""A clock that moved by so much more or less than time did is not believed: nothing is let go."""

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def inbox_open(
    settings: Settings, house: House, tenants: Tenants, events: TrustedEvents
) -> AsyncGenerator[None]:
    """Deliveries are taken in and worked off while the block runs."""
    inbox = Inbox(settings.inbox_url)
    platforms = ServedPlatforms(tenants, with_files(settings.config))
    counters = Counters(house.metrics.registry)
    effects = ServerEffects(house, tenants, events, platforms, settings.data / "exports")
    try:
        async with distributing(settings, inbox) as distributor:
            door = Door(inbox, platforms, counters, distributor)
            processor = Processor(inbox, platforms, effects, counters, distributor=distributor)
            house.inbox, house.door = inbox, door
            async with (
                beside(processor.run()),
                beside(Follower(inbox, effects).run()),
                beside(_look(inbox, counters)),
                beside(_tidy(inbox)),
            ):
                yield
    finally:
        await inbox.close()


@contextlib.asynccontextmanager
async def distributing(settings: Settings, inbox: Inbox) -> AsyncGenerator[Distributor]:
    """By Redis Streams where there is a Redis, on connections that no page shares."""
    if not settings.shares_state:
        yield Polling(inbox)
        return
    key = stream_key(settings.inbox_url)
    streams = Streams(inbox, Stream(settings.state_url, key, inbox.owner))
    try:
        async with beside(streams.run()):
            yield streams
    finally:
        await streams.close()


class ServedPlatforms:
    """`Platforms` of the tenants that are served now."""

    def __init__(self, tenants: Tenants, hosted: Collection[str] = ()) -> None:
        self._tenants = tenants
        self._hosted = frozenset(hosted)
        self._factories: dict[str, AdapterFactory] = {}

    def factory(self, adapter: str) -> AdapterFactory | None:
        """See `Platforms.factory`; its entry point is looked up once.

        One that makes tenants is there before the first of them, and after the last.
        """
        served = any(one.tenant.platform == adapter for one in self._tenants.served.values())
        if not served and adapter not in self._hosted:
            return None
        if adapter not in self._factories:
            try:
                self._factories[adapter] = adapter_factory(adapter)
            except SettingError:
                return None
        return self._factories[adapter]

    def adapter(self, adapter: str, tenant: str) -> Adapter | None:
        """See `Platforms.adapter`."""
        one = self._tenants.served.get(tenant)
        return one.adapter if one is not None and one.tenant.platform == adapter else None


class ServerEffects:
    """`Effects` on this server's stores and its index of products."""

    def __init__(
        self,
        house: House,
        tenants: Tenants,
        events: TrustedEvents,
        platforms: ServedPlatforms,
        exports: Path,
    ) -> None:
        self._house = house
        self._tenants = tenants
        self._events = events
        self._platforms = platforms
        self._exports = exports
        self._people = People(
            house.engine.tenants, house.joining, house.state, house.journal, house.clock
        )

    async def happened(self, events: Sequence[Event]) -> None:
        """See `Effects.happened`: as what is seen passing."""
        try:
            await self._events.keep(events)
        except NotKeptError as error:
            raise NotNow(str(error)) from error

    async def told(self, tenant: str, products: Sequence[Product], removed: Sequence[str]) -> None:
        """See `Effects.told`."""
        if tenant in self._tenants.served:
            self._house.engine.catalog.tell(tenant, products, removed)

    async def export(
        self, tenant: str, people: Sequence[str], references: Sequence[str], name: str
    ) -> None:
        """See `Effects.export`: a file that only the server's own user reads."""
        with _stores_may_be_away():
            found = await self._people.export(tenant, people, references)
        path = self._exports / tenant / f"{name}.json"
        await asyncio.to_thread(_write, path, msgspec.json.encode(found))
        log.info("personal_data_exported", tenant=tenant, part=path.name)

    async def erase(self, tenant: str, people: Sequence[str], references: Sequence[str]) -> None:
        """See `Effects.erase`."""
        with _stores_may_be_away():
            names = await self._people.names(tenant, people, references)
            await asyncio.to_thread(_unexported, self._exports / tenant, names)
            await self._people.erase(tenant, people, references)
        log.info("personal_data_erased", tenant=tenant)

    async def departed(self, tenant: str, *, purge: bool) -> None:
        """See `Effects.departed`: credentials go first, and the tenant's own files last, for
        without them it is served no more and nobody would purge the rest."""
        served = self._tenants.served.get(tenant)
        if served is None:
            return
        factory = self._platforms.factory(served.tenant.platform)
        if isinstance(factory, Leaves):
            await factory.departed(tenant, purge=False)
        await self._tenants.leave(tenant)
        if purge:
            await self.forgotten(tenant)
            if self._house.catalogs is not None:
                await asyncio.to_thread(_deleted, self._house.catalogs.glob(f"{tenant}.*"))
            if isinstance(factory, Leaves):
                await factory.departed(tenant, purge=True)
        log.info("tenant_departed", tenant=tenant)

    async def forgotten(self, tenant: str) -> None:
        """See `Effects.forgotten`."""
        await asyncio.to_thread(shutil.rmtree, self._exports / tenant, ignore_errors=True)
        with _stores_may_be_away():
            await self._people.forget_all(tenant)


@contextlib.contextmanager
def _stores_may_be_away() -> Generator[None]:
    try:
        yield
    except (StateUnavailable, JournalUnavailable) as error:
        raise NotNow(type(error).__name__) from error


def _deleted(paths: Iterable[Path]) -> None:
    for path in list(paths):
        path.unlink(missing_ok=True)


def _unexported(folder: Path, names: Iterable[str]) -> None:
    """Delete what was exported of somebody."""
    wanted = [name.encode() for name in names]
    for path in folder.glob("*.json"):
        content = path.read_bytes()
        if any(name in content for name in wanted):
            path.unlink()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_bytes(content)
    part.replace(path)


async def _look(inbox: Inbox, counters: Counters) -> None:
    """Keep the figures of what waits."""
    while True:
        await asyncio.sleep(LOOK_S)
        if not await inbox.there():
            continue
        with contextlib.suppress(InboxUnavailable):
            waiting, oldest = await inbox.backlog()
            counters.backlog.set(waiting)
            counters.oldest.set(0.0 if oldest is None else max(0.0, time.time() - oldest))


async def _tidy(inbox: Inbox) -> None:
    """Let go of what was kept long enough, a chunk at a time, by a clock that did not jump."""
    wall, steady = time.time(), time.monotonic()
    while True:
        await asyncio.sleep(TIDY_S)
        jumped = abs((time.time() - wall) - (time.monotonic() - steady))
        if jumped > JUMP_S or not await inbox.there():
            continue
        with contextlib.suppress(InboxUnavailable):
            while await inbox.let_go(time.time()):
                pass  # each in a transaction of its own
