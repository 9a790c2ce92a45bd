"""Orders counted from a bulk operation's lines."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from saccade_shopify import orders
from saccade_shopify.offers import FEWEST, Together


async def counted(*rows: object) -> Together:
    async def lines() -> AsyncIterator[bytes]:
        for row in rows:
            yield row if isinstance(row, bytes) else json.dumps(row).encode()

    return await orders.counted(lines())


def order(number: int, *products: str | None, **changed: object) -> list[object]:
    name = f"gid://shopify/Order/{number}"
    lines = [
        {
            "id": f"gid://shopify/LineItem/{number}{place}",
            "product": None if one is None else {"id": f"gid://shopify/Product/{one}"},
            "__parentId": name,
        }
        for place, one in enumerate(products)
    ]
    return [{"id": name, "test": False, "cancelledAt": None, **changed}, *lines]


async def test_lines_belong_to_the_order_before_them() -> None:
    rows = [row for number in range(FEWEST) for row in order(number, "1", "2", "2", None)]
    together = await counted(*rows, *order(90, "1", "3"))
    assert together.share("1", "2") > 0
    assert together.share("2", "3") == 0
    assert sorted(together.products) == ["1", "2", "3"]


async def test_tests_and_cancelled_orders_count_nothing() -> None:
    rows = [row for number in range(9) for row in order(number, "1", "2", test=True)]
    rows += [r for n in range(9) for r in order(n, "1", "2", cancelledAt="2026-10-01T10:00:00Z")]
    assert list((await counted(*rows)).products) == []


async def test_what_cannot_be_read_is_passed_over() -> None:
    rows = [b"{", b"[1]", b'{"id": 1, "test": "yes"}', *order(1, "1"), b'{"product": 7}']
    assert list((await counted(*rows, b"[" * 5_000)).products) == ["1"]
    assert list((await counted()).products) == []


def test_sixty_days_are_asked_for() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
    assert 'orders(query: "created_at:>=2026-09-22")' in orders.query(now)
