"""A shop's tag copied onto a page of somebody else's, in Chromium: it learns and tells nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page

from lab.house import Lab
from lab.shopper import Shopper
from saccade.domain import Arm
from saccade.state import State

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COPY = """<!doctype html><html><head><title>Copy</title>
<script src="{server}/tracker.js?site=foreign" data-experience="fetch" data-product="640320" defer>
</script></head><body><p class="delivery">Delivery</p></body></html>"""


@pytest_asyncio.fixture(loop_scope="session")
async def thief(lab: Lab) -> AsyncIterator[str]:
    """Address of the page with the copied tag."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=COPY.format(server=lab.url), content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def visited(lab: Lab, page: Page, address: str) -> tuple[list[str], State]:
    """What the server is then known to have answered, or "refused", and what it remembers."""
    visitor = lab.visitor(Arm.TREATMENT, "foreign")
    token = f"{visitor}.{visitor}"
    await page.context.add_cookies([{"name": "saccade_session", "value": token, "url": address}])
    answers: list[str] = []

    def heard(url: str, what: str) -> None:
        if "/v1/" in url:
            answers.append(what)

    page.on("response", lambda one: heard(one.url, str(one.status)))
    page.on("requestfailed", lambda one: heard(one.url, "refused"))
    await page.goto(address)
    async with asyncio.timeout(20):
        while len(answers) < 2:  # noqa: ASYNC110 - a browser tells no event of ours
            await asyncio.sleep(0.02)
    assert await page.evaluate("saccade.session") == token
    return answers, await lab.known(visitor, visitor, "foreign")


async def test_a_copied_tag_is_refused_what_its_shops_page_is_given(
    lab: Lab, shopper: Shopper, thief: str
) -> None:  # R68, R5
    """The same visitor, known by the same token, on both pages."""
    page = await shopper.context.new_page()
    answers, state = await visited(lab, page, thief)
    assert set(answers) == {"refused"}
    assert (state.session, state.profile) == (None, None)
    assert await page.inner_text(".delivery") == "Delivery"

    page = await shopper.context.new_page()
    answers, state = await visited(lab, page, lab.shops["foreign"].url)
    assert set(answers) <= {"200", "204"}
    assert state.session is not None
