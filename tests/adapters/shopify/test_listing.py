"""What may be offered, and the tables that stand, from a bulk operation's lines."""

import json
from collections.abc import AsyncIterator
from typing import Any

from saccade_shopify import listing
from saccade_shopify.listing import Shelves


def product(number: int, *available: bool, **changed: object) -> list[dict[str, Any]]:
    name = f"gid://shopify/Product/{number}"
    told: dict[str, Any] = {
        "id": name,
        "title": f"Lamp {number}",
        "productType": "Lighting",
        "tags": [],
        "status": "ACTIVE",
        "handle": f"lamp-{number}",
        "publishedAt": "2026-01-01T00:00:00Z",
        "priceRangeV2": {"minVariantPrice": {"amount": "19.90", "currencyCode": "EUR"}},
        "metafield": None,
        **changed,
    }
    return [told, *({"id": "v", "availableForSale": one, "__parentId": name} for one in available)]


async def shelves(*rows: dict[str, Any] | bytes) -> Shelves:
    async def lines() -> AsyncIterator[bytes]:
        for row in rows:
            yield row if isinstance(row, bytes) else json.dumps(row).encode()

    return await listing.shelves(lines())


async def test_a_product_is_listed_with_its_handle_and_whether_any_of_it_is_there() -> None:
    found = await shelves(*product(1, False, True), *product(2, False), b"{", b"[" * 5_000)
    assert [(one.product.id, one.handle) for one in found.listed.values()] == [
        ("1", "lamp-1"),
        ("2", "lamp-2"),
    ]
    lamp = found.listed["1"].product
    assert (lamp.name, lamp.price, lamp.currency, lamp.in_stock) == (
        "Lamp 1",
        "19.90",
        "EUR",
        True,
    )
    assert found.listed["2"].product.in_stock is False
    assert found.standing == {}


async def test_what_the_online_store_does_not_show_is_not_listed_and_its_table_is_known() -> None:
    held = {"metafield": {"value": "{}"}}
    found = await shelves(
        *product(1, True, status="DRAFT", **held),
        *product(2, True, publishedAt=None, **held),
        *product(3, True, **held),
    )
    assert list(found.listed) == ["3"]
    assert found.standing == {"1": "{}", "2": "{}", "3": "{}"}
