"""Keeps the core's index of products in step with the platforms, off the page path.

A walk through a catalog that meets a fault goes on where it stopped, after a restart too: its pages
are kept in ``SACCADE_DATA/catalogs``. What cannot be kept there is only fetched again.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

from saccade.catalog import CatalogError, Walk
from saccade.deliveries import CatalogPage
from saccade_server.house import House
from saccade_server.kept_catalogs import RESUMED_FOR_S, KeptCatalog, Pages
from saccade_server.tenancy import Installed

EVERY_S = 300.0
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0
LONGEST_REST_S = 3_600.0
"""However much longer a platform wants to be left alone."""

log = structlog.get_logger()


async def keep_synced(house: House, installed: Installed, every: float = EVERY_S) -> None:
    """Follow one tenant's catalog until cancelled; a platform that fails is asked again, later."""
    follower = _Follower(house, installed)
    retry = FIRST_RETRY_S
    try:
        await follower.remember()
        while True:
            try:
                await follower.walk()
            except Exception as error:  # noqa: BLE001 - whatever it is, pages go on without
                rest = follower.failed(error, retry)
                retry = min(LAST_RETRY_S, 2 * retry)
            else:
                rest, retry = every, FIRST_RETRY_S
            await asyncio.sleep(rest)
    finally:
        follower.close()


class _Follower:
    """One tenant's walks, and what is kept of them."""

    def __init__(self, house: House, installed: Installed) -> None:
        self._house = house
        self._name = installed.tenant.name
        self._catalog = installed.adapter.catalog
        self._kept: KeptCatalog | None = None
        if house.catalogs:
            revision = installed.adapter.revision
            self._kept = KeptCatalog(house.catalogs, installed.tenant, revision)
        self._walk, self._begun = Walk(), time.monotonic()
        self._writing = False

    async def remember(self) -> None:
        """Know what was known before the restart, and go on from there."""
        whole: Pages = []
        part: Pages = []
        if self._kept is not None:
            try:
                whole, part = await asyncio.to_thread(self._kept.read)
            except OSError as error:
                log.warning("catalog_not_read", tenant=self._name, exc_info=error)
        for page in (*whole, *part):
            self._house.engine.catalog.apply(self._name, page.products, page.removed)
            await asyncio.sleep(0)  # a large catalog has a thousand pages, and shoppers are served
        for page in part:
            self._walk.take(page)

    async def walk(self) -> None:
        """Go to the end of the catalog. Raises what the platform's side raises."""
        if time.monotonic() - self._begun > RESUMED_FOR_S:
            self._start_anew()
        if not self._writing:
            self._writing = True
            await self._keep(lambda kept: kept.begin(anew=not self._walk.number))
        index = self._house.engine.catalog
        walk = await index.sync(self._name, self._catalog, self._walk, self._took)
        await self._keep(KeptCatalog.end)
        self._tell(walk)
        self._start_anew()

    def failed(self, error: Exception, retry_s: float) -> float:
        """Say so; how long to rest."""
        self._house.unsynced.add(self._name)
        told = error.after_s if isinstance(error, CatalogError) else 0.0
        rest = max(retry_s, min(told, LONGEST_REST_S))
        # Our own words hold nothing of a shopper's; of other errors the log tells the type.
        why = {"error": str(error)} if isinstance(error, CatalogError) else {"exc_info": error}
        log.warning(
            "catalog_not_synced", tenant=self._name, page=self._walk.number, seconds=rest, **why
        )
        return rest

    def close(self) -> None:
        """Nobody follows it any more; another worker may write."""
        self._house.synced.pop(self._name, None)
        if self._kept is not None:
            self._kept.close()

    def _start_anew(self) -> None:
        self._walk, self._begun, self._writing = Walk(), time.monotonic(), False

    async def _took(self, page: CatalogPage) -> None:
        if self._walk.number == 1:  # a platform may have rested long before its first page
            self._begun = time.monotonic()
        await self._keep(lambda kept: kept.add(page))
        walk = self._walk
        log.info(
            "catalog_page",
            tenant=self._name,
            page=walk.number,
            pages=walk.pages,
            count=len(walk.seen),
        )

    async def _keep(self, do: Callable[[KeptCatalog], None]) -> None:
        """In a thread, for a disk may hang. What fails is told, and this walk is kept no further:
        its first pages are still good to go on from."""
        if self._kept is None:
            return
        try:
            await asyncio.to_thread(do, self._kept)
        except OSError as error:
            self._kept.stop()
            log.warning("catalog_not_kept", tenant=self._name, exc_info=error)

    def _tell(self, walk: Walk) -> None:
        self._house.unsynced.discard(self._name)
        self._house.synced[self._name] = time.monotonic()
        metrics = self._house.metrics
        metrics.catalog_synced.labels(self._name).set_to_current_time()
        for reason, count in walk.skipped.items():
            metrics.catalog_skipped.labels(self._name, reason).inc(count)
            log.warning("catalog_incomplete", tenant=self._name, error=reason, count=count)
        count = self._house.engine.catalog.count(self._name)
        log.info("catalog_synced", tenant=self._name, count=count, pages=walk.number)
