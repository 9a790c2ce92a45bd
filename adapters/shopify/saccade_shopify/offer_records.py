"""Whose turn it is to write a shop's tables, of all processes; and which orders were read last.

One row a shop, in the records' database. Nothing here is asynchronous: call it in a thread.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Float,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from saccade.stores.sqlite_file import open_engine, take_turn

LEASE_S = 900.0
"""A process that writes tables and dies keeps others out no longer."""
PATIENCE_S = 10.0
"""How long a write waits for other writers of an SQLite file."""

_metadata = MetaData()
_rows = Table(
    "shopify_offers",
    _metadata,
    Column("shop", String(255), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until", Float(53), nullable=False),
    Column("operation", String(32), nullable=False),
    Column("begun_at", Float(53), nullable=False),
)

_T = TypeVar("_T")


class Orders(NamedTuple):
    """The bulk operation that read the orders last; ``""`` for none."""

    operation: str = ""
    begun_at: float = 0.0


class OfferRecords:
    """Of one database. The table is made when it is first needed: a server starts without."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        if self._engine.dialect.name == "sqlite":
            Path(self._engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
        self._made = False

    def take(self, shop: str, owner: str, now: float) -> Orders | None:
        """Be the one that writes; ``None`` while it is another's turn, or nobody's yet."""
        self._make()
        try:
            return self._written(lambda one: _take(one, shop, owner, now))
        except IntegrityError:  # another process was first
            return None

    def extend(self, shop: str, owner: str, now: float) -> bool:
        """Go on; false where the lease ended and another took it."""
        mine = update(_rows).where(_rows.c.shop == shop, _rows.c.owner == owner)
        return bool(
            self._written(lambda one: one.execute(mine.values(until=now + LEASE_S)).rowcount)
        )

    def remember(self, shop: str, owner: str, orders: Orders) -> None:
        """Where these orders are read, for whoever goes on."""
        mine = update(_rows).where(_rows.c.shop == shop, _rows.c.owner == owner)
        self._written(lambda one: one.execute(mine.values(**orders._asdict())))

    def end(self, shop: str, owner: str, until: float) -> None:
        """Done, or given up: it is nobody's turn until then."""
        mine = update(_rows).where(_rows.c.shop == shop, _rows.c.owner == owner)
        self._written(lambda one: one.execute(mine.values(owner="", until=until)))

    def drop(self, shop: str) -> None:
        """Forget a shop (Shopify 15)."""
        self._make()
        self._written(lambda one: one.execute(delete(_rows).where(_rows.c.shop == shop)))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _make(self) -> None:
        if not self._made:
            try:
                self._written(_metadata.create_all)
            except (IntegrityError, ProgrammingError):  # another process made it just then
                self._written(_metadata.create_all)
            self._made = True

    def _written(self, write: Callable[[Connection], _T]) -> _T:
        """In one transaction. Raises `sqlalchemy.exc.DBAPIError`."""
        for attempt in Retrying(
            retry=retry_if_exception(_busy),
            stop=stop_after_delay(PATIENCE_S),
            wait=wait_random(0.001, 0.05),
            reraise=True,
        ):
            with attempt, self._engine.begin() as connection:
                take_turn(connection)
                return write(connection)
        raise AssertionError("a retry ends by an answer or an exception")


def _take(connection: Connection, shop: str, owner: str, now: float) -> Orders | None:
    free = update(_rows).where(_rows.c.shop == shop, _rows.c.until <= now)
    if connection.execute(free.values(owner=owner, until=now + LEASE_S)).rowcount:
        found = select(_rows.c.operation, _rows.c.begun_at).where(_rows.c.shop == shop)
        return Orders(*connection.execute(found).one())
    known = connection.execute(select(_rows.c.shop).where(_rows.c.shop == shop))
    if known.scalar_one_or_none() is not None:
        return None
    new = {"shop": shop, "owner": owner, "until": now + LEASE_S, **Orders()._asdict()}
    connection.execute(insert(_rows).values(new))
    return Orders()


def _busy(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
