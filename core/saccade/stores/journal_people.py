"""What the journal holds of people: whose an order is, and every row about somebody."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Table, or_, select, tuple_
from sqlalchemy.exc import DBAPIError

from saccade.domain import Identity, JsonObject
from saccade.stores import tables
from saccade.stores.acknowledgement import JournalUnavailable

_CHUNK = 200
"""Values in one statement."""

T = TypeVar("T")


def of_orders(engine: Engine, tenant: str, orders: Sequence[str]) -> set[Identity]:
    """The visits in which these orders were placed. Raises `JournalUnavailable`."""
    table = tables.outcomes.c

    def read(connection: Connection) -> set[Identity]:
        found: set[Identity] = set()
        for some in _chunks(orders):
            ours = [table.once.endswith(f"\n{order}", autoescape=True) for order in some]
            wanted = select(table.visitor, table.session).where(table.tenant == tenant, or_(*ours))
            found.update(Identity(row[0] or "", row[1]) for row in connection.execute(wanted))
        return {one for one in found if one.visitor}

    return _read(engine, read)


def about(
    engine: Engine, tenant: str, visitors: Sequence[str], visits: Sequence[Identity]
) -> dict[str, list[JsonObject]]:
    """Decisions, exposures and outcomes of these visitors, or of these visits of others.

    Raises `JournalUnavailable`.
    """

    def read(connection: Connection) -> dict[str, list[JsonObject]]:
        kinds = (tables.decisions, tables.exposures, tables.outcomes)
        return {
            table.name: [
                msgspec.json.decode(text, type=JsonObject)
                for whose in _whose(table, visitors, visits)
                for text in connection.scalars(
                    select(table.c.record).where(table.c.tenant == tenant, whose)
                )
            ]
            for table in kinds
        }

    return _read(engine, read)


def _whose(
    table: Table, visitors: Sequence[str], visits: Sequence[Identity]
) -> Iterator[ColumnElement[bool]]:
    for some in _chunks(visitors):
        yield table.c.visitor.in_(some)
    for pairs in _chunks([(one.visitor, one.session) for one in visits]):
        yield tuple_(table.c.visitor, table.c.session).in_(pairs)


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _read(engine: Engine, read: Callable[[Connection], T]) -> T:
    try:
        with engine.connect() as connection:
            return read(connection)
    except DBAPIError as error:
        raise JournalUnavailable(f"the journal cannot be read: {error.orig}") from None
    except sqlite3.Error as error:  # raised bare while a connection is being opened
        raise JournalUnavailable(f"the journal cannot be read: {error}") from None
