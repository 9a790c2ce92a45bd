"""Who calls, as the page path finds it: in every place, and never at the cost of the page."""

import logging
from urllib.parse import quote_from_bytes

import pytest

from faults import upstream as up
from faults.page import PRODUCT, SteeredEngine, gateway_before, page_path, with_block
from faults.upstream import ScriptedUpstream
from faults.wire import call
from saccade.domain import Identity
from saccade.tenants import Tenant

BODY = b'{"code":"816324"}'
ISSUED = b"0" * 32 + b"." + b"1" * 32


@pytest.mark.parametrize(
    "sent",
    [
        ISSUED + b".\xff",
        ISSUED + b"." + b"\xff" * 32,
        ISSUED + b"." + "é".encode(),
        b"\xff",
        b"." * 5_000,
        b"\xed\xa0\x80." + ISSUED,
    ],
    ids=lambda value: repr(value[-12:]),
)
@pytest.mark.parametrize("place", ["header", "query", "cookie"])
async def test_no_token_breaks_the_page(sent: bytes, place: str) -> None:  # R27
    async with page_path(up.json(BODY)) as page:
        if place == "header":
            through = await call(page.port, PRODUCT, ("x-session-id", sent))
        elif place == "query":
            query = f"?saccade_session={quote_from_bytes(sent)}"
            through = await call(page.port, PRODUCT + query)
        else:
            through = await call(page.port, PRODUCT, ("Cookie", b"saccade_session=" + sent))
        assert (through.status, through.body) == (200, BODY)
        assert page.engine.asked == []


@pytest.mark.parametrize(
    ("query", "cookies"),
    [
        ("?saccade_session=", ["saccade_session=s1"]),
        ("?saccade_session=%20", ["saccade_session=s1"]),
        ("", ["a=1", "saccade_session=s1"]),
        ("", ["saccade_session=", "b=2; saccade_session=s1"]),
        ("?saccade_session=%FF", ["a=1", "saccade_session=!", "saccade_session=s1"]),
    ],
)
async def test_an_empty_place_hides_no_other(query: str, cookies: list[str]) -> None:
    async with page_path(up.json(BODY)) as page:
        through = await call(page.port, PRODUCT + query, *(("Cookie", one) for one in cookies))
        assert through.body == with_block(BODY)
        assert [one.identity.session for one in page.engine.asked] == ["s1"]
        assert b"saccade_session" not in page.upstream.last.raw_head


async def test_a_reader_that_raises_finds_nobody(caplog: pytest.LogCaptureFixture) -> None:  # R27
    def breaking(token: str, shop: Tenant) -> Identity | None:
        raise KeyError(token, shop.name)

    engine = SteeredEngine()
    async with (
        ScriptedUpstream(up.json(BODY)) as upstream,
        gateway_before(upstream.port, engine, identify=breaking) as port,
    ):
        for _turn in range(3):
            through = await call(port, PRODUCT, ("x-session-id", "shopper-of-3"))
            assert (through.status, through.body) == (200, BODY)
    assert engine.asked == []
    told = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert told == ["the identity reader failed: KeyError"]
