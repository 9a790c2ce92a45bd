"""The demo as it is served, and a shopper in Chromium before it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from lab.house import Lab, running
from lab.shopper import Shopper


@pytest_asyncio.fixture(loop_scope="session")
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """The demo, with nobody remembered."""
    async with running(tmp_path) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def shopper(browser: Browser, lab: Lab) -> AsyncIterator[Shopper]:
    """Somebody with a laptop's screen, who has yet to `begin`."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    yield Shopper(context, lab)
    await context.close()
