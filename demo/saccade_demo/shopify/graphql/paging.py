"""One page of a connection, by cursor."""

import base64
import binascii
import json
from collections.abc import Sequence

from saccade.domain import JsonObject
from saccade_demo.shopify.graphql.lexing import GraphqlError
from saccade_demo.shopify.graphql.types import Arguments

LARGEST_PAGE = 250


def wanted(arguments: Arguments) -> int:
    """How many nodes are asked for. Raises `GraphqlError` as the API does without a bound."""
    first, last = arguments.get("first"), arguments.get("last")
    if (first is None) == (last is None):
        raise GraphqlError("you must provide one of first or last", "BAD_REQUEST")
    count = last if first is None else first
    if not isinstance(count, int) or not 1 <= count <= LARGEST_PAGE:
        raise GraphqlError(f"first and last are from 1 to {LARGEST_PAGE}", "BAD_REQUEST")
    return count


def cursor(node: JsonObject) -> str:
    """Opaque to a client; whoever looks sees the last id, as in the API's own."""
    return base64.b64encode(json.dumps({"last_id": node["id"]}).encode()).decode()


def page(nodes: Sequence[JsonObject], arguments: Arguments) -> tuple[Sequence[JsonObject], bool]:
    """The nodes of a page and whether more lie beyond it. Raises `GraphqlError`."""
    count = wanted(arguments)
    ordered = list(reversed(nodes)) if arguments.get("reverse") else list(nodes)
    if arguments.get("first") is not None:
        rest = ordered[_place(ordered, arguments.get("after")) :]
        return rest[:count], len(rest) > count
    before = arguments.get("before")
    rest = ordered if before is None else ordered[: _place(ordered, before) - 1]
    return rest[-count:], len(rest) > count


def _place(nodes: Sequence[JsonObject], at: str | None) -> int:
    """Behind the node a cursor names; ids are in order, so a node that went loses no other."""
    if at is None:
        return 0
    try:
        last = json.loads(base64.b64decode(at, validate=True))["last_id"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise GraphqlError(f"Invalid cursor for current pagination sort: {at}") from None
    for number, node in enumerate(nodes):
        if node["id"] == last:
            return number + 1
    raise GraphqlError(f"Invalid cursor for current pagination sort: {at}")
