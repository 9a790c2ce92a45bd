"""A shop that knows nothing of us, in Chromium: the lab's foreign page, which has our one tag.

The demo runs in this process as the tests run it, and Chromium is driven as they drive it.
"""

import contextlib
import shutil
import sys
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from saccade.domain import Arm
from saccade_server.logs import configure

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(1, str(ROOT / "tests"))

from conftest import CHROMIUM_SWITCHES  # noqa: E402 - found once the tests are on the path
from lab.house import Lab, running  # noqa: E402 - found once the tests are on the path

NAMES = ("chromium", "chromium-browser", "google-chrome")
SHOP = "foreign"
LAPTOP: ViewportSize = {"width": 1280, "height": 800}


def chromium() -> str:
    """Its path. Ends the run where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    sys.exit("Chromium is not installed: apt-get install chromium")


@dataclass(frozen=True, slots=True)
class Storefront:
    """The shop, the browser before it, and an endless line of shoppers who are no holdout."""

    lab: Lab
    browser: Browser
    shoppers: Iterator[str]

    @property
    def url(self) -> str:
        """Of its page, ending in a slash as the browser has it."""
        return f"{self.lab.shops[SHOP].url}/"

    @contextlib.asynccontextmanager
    async def shopper(
        self, *, init: str = "", screen: ViewportSize = LAPTOP
    ) -> AsyncGenerator[tuple[str, BrowserContext, Page]]:
        """The next one, in a browser profile of their own: id, profile and empty tab.

        The session has the visitor's id, for each is held to its own rate. ``init`` runs before
        every page.
        """
        visitor = next(self.shoppers)
        profile = await self.browser.new_context(viewport=screen)
        try:
            cookie = f"{visitor}.{visitor}"
            await profile.add_cookies(
                [{"name": "saccade_session", "value": cookie, "url": self.url}]
            )
            await profile.add_init_script(init)
            yield visitor, profile, await profile.new_page()
        finally:
            await profile.close()


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Storefront]:
    """The demo and a headless Chromium until the block ends."""
    configure("console", "error")
    async with running(folder) as lab, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=list(CHROMIUM_SWITCHES)
        )
        try:
            yield Storefront(lab, browser, lab.visitors(Arm.TREATMENT, SHOP))
        finally:
            await browser.close()
