"""The app's page in the shop's admin, in Chromium: what a merchant reads there (Shopify 16)."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Route

from adapters.shopify import making_shopify as making
from adapters.shopify.hosted import Hosted, hosted
from saccade_shopify.routes import HOME, INSTALL

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BRIDGE = "window.shopify = { idToken: async () => 'the-token' };"
"""App Bridge, as far as the page asks it."""


async def read(app: Hosted, page: Page, answer: tuple[int, object], bridge: str = BRIDGE) -> str:
    """What stands on the page once it is connected, or is not."""
    asked: list[str] = []

    async def serve(route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.netloc == "cdn.shopify.com":
            await route.fulfill(body=bridge, content_type="text/javascript")
        elif parts.path == INSTALL:
            asked.append(await route.request.header_value("authorization") or "")
            status, told = answer
            await route.fulfill(status=status, body=json.dumps(told))
        else:
            home = await app.call(HOME, f"shop={making.SHOP}")
            headers = {"Content-Type": home.headers["Content-Type"]}
            await route.fulfill(status=home.status, headers=headers, body=home.body)

    await page.route("**/*", serve)
    await page.goto(f"https://app.example{HOME}?shop={making.SHOP}")
    told = page.locator("#told")
    await told.filter(has_not_text="Connecting").wait_for()
    assert asked == (["Bearer the-token"] if bridge else [])
    return await told.inner_text()


@pytest.mark.parametrize(
    ("answer", "bridge", "words"),
    [
        ((200, {"told": "This shop is connected."}), BRIDGE, "This shop is connected."),
        pytest.param(
            (502, {"told": "Not connected: <b>why</b>"}),
            BRIDGE,
            "Not connected: <b>why</b>",
            marks=pytest.mark.full,
        ),
        ((500, {"title": "a fault of ours"}), BRIDGE, "Not connected. Open the app in"),
        pytest.param(
            (502, "a proxy's own page"),
            BRIDGE,
            "Not connected. Open the app in",
            marks=pytest.mark.full,
        ),
        ((200, {"told": ""}), "", "Not connected. Open the app in"),
    ],
)
async def test_a_merchant_is_told_how_it_went(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    page: Page,
    answer: tuple[int, object],
    bridge: str,
    words: str,
) -> None:
    monkeypatch.setenv("TEST_SHOPIFY_SECRET", making.SECRET)
    monkeypatch.setenv("TEST_SHOPIFY_FORMER", making.FORMER)
    app = hosted(tmp_path, monkeypatch)
    try:
        assert (await read(app, page, answer, bridge)).startswith(words)
    finally:
        await app.close()
