"""The journal's tables, one definition for SQLite and PostgreSQL, and the rows that go in them.

Each row keeps its whole record as JSON beside the few columns a question is asked by, so a record
reads back as it was written even after the columns have changed.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    inspect,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable
from sqlalchemy.sql.compiler import SQLCompiler

from saccade.domain import Decision, Exposure, Outcome, OutcomeKind

Row = tuple[str | float | None, ...]
"""Values in the order of the table's columns, its ``sequence`` left out."""

metadata = MetaData()


def _text(name: str, *, nullable: bool = False, key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, primary_key=key)


def _sequence() -> Column[int]:
    """Order of arrival. SQLite counts by itself only in a column it calls INTEGER."""
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column("sequence", kind, primary_key=True, autoincrement=True)


decisions = Table(
    "decisions",
    metadata,
    _text("tenant", key=True),
    _text("id", key=True),
    Column("at", Double, nullable=False),
    _text("visitor"),
    _text("session"),
    _text("moment"),
    _text("subject", nullable=True),
    _text("mode"),
    Column("confidence", Double, nullable=False),
    _text("reason"),
    _text("served"),
    _text("arm"),
    _text("chosen"),
    _text("record"),
    Index("decisions_of_visitor", "tenant", "visitor"),
)

exposures = Table(
    "exposures",
    metadata,
    _sequence(),
    _text("tenant"),
    _text("decision_id"),
    _text("session"),
    Column("at", Double, nullable=False),
    _text("record"),
    _text("visitor", nullable=True),
    Index("exposures_of_decision", "tenant", "decision_id"),
    Index("exposures_of_visitor", "tenant", "visitor"),
)

outcomes = Table(
    "outcomes",
    metadata,
    _sequence(),
    _text("tenant"),
    _text("decision_id", nullable=True),
    _text("session"),
    _text("kind"),
    Column("at", Double, nullable=False),
    _text("record"),
    _text("once", nullable=True),
    _text("visitor", nullable=True),
    Index("outcomes_of_decision", "tenant", "decision_id"),
    Index("outcomes_of_visitor", "tenant", "visitor"),
    Index("outcomes_once", "tenant", "once", unique=True),
)


def create(connection: Connection) -> None:
    """Make what is missing. ``IF NOT EXISTS``, because workers start at the same moment."""
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        _widen(connection, table)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))


def _widen(connection: Connection, table: Table) -> None:
    """Give a table of an earlier version the columns it lacks, empty in the rows it has."""
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            made = CreateColumn(column).compile(dialect=connection.dialect)
            connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {made}"))


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows; one already there stays as it is.

    By the driver's own statement: SQLAlchemy's binding costs a row as much as the database does.
    """
    if rows:
        statement = insertion(table, connection.dialect)
        by_position = statement.positional
        names = _columns(table)
        named = [] if by_position else [dict(zip(names, row, strict=True)) for row in rows]
        connection.exec_driver_sql(str(statement), list(rows) if by_position else named)


@lru_cache
def insertion(table: Table, dialect: Dialect) -> SQLCompiler:
    """The statement that adds one row."""
    made = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    once = made(table).on_conflict_do_nothing()
    return once.compile(dialect=dialect, column_keys=_columns(table))


def _columns(table: Table) -> list[str]:
    """Those a row has values for, in its order."""
    return [column.name for column in table.columns if column.name != "sequence"]


def record(value: Decision | Exposure | Outcome) -> str:
    """The whole value as JSON; NaN, which JSON does not have, as ``null``."""
    return msgspec.json.encode(value).decode()


def decision_row(decision: Decision) -> Row:
    """A row of `decisions`."""
    request, experience = decision.request, decision.experience
    return (
        request.tenant,
        decision.id,
        decision.at,
        request.identity.visitor,
        request.identity.session,
        request.moment.value,
        request.subject,
        decision.intent.mode.value,
        decision.intent.confidence,
        experience.reason.value,
        experience.served.value,
        decision.arm.value,
        decision.chosen,
        record(decision),
    )


def exposure_row(exposure: Exposure) -> Row:
    """A row of `exposures`."""
    return (
        exposure.tenant,
        exposure.decision_id,
        exposure.session,
        exposure.at,
        record(exposure),
        exposure.visitor,
    )


def outcome_row(outcome: Outcome) -> Row:
    """A row of `outcomes`."""
    return (
        outcome.tenant,
        outcome.decision_id,
        outcome.session,
        outcome.kind.value,
        outcome.at,
        record(outcome),
        _once(outcome),
        outcome.visitor,
    )


def _once(outcome: Outcome) -> str | None:
    """What makes a second record of the same fact one too many; ``None`` for what may repeat.

    An order converts once, and once for each decision it is said to follow.
    """
    if outcome.kind is not OutcomeKind.CONVERTED or not outcome.trusted or not outcome.order_id:
        return None
    return f"{outcome.decision_id or ''}\n{outcome.order_id}"
