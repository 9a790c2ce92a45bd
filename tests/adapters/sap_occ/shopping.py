"""A shopper who fills a cart and orders, over OCC and nothing else."""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from types import MappingProxyType

from aiohttp import ClientSession

from saccade.domain import JsonObject

USER = "/occ/v2/electronics/users/anonymous"
LAPTOP = "816324-01"
NONE: Mapping[str, str] = MappingProxyType({})


class Shopper:
    """One session's calls through the server at ``url``."""

    def __init__(self, client: ClientSession, url: str, headers: Mapping[str, str]) -> None:
        self._client, self._url, self._headers = client, url, headers

    async def cart(self) -> str:
        """A new cart's GUID."""
        return str((await self._post("/carts", 201))["guid"])

    async def add(self, guid: str, code: str = LAPTOP) -> JsonObject:
        """One piece of a product into the cart; OCC's cart modification."""
        entry = {"product": {"code": code}, "quantity": 1}
        return await self._post(f"/carts/{guid}/entries", 200, entry)

    async def order(self, guid: str, fields: str = "DEFAULT", status: int = 201) -> JsonObject:
        """Place it."""
        return await self._post(f"/orders?cartId={guid}&fields={fields}", status)

    async def buy(self) -> tuple[str, JsonObject]:
        """From an empty cart to an order: the cart's GUID and the order."""
        guid = await self.cart()
        await self.add(guid)
        return guid, await self.order(guid)

    async def _post(self, path: str, status: int, body: JsonObject | None = None) -> JsonObject:
        async with self._client.post(
            self._url + USER + path, json=body, headers=self._headers
        ) as answer:
            assert answer.status == status, await answer.text()
            found: JsonObject = await answer.json()
            return found


@contextlib.asynccontextmanager
async def shopper(
    url: str, session: str | None = "shopper-1", headers: Mapping[str, str] = NONE
) -> AsyncGenerator[Shopper]:
    """A shopper of a session, or of none."""
    told = dict(headers) if session is None else {"x-session-id": session, **headers}
    async with ClientSession() as client:
        yield Shopper(client, url, told)
