"""Bulk operations: a query over everything, run aside, its result a file of JSON lines."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

from saccade.domain import JsonObject
from saccade_demo.shopify.graphql import (
    Context,
    GraphqlError,
    Operation,
    Paged,
    Schema,
    execute,
    read,
)
from saccade_demo.shopify.graphql.types import Arguments, Connection, FieldType, connection, scalars
from saccade_demo.shopify.products import gid, iso
from saccade_demo.shopify.shop import Shop

AT_ONCE = 5
"""Queries one app may have under way in a shop."""

TAKES_S = 0.2
RESULT_LIFE_S = 7 * 86_400.0


@dataclass(slots=True)
class BulkOperation:
    """``result`` is made when it is first looked at after `TAKES_S`."""

    id: int
    query: str
    created_at: float
    is_cancelled: bool = False
    result: bytes | None = None
    error: str | None = None
    roots: int = 0


class BulkOperations:
    """Of one shop. ``url`` gives a result's address by the operation's number; ``admit`` refuses
    what whoever asks may not read."""

    def __init__(
        self,
        shop: Shop,
        schema: Callable[[], Schema],
        url: Callable[[int], str],
        admit: Callable[[Operation], None],
    ) -> None:
        self._admit = admit
        self._shop = shop
        self._schema = schema
        self._url = url
        self._all: dict[int, BulkOperation] = {}

    def result(self, number: int) -> bytes | None:
        """What it found; ``None`` before it is done and after `RESULT_LIFE_S`."""
        one = self._all.get(number)
        if one is None or self._shop.clock() >= one.created_at + TAKES_S + RESULT_LIFE_S:
            return None
        self._finish(one)
        return one.result

    def mutations(self) -> dict[str, FieldType]:
        """Run and cancel."""
        return {
            "bulkOperationRunQuery": FieldType(
                "BulkOperationPayload", self._run, frozenset({"query", "groupObjects"})
            ),
            "bulkOperationCancel": FieldType(
                "BulkOperationPayload", self._cancel, frozenset({"id"})
            ),
        }

    def roots(self) -> dict[str, FieldType]:
        """The ways to ask how one does."""
        return {
            "currentBulkOperation": FieldType(
                "BulkOperation", lambda _, __: self._newest(), frozenset({"type"})
            ),
            "bulkOperation": FieldType(
                "BulkOperation", lambda _, given: self.node(given["id"]), frozenset({"id"})
            ),
            "bulkOperations": connection(
                "BulkOperation",
                lambda _, __: Connection([self._told(o) for o in self._all.values()]),
            ),
        }

    def node(self, name: object) -> JsonObject | None:
        """By global id."""
        kind, _, number = str(name).removeprefix("gid://shopify/").partition("/")
        one = self._all.get(int(number)) if number.isdecimal() else None
        return self._told(one) if one is not None and kind == "BulkOperation" else None

    def _newest(self) -> JsonObject | None:
        return self._told(self._all[max(self._all)]) if self._all else None

    def _run(self, _: JsonObject, given: Arguments) -> JsonObject:
        under_way = sum(self._status(one) == "RUNNING" for one in self._all.values())
        if under_way >= AT_ONCE:
            message = f"A maximum of {AT_ONCE} bulk operations can run at once"
            return _payload(None, message, "OPERATION_IN_PROGRESS")
        try:
            operation = read(str(given["query"]))
            self._admit(operation)
        except GraphqlError as error:
            return _payload(None, f"Invalid bulk query: {error.message}", "INVALID")
        if operation.kind != "query" or operation.variables:
            return _payload(None, "Bulk queries are queries without variables", "INVALID")
        one = BulkOperation(self._shop.next_number(), str(given["query"]), self._shop.clock())
        self._all[one.id] = one
        return _payload(self._told(one))

    def _cancel(self, _: JsonObject, given: Arguments) -> JsonObject:
        number = str(given["id"]).rpartition("/")[2]
        one = self._all.get(int(number)) if number.isdecimal() else None
        if one is None:
            return _payload(None, "Bulk operation does not exist", "INVALID")
        one.is_cancelled = self._status(one) == "RUNNING"
        return _payload(self._told(one))

    def _status(self, one: BulkOperation) -> str:
        if one.is_cancelled:
            return "CANCELED"
        if self._shop.clock() < one.created_at + TAKES_S:
            return "RUNNING"
        return "FAILED" if one.error else "COMPLETED"

    def _finish(self, one: BulkOperation) -> None:
        if self._status(one) != "COMPLETED" or one.result is not None:
            return
        try:
            answer = execute(read(one.query), {}, Context(self._schema(), bounded=False))
            lines = [json.dumps(line, separators=(",", ":")) for line in flattened(answer.data)]
        except GraphqlError as error:
            one.error = error.message
            return
        one.roots = sum('"__parentId":' not in line for line in lines)
        one.result = "".join(f"{line}\n" for line in lines).encode()

    def _told(self, one: BulkOperation) -> JsonObject:
        self._finish(one)
        status = self._status(one)
        done = status == "COMPLETED" and one.result is not None
        lines = (one.result or b"").count(b"\n")
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", one.id),
            "status": status,
            "errorCode": "INTERNAL_SERVER_ERROR" if one.error else None,
            "createdAt": iso(one.created_at),
            "completedAt": iso(one.created_at + TAKES_S) if done else None,
            "objectCount": str(lines),
            "rootObjectCount": str(one.roots),
            "fileSize": str(len(one.result or b"")) if done else None,
            "url": self._url(one.id) if done and lines else None,
            "partialDataUrl": None,
            "query": one.query,
            "type": "QUERY",
        }


def types() -> Mapping[str, Mapping[str, FieldType]]:
    """Their own."""
    return {
        "BulkOperation": {
            **scalars("id", "status", "errorCode", "createdAt", "completedAt", "objectCount"),
            **scalars("rootObjectCount", "fileSize", "url", "partialDataUrl", "query", "type"),
        },
        "BulkOperationPayload": {
            "bulkOperation": FieldType("BulkOperation"),
            "userErrors": FieldType("UserError"),
        },
    }


def flattened(data: JsonObject, parent: str | None = None) -> Generator[JsonObject]:
    """Every connection's nodes as lines of their own, children behind their parent.

    Raises `GraphqlError` for a parent whose id was not asked for: nothing could name it.
    """
    for value in data.values():
        for node in _nodes(value):
            own = {name: one for name, one in node.items() if not isinstance(one, Paged)}
            yield own if parent is None else {**own, "__parentId": parent}
            if len(own) < len(node):
                if "id" not in node:
                    raise GraphqlError("The parent 'node' field must have the 'id' field")
                yield from flattened(node, node["id"])


def _nodes(value: object) -> list[JsonObject]:
    if not isinstance(value, Paged):
        return []
    return value["nodes"] if "nodes" in value else [edge["node"] for edge in value["edges"]]


def _payload(one: JsonObject | None, message: str = "", code: str = "") -> JsonObject:
    errors = [{"field": ["query"], "message": message, "code": code}] if message else []
    return {"bulkOperation": one, "userErrors": errors}
