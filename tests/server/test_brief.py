"""Answers in one piece say what aiohttp's own would say."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from aiohttp import web

from saccade_server.brief import Brief

CALL = "{method} / {version}\r\nHost: shop.test\r\nConnection: {connection}\r\n\r\n"


@asynccontextmanager
async def served(*, last: bool = False, **answer: object) -> AsyncGenerator[int]:
    async def handler(_: web.Request) -> web.StreamResponse:
        response = Brief(**answer)  # type: ignore[arg-type]  # as the test says
        if last:
            response.force_close()
        return response

    app = web.Application()
    app.router.add_route("*", "/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def asked(
    port: int, method: str = "GET", version: str = "HTTP/1.1", connection: str = "close"
) -> tuple[list[str], str]:
    """Head and body of all that comes until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(CALL.format(method=method, version=version, connection=connection).encode())
    head, _, body = (
        (await asyncio.wait_for(reader.read(), 10)).decode("latin-1").partition("\r\n\r\n")
    )
    writer.close()
    return head.split("\r\n"), body


async def test_a_body_goes_with_its_length_and_headers() -> None:
    async with served(body=b"{}", headers={"X-Own": "1"}, content_type="application/json") as port:
        head, body = await asked(port)
    assert head[0] == "HTTP/1.1 200 OK"
    assert {"X-Own: 1", "Content-Type: application/json", "Content-Length: 2"} <= set(head)
    assert "Connection: close" in head
    assert any(line.startswith("Date: ") for line in head)
    assert body == "{}"


async def test_no_content_has_no_length() -> None:
    async with served(status=HTTPStatus.NO_CONTENT) as port:
        head, body = await asked(port)
    assert head[0] == "HTTP/1.1 204 No Content"
    assert not any(line.lower().startswith("content-") for line in head)
    assert body == ""


async def test_a_connection_is_kept_and_used_again() -> None:
    async with served(body=b"one") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"Connection" not in head
            assert await reader.readexactly(3) == b"one"
        writer.close()


async def test_the_last_answer_says_so_and_is_the_last() -> None:
    async with served(last=True, body=b"one") as port:
        head, _ = await asked(port, connection="keep-alive")
    assert "Connection: close" in head


@pytest.mark.parametrize(
    ("method", "version", "expected"), [("HEAD", "HTTP/1.1", ""), ("GET", "HTTP/1.0", "one")]
)
async def test_any_other_call_gets_it_in_the_usual_way(
    method: str, version: str, expected: str
) -> None:
    async with served(body=b"one") as port:
        head, body = await asked(port, method, version)
    assert head[0] == f"{version} 200 OK"
    assert "Content-Length: 3" in head
    assert body == expected


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b=c", "a\nb", "a\rb"])
async def test_a_header_that_ends_before_its_line_does_is_not_sent(value: str) -> None:
    """As with aiohttp's own: it is a fault of ours, and the connection ends."""
    async with served(body=b"one", headers={"X-Own": value}) as port:
        head, body = await asked(port)
    assert (head, body) == ([""], "")
