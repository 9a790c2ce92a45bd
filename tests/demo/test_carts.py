"""Anonymous carts and orders of the stand-in platform."""

from typing import Any

import aiohttp
import pytest

from saccade.domain import JsonObject
from saccade_demo import catalog
from saccade_demo.occ.carts import MOST_CARTS, Carts
from saccade_demo.occ.errors import OccError

USER = "/occ/v2/electronics/users/anonymous"


async def _call(
    client: aiohttp.ClientSession, method: str, path: str, status: int, **given: Any
) -> JsonObject:
    async with client.request(method, USER + path, **given) as response:
        assert response.status == status, await response.text()
        body = await response.read()
        return await response.json() if body else {}


async def _cart_with(client: aiohttp.ClientSession, code: str, quantity: int) -> str:
    cart = await _call(client, "POST", "/carts", 201)
    entry = {"product": {"code": code}, "quantity": quantity}
    await _call(client, "POST", f"/carts/{cart['guid']}/entries", 200, json=entry)
    return str(cart["guid"])


async def test_from_empty_cart_to_order(client: aiohttp.ClientSession) -> None:
    guid = await _cart_with(client, "816324-01", 2)
    cart = await _call(client, "GET", f"/carts/{guid}?fields=FULL", 200)
    assert cart["totalUnitCount"] == 2
    assert cart["totalPrice"]["value"] == 2 * 1049.0
    assert cart["entries"][0]["product"]["code"] == "816324-01"
    order = await _call(client, "POST", f"/orders?cartId={guid}", 201)
    assert order["code"] == cart["code"]
    assert order["totalPriceWithTax"]["value"] == 2098.0
    assert order["guid"] != guid  # the cart's GUID opens the cart: it is not given on
    await _call(client, "GET", f"/carts/{guid}", 404)


async def test_entries_can_be_changed_and_removed(client: aiohttp.ClientSession) -> None:
    guid = await _cart_with(client, "750901", 1)
    again = {"product": {"code": "750901"}, "quantity": 2}
    added = await _call(client, "POST", f"/carts/{guid}/entries", 200, json=again)
    assert (added["quantityAdded"], added["entry"]["quantity"]) == (2, 3)
    await _call(client, "PATCH", f"/carts/{guid}/entries/0", 200, json={"quantity": 1})
    assert (await _call(client, "GET", f"/carts/{guid}", 200))["totalUnitCount"] == 1
    await _call(client, "DELETE", f"/carts/{guid}/entries/0", 200)
    assert (await _call(client, "GET", f"/carts/{guid}", 200))["entries"] == []
    await _call(client, "DELETE", f"/carts/{guid}", 200)
    await _call(client, "DELETE", f"/carts/{guid}", 404)


async def test_no_more_than_there_is_stock(client: aiohttp.ClientSession) -> None:
    cart = await _call(client, "POST", "/carts", 201)
    entry = {"product": {"code": "512102"}, "quantity": 9}  # four pieces
    added = await _call(client, "POST", f"/carts/{cart['guid']}/entries", 200, json=entry)
    assert (added["statusCode"], added["quantityAdded"]) == ("lowStock", 4)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "HttpMessageNotReadableError"),
        (b"\xff", 400, "HttpMessageNotReadableError"),
        (b'{"product": {"code": 1}}', 400, "HttpMessageNotReadableError"),
        (b'{"product": {"code": "816324"}, "quantity": 0}', 400, "ValidationError"),
        (b'{"product": {"code": "nosuch"}}', 404, "UnknownIdentifierError"),
    ],
)
async def test_bad_entries(
    client: aiohttp.ClientSession, body: bytes, status: int, kind: str
) -> None:
    cart = await _call(client, "POST", "/carts", 201)
    answer = await _call(client, "POST", f"/carts/{cart['guid']}/entries", status, data=body)
    assert answer["errors"][0]["type"] == kind


async def test_an_empty_cart_is_no_order(client: aiohttp.ClientSession) -> None:
    cart = await _call(client, "POST", "/carts", 201)
    answer = await _call(client, "POST", f"/orders?cartId={cart['guid']}", 400)
    assert answer["errors"][0]["message"] == "Cart is empty"
    await _call(client, "DELETE", f"/carts/{cart['guid']}/entries/0", 404)


def test_the_oldest_cart_makes_room() -> None:
    carts = Carts(catalog.load())
    first = carts.create()
    later = [carts.create() for _ in range(MOST_CARTS)]
    assert carts.find(later[0].guid) is later[0]
    with pytest.raises(OccError):
        carts.find(first.guid)
