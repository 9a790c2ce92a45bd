"""The lab on real sockets: the stand-in platform, the shop before it, a browser in front."""

import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from conftest import CHROMIUM_SWITCHES
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


@pytest.fixture
async def shopfront(platform: str) -> AsyncIterator[Shopfront]:
    """See `Shopfront`."""
    front = Shopfront()
    async with aiohttp.ClientSession(platform) as upstream:
        runner = web.AppRunner(_application(front, upstream), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        front.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield front
        await runner.cleanup()


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


@pytest.fixture(scope="session")
def chromium_address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where one headless Chromium listens: one for each test would take longer than the tests."""
    folder = tmp_path_factory.mktemp("chromium")
    arguments = ("--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}")
    program = subprocess.Popen(  # noqa: S603 - the program found on the path, fixed arguments
        [chromium, *CHROMIUM_SWITCHES, *arguments, "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    told = folder / "DevToolsActivePort"
    for _ in range(600):
        if told.exists() and (lines := told.read_text().split()):
            yield f"http://127.0.0.1:{lines[0]}"
            break
        time.sleep(0.05)
    else:
        program.kill()
        pytest.fail("Chromium did not listen within 30 s")
    program.terminate()
    program.wait(timeout=10)


@pytest.fixture
async def browser(chromium_address: str) -> AsyncIterator[Browser]:
    """A window of 1440 by 900 in a profile of its own."""
    async with async_playwright() as playwright:
        program = await playwright.chromium.connect_over_cdp(chromium_address)
        context = await program.new_context(viewport={"width": 1440, "height": 900})
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
