"""Page calls past aiohttp's router: which take the short way, and which the usual one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from saccade_server.direct import POSTED, lead_straight
from saccade_server.edge import Handler

PLAIN = "GET {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n{more}\r\n"


async def our_own(_: web.Request) -> web.StreamResponse:
    return web.Response(text="ours")


@asynccontextmanager
async def served(*prefixes: str, stopping: bool = False) -> AsyncGenerator[int]:
    app = web.Application()

    @web.middleware
    async def usual(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        response.headers["X-Way"] = "usual"
        return response

    app.middlewares.append(usual)
    app.router.add_get("/v1/signals", our_own)
    app.router.add_post("/v1/signals", our_own)
    app[POSTED] = {"/v1/signals": our_own}
    for prefix in prefixes:
        app.router.add_route("*", prefix + "{tail:.*}", told)
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server is not None
    lead_straight(runner.server, app, told, prefixes, lambda: stopping)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def told(request: web.Request) -> web.StreamResponse:
    return web.Response(text=f"page {request.raw_path}")


async def asked(
    port: int, path: str, more: str = "", version: str = "HTTP/1.1", method: str = "GET"
) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    text = PLAIN.format(path=path, more=more).replace("HTTP/1.1", version)
    text = method + text.removeprefix("GET")
    writer.write(text.encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def test_a_page_is_led_straight() -> None:
    async with served("/occ/v2/") as port:
        answer = await asked(port, "/occ/v2/electronics/products/1?a=b")
    assert "page /occ/v2/electronics/products/1?a=b" in answer
    assert "X-Way" not in answer


@pytest.mark.parametrize(
    ("path", "more", "version"),
    [
        ("/occ/v2/x", "Expect: 100-continue\r\n", "HTTP/1.1"),
        ("/occ/v2/x", "", "HTTP/1.0"),
        ("http://shop.test/occ/v2/x", "", "HTTP/1.1"),
        ("/%6Fcc/v2/x", "", "HTTP/1.1"),
    ],
)
async def test_what_is_odd_takes_the_usual_road(path: str, more: str, version: str) -> None:
    async with served("/occ/v2/") as port:
        answer = await asked(port, path, more, version)
    assert "X-Way: usual" in answer
    assert f"page {path}" in answer


async def test_our_own_paths_are_never_taken() -> None:
    async with served("/") as port:
        assert "ours" in await asked(port, "/v1/signals")
        assert "X-Way: usual" in await asked(port, "/anything")


@pytest.mark.parametrize("query", ["", "?site=key"])
async def test_a_beacon_is_led_straight(query: str) -> None:
    async with served() as port:
        answer = await asked(port, "/v1/signals" + query, method="POST")
    assert "ours" in answer
    assert "X-Way" not in answer


@pytest.mark.parametrize(
    ("path", "method"),
    [("/v1/signals", "GET"), ("/v1/signals/", "POST"), ("/v1/%73ignals", "POST")],
)
async def test_another_method_or_spelling_takes_the_usual_road(path: str, method: str) -> None:
    async with served("/") as port:
        assert "X-Way: usual" in await asked(port, path, method=method)


@pytest.mark.parametrize("path", ["/occ/v2/x", "/v1/signals"])
async def test_while_stopping_every_answer_is_the_last(path: str) -> None:
    async with served("/occ/v2/", stopping=True) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: shop.test\r\n\r\n".encode())
        assert b"Connection: close\r\n" in await asyncio.wait_for(reader.read(), 10)
        writer.close()
