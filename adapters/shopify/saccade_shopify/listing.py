"""What may be offered now, and which tables stand in the shop: every product, by a bulk operation.

The core's index knows no handles, and a table has to be compared with the one that stands.
"""

from collections.abc import AsyncIterable
from typing import NamedTuple

import msgspec

from saccade_shopify.bulk import decoded
from saccade_shopify.nodes import FIELDS, Line, Variant, product
from saccade_shopify.offers import KEY, NAMESPACE, Listed
from saccade_shopify.payloads import plain
from saccade_shopify.products import Items

QUERY = (
    f"{{ products {{ edges {{ node {{ {FIELDS} handle "
    f'metafield(namespace: "{NAMESPACE}", key: "{KEY}") {{ value }} '
    "variants { edges { node { id availableForSale } } } } } } }"
)
"""Of products that are not shown too: a table may stand there from when they were."""


class _Metafield(msgspec.Struct):
    value: str = ""


class _Line(Line, rename="camel"):
    handle: str = ""
    metafield: _Metafield | None = None


class Shelves(NamedTuple):
    """Of one shop, by product."""

    listed: dict[str, Listed]
    standing: dict[str, str]
    """Tables as they are in the shop."""


async def shelves(rows: AsyncIterable[bytes]) -> Shelves:
    """Of a bulk operation's lines. A line that cannot be read lists nothing."""
    found = Shelves({}, {})
    node: _Line | None = None
    variants: list[Variant] = []
    async for line in decoded(rows, _Line):
        if line.parent is None:
            _put(found, node, variants)
            node, variants = line, []
        elif node is not None and line.parent == node.id:
            variants.append(Variant(line.available_for_sale))
    _put(found, node, variants)
    return found


def _put(found: Shelves, line: _Line | None, variants: list[Variant]) -> None:
    if line is None or (name := plain(line.id)) is None:
        return
    if line.metafield is not None:
        found.standing[name] = line.metafield.value
    told = product(line, variants, Items())
    if told is not None and line.shown:
        found.listed[name] = Listed(told, line.handle)
