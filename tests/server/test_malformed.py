"""aiohttp's records: of calls that cannot be read none is written, of faults every one."""

import asyncio
import io
import json

import pytest
from aiohttp.http_exceptions import BadStatusLine

from saccade_server import logs
from saccade_server.malformed import server_logger
from server.shopfront import Shop


@pytest.mark.usefixtures("logging_restored")
def test_calls_that_cannot_be_read_are_counted_and_faults_are_written() -> None:
    out = io.StringIO()
    logs.configure("json", "info", out)
    counted: list[None] = []
    logger = server_logger(lambda: counted.append(None))
    for error in (BadStatusLine("GET"), RuntimeError("of ours"), BadStatusLine("GET")):
        logger.error("Error handling request from %s", "192.0.2.1", exc_info=error)
    logger.debug("Error handling request from %s", "192.0.2.1", exc_info=BadStatusLine("GET"))
    logger.debug("Ignored premature client disconnection")
    assert len(counted) == 3
    (told,) = (json.loads(line) for line in out.getvalue().splitlines())
    assert (told["logger"], told["error"]) == ("aiohttp.server", "RuntimeError")


@pytest.mark.parametrize(
    ("start", "more", "status"),
    [
        ("CONNECT shop.example:443 HTTP/1.1", "\r\n", 405),
        ("CONNECT /occ/v2/electronics/a HTTP/1.1", "\r\n", 405),
        ("GET /livez HTTP/2.0", "\r\n", 505),
        ("GET /livez HTTP/0.9", "\r\n", 505),
        (
            "POST /v1/signals HTTP/1.0",
            "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
    ],
)
async def test_what_we_do_not_speak_is_a_problem_and_the_end(
    shop: Shop, start: str, more: str, status: int
) -> None:
    answer = await said(shop, f"{start}\r\nHost: lab\r\n{more}")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == str(status).encode()
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status  # and nothing after it
    assert shop.counted("saccade_rejected_total", route="other", field_kind="method") == 1


async def test_a_question_about_the_server_itself_is_a_problem(shop: Shop) -> None:
    answer = await said(shop, "OPTIONS * HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
    assert b" 404 " in answer
    assert b"application/problem+json" in answer


async def said(shop: Shop, text: str) -> bytes:
    """All that is answered until the connection ends."""
    assert shop.client.port
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.client.port)
    writer.write(text.encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    return answer
