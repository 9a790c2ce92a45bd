"""The Admin API's one endpoint: who asks, what it costs, and what is answered."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from saccade.domain import JsonObject
from saccade_demo.shopify import access, admin, bulk, changing
from saccade_demo.shopify.bulk import BulkOperations
from saccade_demo.shopify.graphql import (
    Context,
    GraphqlError,
    Operation,
    Schema,
    execute,
    read,
    requested,
)
from saccade_demo.shopify.graphql.types import FieldType
from saccade_demo.shopify.shop import Shop
from saccade_demo.shopify.throttling import MOST_FOR_ONE


class AdminApi:
    """One shop's. ``base`` is where the stand-in serves, for addresses of bulk results."""

    def __init__(self, shop: Shop, base: Callable[[], str]) -> None:
        self._shop = shop
        self.bulk = BulkOperations(
            shop, lambda: self._schema, lambda number: f"{base()}/bulk/{number}.jsonl", self._admit
        )
        self._scope = ""
        roots = self.bulk.roots()
        self._schema: Schema = {
            **bulk.types(),
            **changing.types(),
            **admin.schema(shop, changing.mutations(shop) | self.bulk.mutations(), roots),
        }
        self._schema = self._with_nodes_of_bulk()
        shop.query_of = self._of_an_event

    def answer(self, body: bytes, token: str | None) -> tuple[int, JsonObject]:
        """Status and document. A query that cannot be answered is a 200 with ``errors``."""
        refusal = self._refusal(token)
        if refusal is not None:
            return refusal
        _, self._scope = self._shop.credentials.scope(token or "") or ("", "")
        try:
            asked = json.loads(body)
            query = str(asked["query"])
            variables: JsonObject = asked.get("variables") or {}
            name = asked.get("operationName")
        except (ValueError, KeyError, TypeError, AttributeError):
            return 400, {"errors": "[API] Bad request: the body is no GraphQL request"}
        try:
            return 200, self._executed(read(query, name), variables)
        except GraphqlError as error:
            return 200, {"errors": [error.document()]}

    def _refusal(self, token: str | None) -> tuple[int, JsonObject] | None:
        held = self._shop.credentials.scope(token) if token else None
        if held is None or not self._shop.is_installed:
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return 401, {"errors": message}
        if not self._shop.credentials.is_expiring(token or ""):
            message = "Non-expiring access tokens are no longer accepted for the Admin API."
            return 403, {"errors": message}
        if self._shop.faults.hits("broken"):
            return 502, {"errors": "Bad gateway"}
        return None

    def _executed(self, operation: Operation, variables: Mapping[str, Any]) -> JsonObject:
        """Raises `GraphqlError`."""
        self._admit(operation)
        wanted = requested(operation, variables, self._schema)
        if wanted > MOST_FOR_ONE:
            message = f"Query cost is {wanted}, which exceeds the single query max cost limit"
            raise GraphqlError(
                f"{message} ({MOST_FOR_ONE}).",
                "MAX_COST_EXCEEDED",
                cost=wanted,
                maxCost=MOST_FOR_ONE,
            )
        bucket = self._shop.bucket
        if self._shop.faults.hits("throttled"):
            bucket.drain(min(wanted - 1, bucket.available))
        if bucket.available < wanted:
            throttled = GraphqlError("Throttled", "THROTTLED").document()
            return {"errors": [throttled], "extensions": self._cost(wanted, None)}
        answer = execute(operation, variables, Context(self._schema))
        bucket.takes(wanted, answer.actual)
        return {"data": answer.data, "extensions": self._cost(wanted, answer.actual)}

    def _admit(self, operation: Operation) -> None:
        """Of the caller who is answered now. Raises `GraphqlError`."""
        access.check(operation, self._scope)

    def _cost(self, wanted: int, actual: int | None) -> JsonObject:
        return {
            "cost": {
                "requestedQueryCost": wanted,
                "actualQueryCost": actual,
                "throttleStatus": self._shop.bucket.status(),
            }
        }

    def _of_an_event(self, query: str, variables: JsonObject) -> JsonObject:
        return execute(read(query), variables, Context(self._schema)).data

    def _with_nodes_of_bulk(self) -> Schema:
        """``node`` knows bulk operations too."""
        roots = dict(self._schema["QueryRoot"])
        resolve = roots["node"].resolve

        def found(value: JsonObject, given: Mapping[str, Any]) -> JsonObject | None:
            return self.bulk.node(given.get("id")) or (resolve(value, given) if resolve else None)

        roots["node"] = FieldType("Node", found, frozenset({"id"}))
        return {**self._schema, "QueryRoot": roots}
