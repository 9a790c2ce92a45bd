"""Types as tables: what a field answers, and where its value comes from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saccade.domain import JsonObject

Arguments = Mapping[str, Any]
"""By name, variables put in. Any: whatever the caller sent, checked by the resolver."""

Resolver = Callable[[JsonObject, Arguments], Any]
"""Any: a scalar, an object, a list or a `Connection`, as its `FieldType` says."""


@dataclass(frozen=True, slots=True)
class FieldType:
    """``of`` is the type of the object or objects answered; ``None``: a scalar.

    Without ``resolve`` the object holds the value under the field's own name.
    """

    of: str | None = None
    resolve: Resolver | None = None
    arguments: frozenset[str] = frozenset()
    is_connection: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """Every node a connection could give, in order; the executor cuts the page from it."""

    nodes: Sequence[JsonObject]


Schema = Mapping[str, Mapping[str, FieldType]]
"""Type name to its fields. Objects of a union name theirs under ``__typename``."""

PAGING = frozenset({"first", "last", "after", "before", "reverse", "sortKey", "query"})


def scalars(*names: str) -> dict[str, FieldType]:
    """Plain fields."""
    return {name: FieldType() for name in names}


def connection(of: str, resolve: Resolver, *arguments: str) -> FieldType:
    """A connection to nodes of this type."""
    return FieldType(of, resolve, PAGING | frozenset(arguments), is_connection=True)
