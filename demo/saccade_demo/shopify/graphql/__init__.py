"""As much of GraphQL as an Admin API client uses, executed honestly: parsed, checked, counted."""

from saccade_demo.shopify.graphql.executing import Answer, Context, Paged, execute, requested
from saccade_demo.shopify.graphql.reading import GraphqlError, Operation, read
from saccade_demo.shopify.graphql.types import Connection, FieldType, Schema

__all__ = [
    "Answer",
    "Connection",
    "Context",
    "FieldType",
    "GraphqlError",
    "Operation",
    "Paged",
    "Schema",
    "execute",
    "read",
    "requested",
]
