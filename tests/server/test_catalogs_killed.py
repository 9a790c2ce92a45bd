"""A server killed in the middle of a catalog: the next one goes on where it stopped."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler

from conftest import unused_port
from saccade_demo import catalog, occ
from server.program import Program, write_tenant


class Platform:
    """The stand-in, silent at one page while it is told so."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.silent_at = "2"
        self.reached = asyncio.Event()
        self.url = ""

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.endswith("/search"):
            page = request.query["currentPage"]
            self.pages.append(page)
            if page == self.silent_at:
                self.reached.set()
                await asyncio.Event().wait()
        return await handler(request)


@contextlib.asynccontextmanager
async def platform() -> AsyncGenerator[Platform]:
    one = Platform()
    app = occ.application(catalog.load())
    app.middlewares.insert(0, one.watch)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield one
    finally:
        await runner.cleanup()


@contextlib.contextmanager
def serving(folder: Path, port: int, log: str) -> Generator[Program]:
    """A server that is killed in the end."""
    program = Program(folder, "serve", log=log, settings={"SACCADE_PORT": str(port)})
    try:
        yield program
    finally:
        program.kill()


@pytest.mark.full  # two processes are started
async def test_a_killed_server_leaves_its_pages_to_the_next(tmp_path: Path) -> None:
    port = unused_port()
    async with platform() as shop:
        write_tenant(tmp_path, shop.url)
        with (tmp_path / "tenants" / "lab" / "tenant.toml").open("a", encoding="utf-8") as file:
            file.write("adapter = { catalog_page_size = 20 }\n")
        with serving(tmp_path, port, "first.jsonl"):
            async with asyncio.timeout(30):
                await shop.reached.wait()
        assert shop.pages == ["0", "1", "2"]
        shop.silent_at = ""
        with serving(tmp_path, port, "second.jsonl") as second:
            (told,) = await second.logged("catalog_synced")
            assert shop.pages == ["0", "1", "2", "2", "3"]
            assert told["count"] == len(catalog.load().products)
            await second.ready(f"http://127.0.0.1:{port}")
            async with (
                ClientSession(f"http://127.0.0.1:{port}") as client,
                client.get("/readyz") as answer,
            ):
                assert 0 <= (await answer.json())["catalog_age_s"] < 60
