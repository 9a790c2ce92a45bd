"""The shop's products: all of them by a bulk operation, some of them by their ids."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import msgspec

from saccade.catalog import CatalogError
from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade_shopify import scopes
from saccade_shopify.bulk import BulkOperations, Operation
from saccade_shopify.graphql import Graphql
from saccade_shopify.nodes import FIELDS, PRODUCT, VARIANT, Named, Node, Variant, grouped, product
from saccade_shopify.payloads import plain
from saccade_shopify.products import Items
from saccade_shopify.topics import ITEM

PAGE_PRODUCTS = 500
AT_ONCE = 4
"""Products of one query: with a hundred variants and their items each they stay below its limit of
1,000 points."""
ITEMS_AT_ONCE = 100
VARIANT_PAGES = 21
"""A product has 2,048 variants at most."""
LOOKS = 6
"""At an operation under way, in one page of the walk."""
FIRST_LOOK_S, LONGEST_LOOK_S = 0.5, 10.0

_CURSOR = re.compile(r"([0-9]{1,20})/([0-9]{1,12})/([0-9]{1,9})/([0-9]{1,9})")
_DONE = "COMPLETED"
_UNDER_WAY = frozenset({"CREATED", "RUNNING", "CANCELING"})
_VARIANTS = f"{{ nodes {{ {VARIANT} }} pageInfo {{ hasNextPage endCursor }} }}"
_PRODUCTS = (
    "query products($ids: [ID!]!) { nodes(ids: $ids) { ... on Product "
    f"{{ {FIELDS} variants(first: 100) {_VARIANTS} }} }} }}"
)
_MORE = (
    "query more($id: ID!, $after: String) { product(id: $id) "
    f"{{ variants(first: 100, after: $after) {_VARIANTS} }} }}"
)
_OWNERS = (
    "query owners($ids: [ID!]!) { nodes(ids: $ids) { ... on InventoryItem "
    "{ id variant { product { id } } } } }"
)


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class _Variants(msgspec.Struct, rename="camel"):
    nodes: tuple[Variant, ...] = ()
    page_info: _PageInfo = msgspec.field(default_factory=_PageInfo)


class _Product(Node, rename="camel"):
    id: str = ""
    variants: _Variants = msgspec.field(default_factory=_Variants)


class _Products(msgspec.Struct):
    nodes: tuple[_Product | None, ...] = ()


class _WithVariants(msgspec.Struct):
    variants: _Variants = msgspec.field(default_factory=_Variants)


class _More(msgspec.Struct):
    product: _WithVariants | None = None


class _Owned(msgspec.Struct):
    product: Named | None = None


class _Item(msgspec.Struct):
    id: str = ""
    variant: _Owned | None = None


class _Owners(msgspec.Struct):
    nodes: tuple[_Item | None, ...] = ()


class _Place(NamedTuple):
    """In a walk: an operation, a byte of its file, a page and how many there are (0: not known)."""

    operation: str
    offset: int = 0
    page: int = 0
    pages: int = 0

    def __str__(self) -> str:
        return "/".join(map(str, self))


class ShopifyCatalog:
    """Of one shop. A walk is one bulk operation: its cursor names it, and the byte to go on at.

    Between two walks there rests ``every_s``: what changes meanwhile, webhooks tell.
    """

    def __init__(
        self,
        graphql: Graphql,
        bulk: BulkOperations,
        items: Items,
        every_s: float,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._graphql = graphql
        self._bulk = bulk
        self._items = items
        self._every_s = every_s
        self._sleep = sleep
        self._clock = clock
        self._ended_at: float | None = None
        self._failed = ""

    async def changes(self, cursor: str | None) -> CatalogPage:
        """The next part of the walk, which may be empty. Raises `CatalogError`."""
        match = _CURSOR.fullmatch(cursor or "")
        if match is None:
            await self._rest()
            return _begun(await self._bulk.begin())
        place = _Place(match[1], int(match[2]), int(match[3]), int(match[4]))
        operation = await self._looked(place.operation)
        if operation is None:  # forgotten after a week, or it failed: another is begun
            return _begun(await self._bulk.begin())
        if operation.status in _UNDER_WAY:
            return CatalogPage((), cursor=str(place))
        pages = max(1, -(-operation.products // PAGE_PRODUCTS))
        return await self._page(place._replace(pages=pages), operation)

    async def look(self) -> None:
        """See `saccade.catalog.LookedAt`."""
        given = await scopes.ask(self._graphql)
        scopes.need(self._graphql.shop, scopes.CATALOG, given)

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """Those that a storefront may show, by their ids or an inventory item's (Shopify 12, 13).

        Raises `CatalogError`.
        """
        items = [one for one in ids if one.startswith(ITEM)]
        owners = await self._owners(items)
        wanted = dict.fromkeys([*(one for one in ids if one.isdecimal()), *owners])
        names = [f"{PRODUCT}{one}" for one in wanted]
        found: list[Product] = []
        for start in range(0, len(names), AT_ONCE):
            asked = {"ids": names[start : start + AT_ONCE]}
            for node in (await self._graphql.ask(_PRODUCTS, asked, _Products)).nodes:
                if node is not None and node.shown:
                    told = product(node, await self._variants(node), self._items)
                    found.extend([] if told is None else [told])
        return found

    async def _owners(self, items: Sequence[str]) -> list[str]:
        """The products inventory items belong to."""
        found: list[str] = []
        for start in range(0, len(items), ITEMS_AT_ONCE):
            asked = {"ids": items[start : start + ITEMS_AT_ONCE]}
            for item in (await self._graphql.ask(_OWNERS, asked, _Owners)).nodes:
                owner = item.variant.product if item and item.variant else None
                name = plain(owner.id) if owner else None
                if item is not None and name is not None:
                    self._items.belong(filter(None, [plain(item.id)]), name)
                    found.append(name)
        return found

    async def _variants(self, node: _Product) -> list[Variant]:
        """As many as it takes to know whether any can be bought."""
        known, page = list(node.variants.nodes), node.variants.page_info
        for _ in range(VARIANT_PAGES):
            if not page.has_next_page or any(one.available_for_sale for one in known):
                break
            asked = {"id": node.id, "after": page.end_cursor}
            more = (await self._graphql.ask(_MORE, asked, _More)).product
            if more is None:
                break
            known.extend(more.variants.nodes)
            page = more.variants.page_info
        return known

    # --- the walk -----------------------------------------------------------------------------

    async def _rest(self) -> None:
        if self._ended_at is not None:
            await self._sleep(max(0.0, self._ended_at + self._every_s - self._clock()))

    async def _looked(self, number: str) -> Operation | None:
        """The operation, waited for a while; ``None`` where it came to nothing.

        One that fails is told once, and another begun when the walk goes on. Raises `CatalogError`.
        """
        pause = FIRST_LOOK_S
        operation = await self._bulk.look(number)
        for _ in range(LOOKS - 1):
            if operation is None or operation.status not in _UNDER_WAY:
                break
            await self._sleep(pause)
            pause = min(2 * pause, LONGEST_LOOK_S)
            operation = await self._bulk.look(number)
        if operation is None or number == self._failed:
            return None
        if operation.status in {_DONE, *_UNDER_WAY}:
            return operation
        self._failed = number
        why = operation.error_code or operation.status
        raise CatalogError(f"Shopify's bulk query failed ({why})", after_s=60.0)

    async def _page(self, place: _Place, operation: Operation) -> CatalogPage:
        if operation.url is None:  # it found nothing
            self._ended_at = self._clock()
            return CatalogPage((), pages=place.pages)
        part = await self._bulk.read(operation.url, place.offset, PAGE_PRODUCTS)
        told = [
            product(node, variants, self._items)
            for node, variants in grouped(part.lines)
            if node.shown
        ]
        following = None
        if part.offset is not None:
            following = str(place._replace(offset=part.offset, page=place.page + 1))
        else:
            self._ended_at = self._clock()
        skipped = ("not_json",) * part.unreadable + ("no_product",) * told.count(None)
        products = tuple(one for one in told if one is not None)
        return CatalogPage(products, (), following, place.pages, skipped, snapshot=True)


def _begun(operation: str) -> CatalogPage:
    """Its file will tell of the products as they are now, and it takes minutes."""
    return CatalogPage((), cursor=str(_Place(operation)), snapshot=True)


class WithoutToken:
    """Of a shop no token is kept for: webhooks are its only source."""

    async def look(self) -> None:
        """Raises `CatalogError`."""
        raise _missing()

    async def changes(self, cursor: str | None) -> CatalogPage:
        """Raises `CatalogError`."""
        del cursor
        raise _missing()

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        """Raises `CatalogError`."""
        del ids
        raise _missing()


def _missing() -> CatalogError:
    return CatalogError("no token is kept for this shop. Fix: install the app in it")
