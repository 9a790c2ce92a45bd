"""The composition: every part made once, in the order it is needed, and closed in reverse."""

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import structlog

from saccade import identity
from saccade.actions import TenantRuntime
from saccade.breaker import GuardedState
from saccade.domain import Identity, Preview
from saccade.explain import Explainer
from saccade.outcomes import TrustedEvents
from saccade.preview import opened as opened_preview
from saccade.registry import FileModels
from saccade.stores import open_state
from saccade.stores.following import FollowingState
from saccade.stores.journal import SqlJournal
from saccade.tenants import Tenant
from saccade_gateway import Gateway
from saccade_gateway import Sites as PlatformSites
from saccade_gateway.arrival import TrustedHops
from saccade_gateway.hooks import IdentityReader, PreviewReader
from saccade_server.edge import OTHER
from saccade_server.house import House
from saccade_server.keys import master_secret
from saccade_server.metrics import Metrics
from saccade_server.problems import Kind
from saccade_server.pulse import Pulse
from saccade_server.settings import FIXES, SettingError, Settings
from saccade_server.shedding import SheddingEngine
from saccade_server.sites import Sites
from saccade_server.tenancy import Installed
from saccade_server.tenants import Tenants
from saccade_server.webhooks import inbox_open

log = structlog.get_logger()


class Wired(NamedTuple):
    """A server's parts, for whoever serves them."""

    house: House
    gateway: Gateway
    tenants: Tenants
    models: FileModels


@contextlib.asynccontextmanager
async def opened(
    settings: Settings,
    installed: tuple[Installed, ...],
    shared_metrics: Path | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[Wired]:
    """Every part of a server, its stores open and its catalogs followed, until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        models = FileModels.packaged()
        if models.error is not None:
            log.error("model_not_published", exc_info=models.error)
        runtimes: dict[str, TenantRuntime] = {}
        house = _house(settings, runtimes, models, Metrics(shared_metrics), clock)
        stack.push_async_callback(house.state.close)
        stack.push_async_callback(house.journal.close)
        stack.push_async_callback(house.consents.close)
        stack.push_async_callback(house.engine.close)
        engine = house.engine
        events = TrustedEvents(engine.tenants, house.state, house.journal, engine.assisted)
        stack.push_async_callback(events.close)
        gateway = Gateway(
            house.engine,
            PlatformSites(()),
            _identities(runtimes),
            metrics=house.metrics,
            events=events.take,
            hops=house.hops,
            outages=house.outages,
            previews=_previews(runtimes, house),
        )
        tenants = Tenants(house, gateway, runtimes, master_secret(settings))
        stack.push_async_callback(tenants.close)
        await tenants.serve(installed)
        await stack.enter_async_context(inbox_open(settings, house, tenants, events))
        yield Wired(house, gateway, tenants, models)


def _house(
    settings: Settings,
    runtimes: Mapping[str, TenantRuntime],
    models: FileModels,
    metrics: Metrics,
    clock: Callable[[], float],
) -> House:
    state = GuardedState(FollowingState(open_state(settings.state_url, clock)))
    journal = open_journal(settings)
    pulse = Pulse(settings.shed_lag_ms / 1_000)
    return House(
        sites=Sites(()),
        engine=SheddingEngine(pulse, metrics, runtimes, state, journal, models, clock=clock),
        state=state,
        journal=journal,
        models=models,
        explainer=Explainer(models),
        metrics=metrics,
        pulse=pulse,
        catalogs=settings.data / "catalogs",
        clock=clock,
        hops=TrustedHops(settings.trusted_networks),
    )


def open_journal(settings: Settings) -> SqlJournal:
    """The journal, its folder made where it is missing. Raises `SettingError`."""
    if not settings.records_url.startswith("sqlite:"):
        return SqlJournal(settings.records_url)
    folder = Path(settings.records_url.removeprefix("sqlite:///")).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return SqlJournal(settings.records_url)
    except OSError as error:
        name = "SACCADE_DATABASE_URL" if settings.database_url else "SACCADE_DATA"
        raise SettingError(
            name,
            repr(str(folder)),
            f"cannot be written ({error.strerror})",
            FIXES["data"],
        ) from None


def _previews(runtimes: Mapping[str, TenantRuntime], house: House) -> PreviewReader:
    def read(token: str, tenant: Tenant) -> Preview | None:
        found = opened_preview(runtimes[tenant.name].secret, tenant.name, token, house.clock())
        if found is None:
            house.metrics.rejected(OTHER, Kind.PREVIEW)
        return found

    return read


def _identities(runtimes: Mapping[str, TenantRuntime]) -> IdentityReader:
    def read(token: str, tenant: Tenant) -> Identity | None:
        return identity.parse(token, runtimes[tenant.name].secret, open_site=tenant.site.open)

    return read
