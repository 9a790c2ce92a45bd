"""One Chromium for all tests of the tracker; a fresh profile and two fresh origins for each."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tracker.pages import shop
from tracker.stand import Stand, stand_up


@pytest_asyncio.fixture(loop_scope="session")
async def stand() -> AsyncIterator[Stand]:
    """The page's origin and the server's; the page is the shop's until a test says otherwise."""
    async with stand_up() as both:
        both.page = shop(both.server)
        yield both


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh profile with a laptop's screen."""
    fresh = await browser.new_context(viewport={"width": 1000, "height": 700})
    yield fresh
    await fresh.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """An empty tab."""
    yield await context.new_page()
