"""Serves a shop of the stand-in on loopback, and delivers what it has to tell."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass

from aiohttp import web

from saccade_demo.shopify.application import application
from saccade_demo.shopify.shop import Shop

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """A shop and where it is: its Admin API and its storefront at one address."""

    shop: Shop
    url: str


@contextlib.asynccontextmanager
async def served(
    shop: Shop,
    port: int = 0,
    *,
    storefront: Iterable[web.AbstractRouteDef] = (),
    delivering: bool = True,
) -> AsyncGenerator[Served]:
    """The shop while the block runs; ``port`` 0 takes a free one.

    ``delivering`` off leaves webhooks to who calls `Outbox.drain`. Raises `OSError` where the port
    is taken.
    """
    runner = web.AppRunner(application(shop, storefront), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        work = asyncio.create_task(shop.outbox.work(shop.app)) if delivering else None
        try:
            yield Served(shop, f"http://{HOST}:{runner.addresses[0][1]}")
        finally:
            if work is not None:
                work.cancel()
                await asyncio.wait((work,))
    finally:
        await runner.cleanup()
