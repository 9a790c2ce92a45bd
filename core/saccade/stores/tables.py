"""The journal's tables, one definition for SQLite and PostgreSQL, and the rows that go in them.

Each row keeps its whole record as JSON beside the few columns a question is asked by, so a record
reads back as it was written even after the columns have changed.
"""

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Insert,
    Integer,
    MetaData,
    Table,
    Text,
    inspect,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from saccade.domain import Decision, Exposure, Outcome, OutcomeKind

Row = dict[str, str | float | None]

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


def insert_once(table: Table, dialect: str) -> Insert:
    """An insert that leaves a row already there as it is."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def record(value: Decision | Exposure | Outcome) -> str:
    """The whole value as JSON; NaN, which JSON does not have, as ``null``."""
    return msgspec.json.encode(value).decode()


def decision_row(decision: Decision) -> Row:
    """A row of `decisions`."""
    request, experience = decision.request, decision.experience
    return {
        "tenant": request.tenant,
        "id": decision.id,
        "at": decision.at,
        "visitor": request.identity.visitor,
        "session": request.identity.session,
        "moment": request.moment.value,
        "subject": request.subject,
        "mode": decision.intent.mode.value,
        "confidence": decision.intent.confidence,
        "reason": experience.reason.value,
        "served": experience.served.value,
        "arm": decision.arm.value,
        "chosen": decision.chosen,
        "record": record(decision),
    }


def exposure_row(exposure: Exposure) -> Row:
    """A row of `exposures`."""
    return {
        "tenant": exposure.tenant,
        "decision_id": exposure.decision_id,
        "session": exposure.session,
        "at": exposure.at,
        "record": record(exposure),
        "visitor": exposure.visitor,
    }


def outcome_row(outcome: Outcome) -> Row:
    """A row of `outcomes`."""
    return {
        "tenant": outcome.tenant,
        "decision_id": outcome.decision_id,
        "session": outcome.session,
        "kind": outcome.kind.value,
        "at": outcome.at,
        "record": record(outcome),
        "once": _once(outcome),
        "visitor": outcome.visitor,
    }


def _once(outcome: Outcome) -> str | None:
    """What makes a second record of the same fact one too many; ``None`` for what may repeat.

    An order converts once, and once for each decision it is said to follow.
    """
    if outcome.kind is not OutcomeKind.CONVERTED or not outcome.trusted or not outcome.order_id:
        return None
    return f"{outcome.decision_id or ''}\n{outcome.order_id}"
