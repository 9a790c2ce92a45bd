"""The tenants a running server serves, and how others take their place between two calls."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping

import structlog

from saccade.actions import TenantRuntime
from saccade.hosting import Installs
from saccade.tenants import Tenant
from saccade_gateway import Gateway, Platform
from saccade_gateway import Site as PlatformSite
from saccade_gateway import Sites as PlatformSites
from saccade_server.beside import beside
from saccade_server.catalogs import keep_synced
from saccade_server.house import House
from saccade_server.keys import server_key
from saccade_server.settings import SettingError
from saccade_server.sites import Site, Sites
from saccade_server.tenancy import Installed, adapter_factory

PATIENCE_S = 5.0
"""For platforms to say who is installed: a database that hangs keeps no page waiting."""

log = structlog.get_logger()


class Tenants:
    """Who is served. ``runtimes`` is the engine's own table, written here alone.

    A tenant that is left out stays in it: calls under way still end, and no new one finds it. So
    does its client, whose idle connections close by themselves, until the server ends.
    """

    def __init__(
        self, house: House, gateway: Gateway, runtimes: dict[str, TenantRuntime], master: bytes
    ) -> None:
        self._house = house
        self._gateway = gateway
        self._runtimes = runtimes
        self._master = master
        self._served: dict[str, Installed] = {}
        self._platforms: dict[str, Platform] = {}
        self._followers: dict[str, contextlib.AsyncExitStack] = {}
        self._all = contextlib.AsyncExitStack()

    async def serve(self, installed: tuple[Installed, ...]) -> None:
        """These and no others, from the next call on; calls under way keep what they began with.

        Of those that have uninstalled us only deliveries are taken: what is kept of them may still
        have to go.
        """
        absent = await _uninstalled(installed)
        present = [one for one in installed if one.tenant.name not in absent]
        platforms = {one.tenant.name: self._platform(one) for one in installed}
        pages = PlatformSites(
            PlatformSite(one.tenant, one.adapter, platforms[one.tenant.name], one.keys.site_keys)
            for one in present
        )
        sites = Sites(
            Site(one.runtime, server_key(self._master, one.tenant.name), one.keys)
            for one in present
        )
        # Nothing is awaited while they change places: no call sees some old and some new.
        before, self._served = self._served, {one.tenant.name: one for one in installed}
        self._platforms = platforms
        self._runtimes.update({one.tenant.name: one.runtime for one in installed})
        self._house.sites = sites
        self._gateway.serve(pages)
        await self._follow(before, absent)

    @property
    def served(self) -> Mapping[str, Installed]:
        """Whose deliveries are taken now, by name."""
        return self._served

    async def leave(self, name: str) -> None:
        """A tenant left its platform: its catalog is followed no more, nor known."""
        await self._unfollow(name)
        self._house.unsynced.discard(name)
        self._house.engine.catalog.forget(name)

    async def close(self) -> None:
        """Stop following catalogs, then close every client."""
        for name in tuple(self._followers):
            await self._followers.pop(name).aclose()
        await self._all.aclose()

    def _platform(self, one: Installed) -> Platform:
        """The client there is, unless the tenant has moved to another platform."""
        former = self._served.get(one.tenant.name)
        if former is not None and former.tenant.upstream == one.tenant.upstream:
            return self._platforms[one.tenant.name]
        platform = Platform(one.tenant.upstream)
        self._all.push_async_callback(platform.close)
        return platform

    async def _follow(self, before: dict[str, Installed], absent: Collection[str]) -> None:
        """Follow the catalogs of tenants that are new or changed, and of those gone no more."""
        for name, former in before.items():
            now = self._served.get(name)
            if name in absent:
                await self.leave(name)  # a walk that was begun meanwhile knows its products again
            elif now is None or _followed(now) != _followed(former):
                await self._unfollow(name)
                self._house.unsynced.discard(name)
        for name, one in self._served.items():
            if name not in self._followers and name not in absent:
                follower = self._followers[name] = contextlib.AsyncExitStack()
                await follower.enter_async_context(beside(keep_synced(self._house, one)))

    async def _unfollow(self, name: str) -> None:
        follower = self._followers.pop(name, None)
        if follower is not None:
            await follower.aclose()


def _followed(one: Installed) -> tuple[Tenant, str]:
    """What makes another catalog of a tenant's."""
    return one.tenant, one.adapter.revision


def uninstalled(installed: Collection[Installed]) -> frozenset[str]:
    """Those whose platform says that they are here no more. May block.

    A database that cannot be asked is no reason to leave shoppers without, nor is it asked again
    for each of its tenants: they are many, and it may take its time to fail.
    """
    asked = {platform: _asked(platform) for platform in {one.tenant.platform for one in installed}}
    absent: set[str] = set()
    for one in installed:
        factory = asked[one.tenant.platform]
        try:
            if factory is not None and not factory.is_installed(one.tenant.name):
                absent.add(one.tenant.name)
        except Exception as error:
            log.warning("install_not_known", tenant=one.tenant.name, exc_info=error)
            asked[one.tenant.platform] = None
    return frozenset(absent)


async def _uninstalled(installed: Collection[Installed]) -> frozenset[str]:
    """Those, as far as it is told in time: a server begins to serve without."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.to_thread(uninstalled, installed)
    except TimeoutError:
        log.warning("install_not_known", seconds=PATIENCE_S)
        return frozenset()


def _asked(platform: str) -> Installs | None:
    """Who knows of installs on it; ``None``: nobody installs anything there."""
    try:
        factory = adapter_factory(platform)
    except SettingError:  # its tenants were made by hand, and not by an adapter that is found here
        return None
    return factory if isinstance(factory, Installs) else None
