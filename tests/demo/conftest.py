"""The lab on real sockets: the stand-in platform, the shop before it, a browser in front."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser as Chromium

from demo.window import Browser, Shopfront
from saccade_demo import lab, shop

TRACKER = Path(__file__).parents[2] / "tracker" / "dist" / "tracker.js"


@pytest.fixture
async def platform() -> AsyncIterator[str]:
    """Base URL of a stand-in of the test's own."""
    runner, base_url = await lab.start_platform()
    yield base_url
    await runner.cleanup()


@pytest.fixture
async def client(platform: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Calls the stand-in by path."""
    async with aiohttp.ClientSession(platform) as session:
        yield session


@pytest_asyncio.fixture(loop_scope="session")
async def shopfront() -> AsyncIterator[Shopfront]:
    """See `Shopfront`. Like `browser` it is for tests on the session's loop."""
    front = Shopfront()
    stand_in, base_url = await lab.start_platform()
    async with aiohttp.ClientSession(base_url) as upstream:
        runner = web.AppRunner(_application(front, upstream), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        front.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield front
        await runner.cleanup()
    await stand_in.cleanup()


def _application(front: Shopfront, upstream: aiohttp.ClientSession) -> web.Application:
    async def occ(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {
            name: request.headers[name]
            for name in ("Accept", "Content-Type")
            if name in request.headers
        }
        async with upstream.request(
            request.method, request.path_qs, data=body, headers=headers
        ) as answer:
            content = await answer.read()
        if (
            front.block
            and request.path.startswith("/occ/v2/electronics/products/")
            and request.path.count("/") == 5
        ):
            content = content.rstrip()[:-1] + b',"saccade":' + front.block + b"}"
        return web.Response(body=content, status=answer.status, content_type="application/json")

    async def tracker(_: web.Request) -> web.Response:
        if not front.tracker:
            raise web.HTTPNotFound
        return web.Response(body=TRACKER.read_bytes(), content_type="text/javascript")

    async def signals(request: web.Request) -> web.Response:
        front.signals.append(msgspec.json.decode(await request.read()))
        return web.Response(status=204)

    app = web.Application()
    app.add_routes(
        [
            *shop.routes(),
            web.get("/tracker.js", tracker),
            web.post("/v1/signals", signals),
            web.route("*", "/occ/{rest:.*}", occ),
        ]
    )
    return app


@pytest_asyncio.fixture(loop_scope="session")
async def browser(browser: Chromium) -> AsyncIterator[Browser]:
    """A window of 1440 by 900 in a profile of its own."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and "status of 404" not in message.text
            else None
        ),
    )
    yield Browser(page, complaints)
    await context.close()
