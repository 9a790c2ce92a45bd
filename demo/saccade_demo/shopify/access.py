"""What a token's scopes let it ask for: the fields the app uses, and no others are guarded."""

from collections.abc import Mapping

from saccade_demo.shopify.graphql import GraphqlError, Operation
from saccade_demo.shopify.graphql.reading import Field

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "products": ("read_products",),
    "product": ("read_products",),
    "orders": ("read_orders",),
    "metafieldsSet": ("write_products",),
    "metafieldsDelete": ("write_products",),
    "webPixel": ("read_pixels",),
    "webPixelCreate": ("write_pixels", "read_customer_events"),
    "webPixelUpdate": ("write_pixels", "read_customer_events"),
}
"""By the field of a query's or a mutation's root. Metafields are of products alone here."""


def check(operation: Operation, scope: str) -> None:
    """Raises `GraphqlError` for a field that ``scope`` does not admit."""
    held = {one.strip() for one in scope.split(",")}
    held |= {f"read_{one.removeprefix('write_')}" for one in held if one.startswith("write_")}
    for part in operation.selections:
        wanted = REQUIRED.get(part.name, ()) if isinstance(part, Field) else ()
        missing = [one for one in wanted if one not in held]
        if missing and isinstance(part, Field):
            names = " and ".join(f"`{one}`" for one in missing)
            raise GraphqlError(
                f"Access denied for {part.name} field. Required access: {names} access scope.",
                "ACCESS_DENIED",
                documentation="https://shopify.dev/api/usage/access-scopes",
            )
