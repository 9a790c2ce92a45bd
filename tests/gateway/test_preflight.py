"""Preflights: whose headers are asked for, and to whom ours are allowed (OCC 13)."""

import pytest

from faults import upstream as up
from faults.page import PRODUCT, page_path
from faults.wire import Wire, call

ORIGIN = (b"Access-Control-Allow-Origin", b"*")


async def preflight(script: up.Script, *asked: str, method: str = "OPTIONS") -> tuple[Wire, bytes]:
    """The answer to a page that asks for these headers, and the call's head upstream."""
    headers = [("Access-Control-Request-Headers", value) for value in asked]
    async with page_path(script) as page:
        answer = await call(
            page.port, PRODUCT, ("Access-Control-Request-Method", "GET"), *headers, method=method
        )
        return answer, page.upstream.last.raw_head


@pytest.mark.parametrize(
    ("asked", "forwarded", "allowed"),
    [
        (["x-session-id"], [], [b"x-session-id"]),
        (["x-a,x-session-id , x-b"], [b"x-a,x-b"], [b"x-session-id"]),
        (["x-a", "X-Saccade-View"], [b"x-a"], [b"X-Saccade-View"]),
        (["x-a , x-b"], [b"x-a , x-b"], []),
        ([], [], []),
    ],
)
async def test_the_platform_is_asked_about_the_others(
    asked: list[str], forwarded: list[bytes], allowed: list[bytes]
) -> None:
    answer, head = await preflight(up.answer(b"", ORIGIN, status=b"204 No Content"), *asked)
    lines = [line for line in head.split(b"\r\n") if line.lower().startswith(b"access-control-r")]
    assert lines == [
        b"Access-Control-Request-Method: GET",
        *(b"Access-Control-Request-Headers: " + value for value in forwarded),
    ]
    assert answer.values(b"access-control-allow-headers") == allowed


@pytest.mark.parametrize(
    "script",
    [
        up.answer(b"", status=b"204 No Content"),
        up.answer(b"Invalid CORS request", ORIGIN, status=b"403 Forbidden"),
    ],
    ids=["no origin allowed", "refused"],
)
async def test_whom_the_platform_allows_nothing_we_allow_nothing(script: up.Script) -> None:
    answer, _ = await preflight(script, "x-session-id")
    assert answer.values(b"access-control-allow-headers") == []


async def test_only_preflights_are_touched() -> None:
    answer, head = await preflight(up.answer(b"", ORIGIN), "x-session-id", method="POST")
    assert b"Access-Control-Request-Headers: x-session-id" in head
    assert answer.values(b"access-control-allow-headers") == []


async def test_an_options_that_asks_for_no_method_is_no_preflight() -> None:
    asked = ("Access-Control-Request-Headers", "x-session-id")
    async with page_path(up.answer(b"", ORIGIN)) as page:
        answer = await call(page.port, PRODUCT, asked, method="OPTIONS")
        received = page.upstream.last
        assert received.values(b"access-control-request-headers") == [b"x-session-id"]
        assert answer.values(b"access-control-allow-headers") == []
