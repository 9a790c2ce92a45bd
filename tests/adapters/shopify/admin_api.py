"""A shop's Admin API as far as the tests ask it: costs, throttling, bulk operations, a storage."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from adapters.shopify import making_shopify as making

STORAGE = "https://storage.example"


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def lamp(number: int, **changed: object) -> dict[str, Any]:
    """A product as the Admin API gives it, of one variant that can be bought."""
    return {
        "id": gid("Product", number),
        "title": f"Lamp {number}",
        "productType": "Lighting",
        "tags": ["warm"],
        "status": "ACTIVE",
        "priceRangeV2": {"minVariantPrice": {"amount": "19.90", "currencyCode": "EUR"}},
        "variants": [variant(1_000 + number)],
        **changed,
    }


def variant(number: int, *, available: bool = True) -> dict[str, Any]:
    item = {"id": gid("InventoryItem", number)}
    return {
        "id": gid("ProductVariant", number),
        "availableForSale": available,
        "inventoryItem": item,
    }


def jsonl(products: Iterable[dict[str, Any]]) -> bytes:
    """As a bulk operation writes it: variants behind their product."""
    lines: list[bytes] = []
    for one in products:
        told = {name: value for name, value in one.items() if name != "variants"}
        lines.append(json.dumps(told).encode())
        parent = {"__parentId": one["id"]}
        lines.extend(json.dumps({**each, **parent}).encode() for each in one["variants"])
    return b"".join(line + b"\n" for line in lines)


@dataclass
class AdminApi:
    """Of one shop. The bucket fills when the test's clock goes on."""

    clock: Callable[[], float]
    products: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    held: float = 2_000.0
    rate: float = 100.0
    cost: float = 100.0
    tokens: set[str] = field(default_factory=lambda: {"access-1"})
    states: list[str] = field(default_factory=lambda: ["COMPLETED"])
    """How the operation does, at each look; the last stays."""
    scopes: tuple[str, ...] = ("read_products", "read_inventory")
    file: bytes = b""
    ranges: bool = True
    cut_at: int | None = None
    """The storage's connection breaks after so many bytes."""
    page: int = 100
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    refused: int = 0
    begun: int = 0
    fetched: list[str] = field(default_factory=list[str])
    at: float = 0.0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "storage.example":
            return self._stored(request)
        assert request.url.path == "/admin/api/2026-10/graphql.json"
        if request.headers["X-Shopify-Access-Token"] not in self.tokens:
            return httpx.Response(401, json={"errors": "invalid token"})
        said = json.loads(request.content)
        self.asked.append(said)
        now = self.clock()
        self.held, self.at = min(2_000.0, self.held + (now - self.at) * self.rate), now
        if self.held < self.cost:
            self.refused += 1
            throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return self._answer({"errors": [throttled]})
        self.held -= self.cost
        return self._answer({"data": self._data(said["query"], said["variables"])})

    def _answer(self, said: dict[str, Any]) -> httpx.Response:
        status = {
            "maximumAvailable": 2_000.0,
            "currentlyAvailable": self.held,
            "restoreRate": self.rate,
        }
        cost = {"requestedQueryCost": self.cost, "throttleStatus": status}
        return httpx.Response(200, json={**said, "extensions": {"cost": cost}})

    def _data(self, query: str, given: dict[str, Any]) -> dict[str, Any]:
        name = query.partition("(")[0].rpartition(" ")[2]
        name = query.partition(" {")[0] if "(" not in query else name
        found: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "query granted": lambda _: self._granted(),
            "run": self._run,
            "look": self._look,
            "products": lambda given: {"nodes": [self._node(one) for one in given["ids"]]},
            "owners": lambda given: {"nodes": [self._item(one) for one in given["ids"]]},
            "more": self._more,
        }
        return found[name](given)

    def _run(self, given: dict[str, Any]) -> dict[str, Any]:
        assert "products" in given["query"]
        self.begun += 1
        operation = {"id": gid("BulkOperation", self.begun)}
        return {"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": []}}

    def _granted(self) -> dict[str, Any]:
        handles = [{"handle": one} for one in self.scopes]
        return {"currentAppInstallation": {"accessScopes": handles}}

    def _look(self, given: dict[str, Any]) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state == "FORGOTTEN":
            return {"node": None}
        done = state == "COMPLETED" and bool(self.file)
        roots = self.file.count(b"\n") - self.file.count(b"__parentId")
        return {
            "node": {
                "id": given["id"],
                "status": state,
                "errorCode": "TIMEOUT" if state == "FAILED" else None,
                "rootObjectCount": str(roots),
                "url": f"{STORAGE}/result" if done else None,
            }
        }

    def _node(self, name: str) -> dict[str, Any] | None:
        one = self.products.get(int(name.rpartition("/")[2]))
        return None if one is None else {**one, "variants": self._variants(one, 0)}

    def _variants(self, one: dict[str, Any], start: int) -> dict[str, Any]:
        end = start + self.page
        more = end < len(one["variants"])
        return {
            "nodes": one["variants"][start:end],
            "pageInfo": {"hasNextPage": more, "endCursor": str(end)},
        }

    def _more(self, given: dict[str, Any]) -> dict[str, Any]:
        one = self.products[int(given["id"].rpartition("/")[2])]
        return {"product": {"variants": self._variants(one, int(given["after"]))}}

    def _item(self, name: str) -> dict[str, Any] | None:
        for one in self.products.values():
            if any(each["inventoryItem"]["id"] == name for each in one["variants"]):
                return {"id": name, "variant": {"product": {"id": one["id"]}}}
        return None

    def _stored(self, request: httpx.Request) -> httpx.Response:
        assert "X-Shopify-Access-Token" not in request.headers
        told = request.headers.get("Range", "")
        self.fetched.append(told)
        start = int(told.removeprefix("bytes=").removesuffix("-") or 0) if self.ranges else 0
        status = 206 if told and self.ranges else 200
        if self.cut_at is None:
            return httpx.Response(status, content=self.file[start:])
        cut, self.cut_at = self.cut_at, None
        return httpx.Response(status, stream=_Broken(self.file[start:cut]))


class _Broken(httpx.AsyncByteStream):
    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data
        raise httpx.ReadError("broken")


def answered(api: AdminApi, request: httpx.Request) -> httpx.Response:
    """As from a socket."""
    response = api.answer(request)
    return response if isinstance(response.stream, _Broken) else making.streamed(response)
