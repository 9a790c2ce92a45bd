"""The tables of offers of a shop: counted, compared with those that stand, written (R72).

Off the page path, and gone on with after a restart: the operation that reads the orders is
remembered, and of the tables only those are written that are not in the shop yet.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog

from saccade.catalog import CatalogError
from saccade.domain import JsonObject
from saccade_shopify import listing, offers, orders
from saccade_shopify.bulk import BulkOperations
from saccade_shopify.graphql import Graphql
from saccade_shopify.listing import Shelves
from saccade_shopify.offer_records import OfferRecords, Orders
from saccade_shopify.offers import Together
from saccade_shopify.shops import tenant_of

LIFE_S = 3 * 86_400.0
"""A table that is not renewed is over after so long: a price on it is no older."""
RENEWED_S = LIFE_S / 2
"""One with less left is written again, whatever it offers."""
PATIENCE_S = 7_200.0
"""For a bulk operation, which Shopify runs when it can."""
FIRST_LOOK_S, LONGEST_LOOK_S = 0.5, 30.0

_UNDER_WAY = frozenset({"CREATED", "RUNNING"})
log = structlog.get_logger()


class _UserError(msgspec.Struct):
    field: tuple[str, ...] | None = None
    code: str | None = None


class _Payload(msgspec.Struct, rename="camel"):
    user_errors: tuple[_UserError, ...] = ()


class _Set(msgspec.Struct, rename="camel"):
    metafields_set: _Payload | None = None


class _Removed(msgspec.Struct, rename="camel"):
    metafields_delete: _Payload | None = None


class Written(NamedTuple):
    """What a run came to."""

    tables: int
    """There are now."""
    written: int
    removed: int


class Shop(NamedTuple):
    """What is asked of one shop, and by whom."""

    name: str
    graphql: Graphql
    bulk: BulkOperations


class OfferTables:
    """Of every shop of one app. ``orders_every_s`` lies between two readings of the orders; what is
    offered, and at what price, is read each time."""

    def __init__(
        self,
        records: OfferRecords,
        orders_every_s: float,
        rest_s: float,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._records = records
        self._orders_every_s = orders_every_s
        self._rest_s = rest_s
        self._sleep = sleep
        self._clock = clock
        self._owner = secrets.token_hex(16)

    async def run(self, shop: Shop) -> Written | None:
        """Bring one shop up to date; ``None`` where another does or has just done.

        Raises `CatalogError`.
        """
        known = await asyncio.to_thread(self._records.take, shop.name, self._owner, self._clock())
        if known is None:
            return None
        rest_s = 0.0
        try:
            written = await self._brought_up_to_date(shop, known)
            rest_s = self._rest_s
        finally:
            until = self._clock() + rest_s
            await asyncio.to_thread(self._records.end, shop.name, self._owner, until)
        told = f"{written.written} written, {written.removed} removed"
        log.info("offers_written", tenant=tenant_of(shop.name), count=written.tables, text=told)
        return written

    async def _brought_up_to_date(self, shop: Shop, known: Orders) -> Written:
        together = await self._together(shop, known)
        shelves = await self._shelves(shop)
        until = self._clock() + LIFE_S
        wanted: set[str] = set()
        changed: dict[str, str] = {}
        for bought, made in offers.tables(together, shelves.listed, until):
            await asyncio.sleep(0)  # shoppers are served meanwhile
            if made is not None:
                wanted.add(bought)
                if self._differs(shelves, bought, made):
                    changed[bought] = made
        gone = [one for one in shelves.standing if one not in wanted]
        written = await self._set(shop, changed)
        await self._remove(shop, gone)
        return Written(len(wanted), written, len(gone))

    def _differs(self, shelves: Shelves, product: str, text: str) -> bool:
        standing = shelves.standing.get(product, "")
        return offers.differs(standing, text, self._clock() + RENEWED_S)

    # --- what is read -------------------------------------------------------------------------

    async def _together(self, shop: Shop, known: Orders) -> Together:
        """By the operation of last time, while that is good enough, or by another."""
        now = self._clock()
        url = None
        if known.operation and now < known.begun_at + self._orders_every_s:
            with contextlib.suppress(CatalogError):  # forgotten, or it failed: another is begun
                url = await self._ended(shop, known.operation)
        if url is None:
            operation = await shop.bulk.begin(orders.query(now))
            remembered = Orders(operation, now)
            await asyncio.to_thread(self._records.remember, shop.name, self._owner, remembered)
            url = await self._ended(shop, operation)
        if not url:
            return Together()
        async with contextlib.aclosing(shop.bulk.rows(url)) as rows:
            return await orders.counted(rows)

    async def _shelves(self, shop: Shop) -> Shelves:
        """Always anew: it says what stands there now, and so what is left to be written."""
        url = await self._ended(shop, await shop.bulk.begin(listing.QUERY))
        if not url:
            return Shelves({}, {})
        async with contextlib.aclosing(shop.bulk.rows(url)) as rows:
            return await listing.shelves(rows)

    async def _ended(self, shop: Shop, operation: str) -> str:
        """Its file's address; empty where it found nothing. Raises `CatalogError`."""
        pause, until = FIRST_LOOK_S, self._clock() + PATIENCE_S
        while True:
            told = await shop.bulk.look(operation)
            if told is None or told.status not in {*_UNDER_WAY, "COMPLETED"}:
                why = "is forgotten" if told is None else told.error_code or told.status
                raise CatalogError(f"Shopify's bulk operation came to nothing ({why})")
            if told.status not in _UNDER_WAY:
                return told.url or ""
            if self._clock() > until:
                raise CatalogError("Shopify's bulk operation does not come to an end")
            await self._go_on(shop)
            await self._sleep(pause)
            pause = min(2 * pause, LONGEST_LOOK_S)

    # --- what is written ----------------------------------------------------------------------

    async def _set(self, shop: Shop, changed: Mapping[str, str]) -> int:
        """So many were. A call is all or none: one product that is gone by now is left out."""
        count = 0
        for call in offers.inputs(changed.items()):
            await self._go_on(shop)
            batch: list[JsonObject] = call["metafields"]
            while batch:
                payload = (
                    await shop.graphql.ask(offers.SET, {"metafields": batch}, _Set)
                ).metafields_set
                errors = () if payload is None else payload.user_errors
                if payload is not None and not errors:
                    count += len(batch)
                    break
                batch = _without(batch, errors)
        return count

    async def _remove(self, shop: Shop, gone: Sequence[str]) -> None:
        for call in offers.removals(gone):
            await self._go_on(shop)
            told = await shop.graphql.ask(offers.REMOVE, call, _Removed)
            if told.metafields_delete is None or told.metafields_delete.user_errors:
                raise CatalogError("Shopify removes no metafield")

    async def _go_on(self, shop: Shop) -> None:
        """The lease is held, or another writes by now. Raises `CatalogError`."""
        now = self._clock()
        if not await asyncio.to_thread(self._records.extend, shop.name, self._owner, now):
            raise CatalogError(f"another process writes the offers of {shop.name}")


def _without(batch: Sequence[JsonObject], errors: Sequence[_UserError]) -> list[JsonObject]:
    """What is left when those refused are taken out. Raises `CatalogError` where none is named."""
    refused = set(_places(errors))
    left = [one for number, one in enumerate(batch) if number not in refused]
    if len(left) == len(batch):
        codes = ", ".join(sorted({one.code or "UNKNOWN" for one in errors}) or ("empty",))
        raise CatalogError(f"Shopify sets no metafield ({codes})")
    log.warning("offers_refused", count=len(batch) - len(left))
    return left


def _places(errors: Sequence[_UserError]) -> Iterator[int]:
    """Of ``["metafields", "3", "value"]``."""
    for one in errors:
        path = one.field or ()
        if len(path) > 1 and path[0] == "metafields" and path[1].isdecimal():
            yield int(path[1])
