"""Keeps the core's index of products in step with the platforms, off the page path."""

import asyncio

import structlog

from saccade_server.house import House
from saccade_server.tenancy import Installed

EVERY_S = 300.0
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0

log = structlog.get_logger()


async def keep_synced(house: House, installed: Installed, every: float = EVERY_S) -> None:
    """Follow one tenant's catalog until cancelled; a platform that fails is asked again, later."""
    name, retry = installed.tenant.name, FIRST_RETRY_S
    while True:
        try:
            count = await house.engine.catalog.sync(name, installed.adapter.catalog)
        except Exception as error:
            house.unsynced.add(name)
            log.warning("catalog_not_synced", tenant=name, seconds=retry, exc_info=error)
            await asyncio.sleep(retry)
            retry = min(LAST_RETRY_S, 2 * retry)
            continue
        house.unsynced.discard(name)
        log.info("catalog_synced", tenant=name, count=count)
        retry = FIRST_RETRY_S
        await asyncio.sleep(every)
