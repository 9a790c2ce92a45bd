"""The inbox's tables, one definition for SQLite and PostgreSQL.

A delivery that ended keeps its key, so that one sent again is known, and loses its headers and its
body, which may tell of people.
"""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

VERSIONS = "webhook_schema"
"""Alembic's own table; its usual name may be another program's in a shared database."""


class State(StrEnum):
    """Of a delivery."""

    WAITING = "waiting"
    """To be processed, or being processed."""
    DONE = "done"
    STALE = "stale"
    """A newer delivery of its resource was there first: it had no effect (F28)."""
    DEAD = "dead"
    """Given up, and kept for a replay (F29)."""
    DROPPED = "dropped"
    """Its tenant left and wanted everything gone."""


def _sequence() -> Column[int]:
    """Order of arrival. SQLite counts by itself only in a column it calls INTEGER."""
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column("sequence", kind, primary_key=True, autoincrement=True)


deliveries = Table(
    "webhook_deliveries",
    metadata,
    _sequence(),
    Column("adapter", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("resource", Text),
    Column("version", Double, nullable=False),
    Column("received", Double, nullable=False),
    Column("path_tenant", Text),
    Column("headers", Text),
    Column("body", LargeBinary),
    Column("size", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Double, nullable=False),
    Column("owner", Text),
    Column("error", Text),
    sqlite_autoincrement=True,
)
Index(
    "webhook_deliveries_once",
    *(deliveries.c.adapter, deliveries.c.tenant, deliveries.c.key),
    unique=True,
)
_waiting = deliveries.c.state == State.WAITING.value
Index(
    "webhook_deliveries_waiting",
    *(deliveries.c.due, deliveries.c.sequence, deliveries.c.received),
    sqlite_where=_waiting,
    postgresql_where=_waiting,
)
Index(
    "webhook_deliveries_of_resource",
    *(deliveries.c.adapter, deliveries.c.tenant, deliveries.c.resource),
    sqlite_where=_waiting,
    postgresql_where=_waiting,
)
_ended = deliveries.c.state != State.WAITING.value
Index(
    "webhook_deliveries_ended",
    *(deliveries.c.state, deliveries.c.received),
    sqlite_where=_ended,
    postgresql_where=_ended,
)

resources = Table(
    "webhook_resources",
    metadata,
    Column("adapter", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("version", Double, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
)
"""The newest state of each resource that took effect."""

products = Table(
    "webhook_products",
    metadata,
    _sequence(),
    Column("tenant", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("record", Text),
    Column("at", Double, nullable=False),
    sqlite_autoincrement=True,
)
"""What deliveries said of products, by order of effect; no record means removed. Every process
follows it into its own index."""
Index("webhook_products_once", products.c.tenant, products.c.product, unique=True)
