"""Shopify's deliveries at the door of a real process: large, doubled, broken, or with no room."""

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from conftest import RedisServer
from lab import canaries
from lab.shopify_process import ShopProcess, process
from lab.waiting import until

pytestmark = pytest.mark.full


@pytest_asyncio.fixture
async def shop(tmp_path: Path, own_redis: RedisServer) -> AsyncIterator[ShopProcess]:
    async with process(tmp_path, {"SACCADE_STATE_URL": own_redis.url}) as one:
        await one.install()
        yield one


def ordered(shop: ShopProcess) -> list[str]:
    """Orders that were journaled, as often as they were."""
    with contextlib.closing(sqlite3.connect(shop.data / "saccade.db")) as journal:
        rows = journal.execute("SELECT record FROM outcomes WHERE kind = 'converted'").fetchall()
    return sorted(str(json.loads(record)["order_id"]) for (record,) in rows)


def order(session: str, number: int, **more: Any) -> dict[str, Any]:
    """A paid one of this visit."""
    said = [{"name": "saccade_session", "value": session}]
    return {"id": number, "note_attributes": said, "total_price": "9.00", "currency": "EUR", **more}


@contextlib.contextmanager
def nobody_can_write(shop: ShopProcess) -> Generator[None]:
    """To the inbox: another holds its file."""
    path = shop.data / "saccade-webhooks.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout = 10000")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_what_cannot_be_kept_is_not_acknowledged_and_pages_go_on(
    shop: ShopProcess,
) -> None:  # Shopify 5; F24, F25: P and W
    anna = canaries.anna()
    await shop.visit(anna)
    assert await shop.sent("orders/create", order(anna.session, 1), key="before") == 200
    await shop.worked_off()
    with nobody_can_write(shop):
        began = time.monotonic()
        assert await shop.sent("orders/create", order(anna.session, 2), key="during") == 503
        assert time.monotonic() - began < 5, "Shopify waits no longer"
        assert (await shop.experience(anna))["decision_id"]
    assert await shop.sent("orders/create", order(anna.session, 2), key="during") == 200
    await until(lambda: ordered(shop) == ["1", "2"])


async def test_what_was_acknowledged_outlives_a_kill_and_a_repeat(shop: ShopProcess) -> None:
    # Shopify 4, 6; F27, F28
    anna = canaries.anna()
    await shop.visit(anna)
    orders = range(1, 41)

    async def sent(number: int) -> None:
        said = order(anna.session, number)
        while await shop.sent("orders/create", said, key=f"{number}") != 200:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)  # as Shopify, which tries again

    await asyncio.gather(*map(sent, orders))
    await shop.killed()
    await asyncio.gather(*map(sent, orders))
    await until(lambda: len(set(ordered(shop))) == len(orders), patience_s=120)
    await shop.worked_off()
    assert ordered(shop) == sorted(map(str, orders)), "each once"


async def test_one_that_cannot_be_read_holds_nothing_up(shop: ShopProcess) -> None:
    # Shopify 3, 8; F29
    anna = canaries.anna()
    await shop.visit(anna)
    for number in range(3):
        assert await shop.sent("orders/create", b'{"id": {"no": "id"}}', key=f"x{number}") == 200
    large = order(anna.session, 7, note="x" * 3_000_000)
    assert await shop.sent("orders/create", large) == 200
    await until(lambda: ordered(shop) == ["7"])
    assert await shop.sent("orders/create", b"x" * 9_000_000) == 413
    assert await shop.sent("orders/create", order(anna.session, 8), secret="a") == 401  # noqa: S106 - no secret
