"""The scripts of ``docs/consent.md`` on a page in Chromium, before a signed opt-in site (R60)."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, Request, async_playwright

import making
from conftest import CHROMIUM_SWITCHES
from core.test_tcf import EVERY, string
from saccade.domain import Basis, Identity, Moment
from saccade.state import State, ViewKey
from saccade_server.script import script
from server.shopfront import Serve, Shop
from tracker.stand import TRACKER

pytestmark = [pytest.mark.browser]

DOCUMENT = Path(__file__).parents[2] / "docs" / "consent.md"
TELLING, *SOURCES = re.findall("```js\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
PAGE = """<!doctype html><html lang="en"><title>Shop</title><h1>Laptop</h1>
<script>window.__tcfapi = (command, version, listener) => {{ window.cmp = listener }}</script>
<script src="/tracker.js?site=lab" data-product="816324" defer></script>
<script type="module">{scripts}</script></html>"""

ASKED = {
    "banner": (
        "yes => document.dispatchEvent(new CustomEvent('banner:answered', { detail: { yes } }))",
        (False, True),
    ),
    "tcf": (
        "text => cmp({ tcString: text, eventStatus: text ? 'tcloaded' : 'cmpuishown' }, true)",
        (string(EVERY - {5}), string()),
    ),
    "shopify": (
        """yes => document.dispatchEvent(new CustomEvent("visitorConsentCollected",
            { detail: { analyticsAllowed: true, preferencesAllowed: yes } }))""",
        (False, True),
    ),
}
"""As each source says it, and what it says for no and yes; in the document's order."""


@asynccontextmanager
async def asking(shop: Shop, chromium: str, source: str) -> AsyncGenerator[Page]:
    """A page of the shop with the document's scripts, and the tracker as the shop serves it."""
    origin = f"http://127.0.0.1:{shop.client.port}"
    scripts = TELLING.replace("https://HOST", origin).replace("KEY", "lab")
    html = PAGE.format(scripts=scripts + SOURCES[list(ASKED).index(source)])
    (site,) = shop.house.sites.all
    built = script(TRACKER.read_bytes(), site.tenant).plain
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=list(CHROMIUM_SWITCHES)
        )
        page = await browser.new_page()
        await page.route(
            f"{origin}/page", lambda route: route.fulfill(body=html, content_type="text/html")
        )
        await page.route(
            "**/tracker.js?*",
            lambda route: route.fulfill(body=built, content_type="text/javascript"),
        )
        await page.goto(f"{origin}/page")
        yield page
        await browser.close()


async def known(shop: Shop, token: str) -> State:
    visitor, session, _ = token.split(".")
    key = ViewKey("lab", Identity(visitor, session), Moment.PRODUCT)
    (state,) = await shop.house.state.read([key])
    return state


@pytest.mark.parametrize(
    "source",
    ["tcf", *(pytest.param(each, marks=pytest.mark.full) for each in ("banner", "shopify"))],
)
async def test_a_yes_begins_a_session_and_a_no_ends_all_of_it(
    serve: Serve, chromium: str, source: str
) -> None:  # R60
    tenant = making.tenant(basis=Basis.OPT_IN, open_site=False)
    shop = await serve(making.ready(tenant))
    say, (no, yes) = ASKED[source]
    async with asking(shop, chromium, source) as page:
        sent: list[Request] = []
        page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 - playwright marks what it calls, and a built-in takes no mark
        async with page.expect_response("**/v1/consent?*"):
            await page.evaluate(say, no)
        await page.wait_for_timeout(500)
        assert [request.url.split("/")[-1] for request in sent] == ["consent?site=lab"]
        assert await page.evaluate("document.cookie") == ""

        async with page.expect_response("**/v1/signals?*") as first:
            await page.evaluate(say, yes)
        token = json.loads((await first.value).request.post_data or "")["session_id"]
        assert token == await page.evaluate("saccade.session")
        assert (await known(shop, token)).session is not None

        await page.reload()
        async with page.expect_response("**/v1/signals?*"):  # tcloaded comes with each page
            await page.evaluate(say, yes)
        assert await page.evaluate("saccade.session") == token, "a page load begins nothing"

        async with page.expect_response("**/v1/consent?*"):
            await page.evaluate(say, no)
        await page.wait_for_function("saccade.session === undefined")
        assert await page.evaluate("[document.cookie, localStorage.length]") == ["", 0]
        assert (await known(shop, token)).session is None
        assert not any("/v1/session" in request.url for request in sent)
