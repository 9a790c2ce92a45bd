"""What is done in shops aside: the pixel, the tables of offers.

Each shop on its own, and again later where it fails; never while a page waits.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import structlog

from saccade.catalog import CatalogError, LookedAt
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade.ports import CatalogPort
from saccade.strict import ConfigurationError
from saccade_shopify.scopes import ScopeError
from saccade_shopify.shops import tenant_of
from saccade_shopify.tokens import NotInstalledError

FIRST_RETRY_S, LAST_RETRY_S = 30.0, 3_600.0

Duty = Callable[[str], Awaitable[object]]
"""Of a shop, by its domain. May be done again; one that is done already does nothing."""

log = structlog.get_logger()


async def _woken_or_over(woken: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()


class Upkeep:
    """Of one app. ``duties`` by the name the log knows them by."""

    def __init__(
        self,
        duties: Mapping[str, Duty],
        wait: Callable[[asyncio.Event, float], Awaitable[object]] = _woken_or_over,
    ) -> None:
        self._duties = duties
        self._wait = wait
        self._woken: dict[tuple[str, str], asyncio.Event] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def wake(self, shop: str) -> None:
        """Do a shop's duties now: one that is under way is not begun twice, one that waits to be
        tried again waits no longer."""
        for name in self._duties:
            key = (shop, name)
            self._woken.setdefault(key, asyncio.Event()).set()
            if key not in self._tasks or self._tasks[key].done():
                task = asyncio.create_task(self._until_done(name, shop))
                self._tasks[key] = task
                task.add_done_callback(partial(self._done, key))

    async def forget(self, shop: str) -> None:
        """The app left it."""
        await _ended([task for (one, _), task in self._tasks.items() if one == shop])

    async def close(self) -> None:
        """What is under way is given up; the next process goes on."""
        await _ended(list(self._tasks.values()))

    def _done(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:  # else it was begun once more just after it had ended
            del self._tasks[key], self._woken[key]

    async def _until_done(self, name: str, shop: str) -> None:
        pause, woken = FIRST_RETRY_S, self._woken[shop, name]
        while True:
            woken.clear()
            try:
                await self._duties[name](shop)
            except (NotInstalledError, ScopeError) as error:
                if woken.is_set():  # somebody did something about it meanwhile
                    continue
                log.warning("upkeep_waits", part=name, tenant=tenant_of(shop), error=str(error))
                return  # until somebody does, which wakes us
            except (CatalogError, ConfigurationError) as error:  # our own words: nobody's data
                self._failed(name, shop, pause, error=str(error))
            except Exception as error:  # noqa: BLE001 - another shop's upkeep, and the next try, go on
                self._failed(name, shop, pause, exc_info=error)
            else:
                return
            await self._wait(woken, pause)
            pause = min(2 * pause, LAST_RETRY_S)

    def _failed(self, name: str, shop: str, pause: float, **why: object) -> None:
        log.warning("upkeep_failed", part=name, tenant=tenant_of(shop), seconds=pause, **why)


class LookedAtCatalog(CatalogPort, LookedAt, Protocol):
    """A port that can be looked at without a walk's beginning."""


class Followed:
    """A catalog, and who hears of it when a walk through it has come to its end."""

    def __init__(self, catalog: LookedAtCatalog, ended: Callable[[], None]) -> None:
        self._catalog = catalog
        self._ended = ended

    async def look(self) -> None:
        """See `saccade.catalog.LookedAt`."""
        await self._catalog.look()

    async def changes(self, cursor: str | None) -> CatalogPage:
        """See `CatalogPort.changes`."""
        page = await self._catalog.changes(cursor)
        if page.cursor is None:
            self._ended()
        return page

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """See `CatalogPort.get`."""
        return await self._catalog.get(ids)


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
