"""The stand-in shop's header on a laptop and on a phone: nothing is cut off, nothing overflows."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from saccade_demo.shopify.scene import opened

WIDTHS = (1_280, 1_100, 821, 390)


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_search_and_cart_are_within_the_screen(browser: Browser, tmp_path: Path) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    async with opened("http://127.0.0.1:9", tmp_path, delivering=False) as scene:
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 700})
            await page.goto(f"{scene.url}/cart")
            assert await page.evaluate("document.documentElement.scrollWidth") == width
            for part in (".search__input", ".header__icon--cart"):
                box = await page.locator(part).bounding_box()
                assert box is not None
                assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        await context.close()
