"""The core's index of a tenant's products, read synchronously in a decision."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import msgspec

from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade.ports import CatalogPort

MOST_LOST = 3
"""Pages in a row that may be lost. More is no bad page but a bad day: the walk waits."""

SLICE = 2_000
"""Products looked through before the loop has its turn."""


class CatalogError(Exception):
    """The platform gives no catalog now: why, and what to do, without its URL."""

    def __init__(self, problem: str, *, after_s: float = 0.0) -> None:
        super().__init__(problem)
        self.after_s = after_s
        """The platform wants to be left alone for so long."""


@runtime_checkable
class LookedAt(Protocol):
    """A catalog whose first page is a platform's work of minutes: whoever only wants to know
    whether it can be had looks."""

    async def look(self) -> None:
        """Nothing is begun by it. Raises `CatalogError`."""
        ...


@dataclass(slots=True)
class Walk:
    """One way through a whole catalog. It outlives a fault: whoever goes on with it goes on at
    ``cursor``."""

    cursor: str | None = None
    number: int = 0
    """Pages taken in."""
    pages: int | None = None
    """Pages there are, where the platform tells."""
    seen: set[str] = field(default_factory=set[str])
    skipped: Counter[str] = field(default_factory=Counter[str])
    """What could not be read, products and pages, by reason."""
    whole: bool = True
    """No page was lost: what was not met is not there."""
    lost_in_a_row: int = 0
    ended: bool = False

    def has_met(self, page: CatalogPage) -> bool:
        """Whether every product of a page came before: a platform that turns no page."""
        return bool(page.products) and all(one.id in self.seen for one in page.products)

    def take(self, page: CatalogPage) -> None:
        """Count one page."""
        self.seen.update(product.id for product in page.products)
        self.seen.difference_update(page.removed)
        self.skipped.update(page.skipped)
        self.lost_in_a_row = 0 if page.lost is None else self.lost_in_a_row + 1
        if page.lost is not None:
            self.skipped[page.lost] += 1
            self.whole = False
        self.number += 1
        self.pages = page.pages or self.pages
        self.cursor, self.ended = page.cursor, page.cursor is None


Taken = Callable[[CatalogPage], Awaitable[None]]
"""Told of every page, after the index has it."""


async def _untold(_: CatalogPage) -> None:
    """Nobody wants to know."""


class CatalogIndex:
    """Products by tenant and id."""

    def __init__(self) -> None:
        self._products: dict[str, dict[str, Product]] = {}
        self._told: dict[str, set[str]] = {}
        """Of each walk under way: what was told of meanwhile, products and those that are gone."""

    def find(self, tenant: str, product: str | None) -> Product | None:
        """The product, or ``None`` where the index does not know it."""
        return self._products.get(tenant, {}).get(product) if product else None

    def count(self, tenant: str) -> int:
        """How many products of a tenant it knows."""
        return len(self._products.get(tenant, {}))

    def tell(self, tenant: str, products: Sequence[Product], removed: Sequence[str]) -> None:
        """Take in what the platform told by itself. A walk under way does not take it back."""
        told = self._told.get(tenant)
        if told is not None:
            told.update(removed, (product.id for product in products))
        self.apply(tenant, products, removed)

    def apply(self, tenant: str, products: Iterable[Product], removed: Iterable[str] = ()) -> None:
        """Take in one page of changes."""
        known = self._products.setdefault(tenant, {})
        known.update((product.id, product) for product in products)
        for product_id in removed:
            known.pop(product_id, None)

    def forget(self, tenant: str) -> None:
        """Know nothing of a tenant's products any more."""
        self._products.pop(tenant, None)
        self._told.pop(tenant, None)

    async def sync(
        self, tenant: str, catalog: CatalogPort, walk: Walk | None = None, taken: Taken = _untold
    ) -> Walk:
        """Go ``walk`` to its end, a new one unless one is given to be gone on with.

        What it has not met is gone, but not where a page was lost, nor where it met nothing at all:
        that is a platform that builds its search anew. Raises what ``catalog`` raises; the walk
        then stands where it stopped.
        """
        walk = walk or Walk()
        if not walk.number:
            self._told[tenant] = set()
        told = self._told.setdefault(tenant, set())
        while not walk.ended:
            page = await catalog.changes(walk.cursor)
            if page.lost is None and walk.has_met(page):
                page = msgspec.structs.replace(page, lost="repeated")
            if page.lost is not None and walk.lost_in_a_row == MOST_LOST:
                raise CatalogError(f"page after page of the catalog cannot be read ({page.lost})")
            if page.snapshot and not walk.number:
                told.clear()  # it may have rested for long: the snapshot is of now
            past = told if page.snapshot else ()
            self.apply(tenant, (one for one in page.products if one.id not in past), page.removed)
            walk.take(page)
            await taken(page)
        if walk.whole and walk.seen:
            await self._forget_others(tenant, walk.seen | told)
        self._told.pop(tenant, None)
        return walk

    async def _forget_others(self, tenant: str, ids: set[str]) -> None:
        """A slice at a time: the loop serves pages meanwhile."""
        known = self._products.get(tenant, {})
        names = list(known)
        for start in range(0, len(names), SLICE):
            for product_id in names[start : start + SLICE]:
                if product_id not in ids:
                    known.pop(product_id, None)
            await asyncio.sleep(0)
