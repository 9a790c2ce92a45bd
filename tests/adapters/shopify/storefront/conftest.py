"""A shop and a fresh profile for each test; one Chromium for all."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page

from adapters.shopify.storefront.node import installed
from adapters.shopify.storefront.stand import Shop, shop_open


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[Shop]:
    """A storefront with the app embed on, and our server."""
    installed()  # the page is rendered by Node
    async with shop_open() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """An empty tab with a laptop's screen."""
    context = await browser.new_context(viewport={"width": 1000, "height": 700})
    yield await context.new_page()
    await context.close()
