"""Rows of the journal made to be about nobody, where consent was withdrawn (R60); or deleted.

The figures stay: that something was decided, shown and followed. Who for goes, from the columns and
from the record alike, and with it the arm, so that no analysis counts them.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Executable,
    Table,
    bindparam,
    delete,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import DBAPIError

from saccade.domain import Arm, Identity, JsonObject
from saccade.stores import tables
from saccade.stores.acknowledgement import JournalUnavailable
from saccade.stores.sqlite_file import take_turn

NOBODY = ""
"""In the columns of visitor and session, and in the record."""

_CHUNK = 500
"""Values in one statement: SQLite takes 32,766, others fewer."""

T = TypeVar("T")
Rows = dict[str | int, str]
"""Records by the row's own name."""


def erased(engine: Engine, tenant: str, visitors: Sequence[str], visits: Sequence[Identity]) -> int:
    """How many rows were about these visitors, or of these visits of others.

    Raises `JournalUnavailable`, and then none was changed.
    """
    return _changed(engine, lambda one: _erased(one, tenant, visitors, visits))


def dropped(engine: Engine, tenant: str) -> None:
    """Delete every row of a tenant, some at a time: who decides waits for no more than those.

    Raises `JournalUnavailable`; what was deleted by then is.
    """
    for table in (tables.decisions, tables.exposures, tables.outcomes):
        while _changed(engine, partial(_some_dropped, table=table, tenant=tenant)):
            pass  # until none is left


def _some_dropped(connection: Connection, table: Table, tenant: str) -> int:
    name = _name(table)
    some = select(name).where(table.c.tenant == tenant).limit(_CHUNK)
    return connection.execute(
        delete(table).where(table.c.tenant == tenant, name.in_(some))
    ).rowcount


def _changed(engine: Engine, change: Callable[[Connection], int]) -> int:
    """In one transaction."""
    try:
        with engine.begin() as connection:
            take_turn(connection)
            return change(connection)
    except DBAPIError as error:
        raise JournalUnavailable(f"the journal cannot be changed: {error.orig}") from None
    except sqlite3.Error as error:  # raised bare while its turn is waited for
        raise JournalUnavailable(f"the journal cannot be changed: {error}") from None


def _erased(
    connection: Connection, tenant: str, visitors: Sequence[str], visits: Sequence[Identity]
) -> int:
    decided = _found(connection, tables.decisions, tenant, visitors, visits)
    changes = [
        {"row": row, "record": _nameless_decision(record), "arm": Arm.NONE.value}
        for row, record in decided.items()
    ]
    table = tables.decisions.c
    change = update(tables.decisions).where(table.tenant == tenant, table.id == bindparam("row"))
    if changes:
        connection.execute(
            change.values(
                visitor=NOBODY, session=NOBODY, record=bindparam("record"), arm=bindparam("arm")
            ),
            changes,
        )
    ids = [str(row) for row in decided]
    return len(changes) + sum(
        _followed(connection, table, tenant, visitors, visits, ids)
        for table in (tables.exposures, tables.outcomes)
    )


def _followed(
    connection: Connection,
    table: Table,
    tenant: str,
    visitors: Sequence[str],
    visits: Sequence[Identity],
    decisions: Sequence[str],
) -> int:
    """Rows of exposures or of outcomes; those of an earlier version name no visitor but lead to
    one by their decision."""
    found = _found(connection, table, tenant, visitors, visits)
    for ids in _chunks(decisions):
        wanted = select(table.c.sequence, table.c.record).where(
            table.c.tenant == tenant, table.c.decision_id.in_(ids)
        )
        found.update(_records(connection, wanted))
    if not found:
        return 0
    none = {"once": None} if table is tables.outcomes else {}
    connection.execute(
        update(table)
        .where(table.c.sequence == bindparam("row"))
        .values(visitor=None, session=NOBODY, record=bindparam("record"), **none),
        [{"row": row, "record": _nameless(record)} for row, record in found.items()],
    )
    return len(found)


def _found(
    connection: Connection,
    table: Table,
    tenant: str,
    visitors: Sequence[str],
    visits: Sequence[Identity],
) -> Rows:
    """Records by the row's own name."""
    name = _name(table)
    pairs = [(visit.visitor, visit.session) for visit in visits]
    found: Rows = {}
    for some in _chunks(visitors):
        wanted = select(name, table.c.record).where(
            table.c.tenant == tenant, table.c.visitor.in_(some)
        )
        found.update(_records(connection, wanted))
    for some_pairs in _chunks(pairs):
        wanted = select(name, table.c.record).where(
            table.c.tenant == tenant, tuple_(table.c.visitor, table.c.session).in_(some_pairs)
        )
        found.update(_records(connection, wanted))
    return found


def _name(table: Table) -> Column[Any]:  # Any: text or a number
    """The row's own, within its tenant."""
    return table.c.id if table is tables.decisions else table.c.sequence


def _nameless_decision(record: str) -> str:
    told = msgspec.json.decode(record, type=JsonObject)
    told["request"] = {**told["request"], "identity": _nobody(), "view": None}
    return msgspec.json.encode({**told, "arm": Arm.NONE.value}).decode()


def _nameless(record: str) -> str:
    told = {**msgspec.json.decode(record, type=JsonObject), **_nobody()}
    if "order_id" in told:
        told["order_id"] = None
    return msgspec.json.encode(told).decode()


def _nobody() -> JsonObject:
    return {"visitor": NOBODY, "session": NOBODY}


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _records(connection: Connection, wanted: Executable) -> Rows:
    return {row[0]: row[1] for row in connection.execute(wanted)}
