"""The composition: every part made once, in the order it is needed, and closed in reverse."""

import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import structlog

from saccade import identity
from saccade.breaker import GuardedState
from saccade.domain import Identity
from saccade.explain import Explainer
from saccade.registry import FileModels
from saccade.stores import open_state
from saccade.stores.journal import SqlJournal
from saccade.tenants import Tenant
from saccade_gateway import Gateway, Platform
from saccade_gateway import Site as PlatformSite
from saccade_gateway import Sites as PlatformSites
from saccade_gateway.hooks import IdentityReader
from saccade_server.beside import beside
from saccade_server.catalogs import keep_synced
from saccade_server.house import House
from saccade_server.keys import master_secret, server_key
from saccade_server.metering import MeteredEngine
from saccade_server.metrics import Metrics
from saccade_server.settings import FIXES, SettingError, Settings
from saccade_server.sites import Site, Sites
from saccade_server.tenancy import Installed

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def opened(
    settings: Settings,
    installed: tuple[Installed, ...],
    shared_metrics: Path | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[tuple[House, Gateway]]:
    """Every part of a server, its stores open and its catalogs followed, until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        house = _house(settings, installed, Metrics(shared_metrics), clock)
        stack.push_async_callback(house.state.close)
        stack.push_async_callback(house.journal.close)
        stack.push_async_callback(house.engine.close)
        platforms = _platforms(installed)
        stack.push_async_callback(platforms.close)
        gateway = Gateway(house.engine, platforms, _identities(installed), metrics=house.metrics)
        for one in installed:
            await stack.enter_async_context(beside(keep_synced(house, one)))
        yield house, gateway


def _house(
    settings: Settings,
    installed: tuple[Installed, ...],
    metrics: Metrics,
    clock: Callable[[], float],
) -> House:
    master = master_secret(settings)
    state = GuardedState(open_state(settings.state_url, clock))
    journal = open_journal(settings)
    models = FileModels.packaged()
    if models.error is not None:
        log.error("model_not_published", exc_info=models.error)
    runtimes = {one.tenant.name: one.runtime for one in installed}
    return House(
        sites=Sites(Site(runtime, server_key(master, name)) for name, runtime in runtimes.items()),
        engine=MeteredEngine(metrics, runtimes, state, journal, models, clock=clock),
        state=state,
        journal=journal,
        models=models,
        explainer=Explainer(models),
        metrics=metrics,
    )


def open_journal(settings: Settings) -> SqlJournal:
    """The journal, its folder made where it is missing. Raises `SettingError`."""
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


def _platforms(installed: tuple[Installed, ...]) -> PlatformSites:
    return PlatformSites(
        PlatformSite(one.tenant, one.adapter, Platform(one.tenant.upstream)) for one in installed
    )


def _identities(installed: tuple[Installed, ...]) -> IdentityReader:
    secrets = {one.tenant.name: one.runtime.secret for one in installed}

    def read(token: str, tenant: Tenant) -> Identity | None:
        return identity.parse(token, secrets[tenant.name], open_site=tenant.site.open)

    return read
