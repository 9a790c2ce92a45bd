"""Deliveries, the newest state of each resource, and what was said of products."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME: sa.types.TypeEngine[float] = sa.Double()
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "webhook_deliveries",
        sa.Column("sequence", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text()),
        sa.Column("version", _TIME, nullable=False),
        sa.Column("received", _TIME, nullable=False),
        sa.Column("path_tenant", sa.Text()),
        sa.Column("headers", sa.Text()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", _TIME, nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("error", sa.Text()),
        sqlite_autoincrement=True,
    )
    _index("once", "adapter", "tenant", "key", unique=True)
    _index("waiting", "due", "sequence", "received", where="state = 'waiting'")
    _index("of_resource", "adapter", "tenant", "resource", where="state = 'waiting'")
    _index("ended", "state", "received", where="state != 'waiting'")
    op.create_table(
        "webhook_resources",
        sa.Column("adapter", sa.Text(), primary_key=True),
        sa.Column("tenant", sa.Text(), primary_key=True),
        sa.Column("resource", sa.Text(), primary_key=True),
        sa.Column("version", _TIME, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_table(
        "webhook_products",
        sa.Column("sequence", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("record", sa.Text()),
        sa.Column("at", _TIME, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("webhook_products_once", "webhook_products", ["tenant", "product"], unique=True)


def downgrade() -> None:
    """Nothing is left."""
    for table in ("webhook_products", "webhook_resources", "webhook_deliveries"):
        op.drop_table(table)


def _index(name: str, *columns: str, unique: bool = False, where: str | None = None) -> None:
    those = None if where is None else sa.text(where)
    op.create_index(
        f"webhook_deliveries_{name}",
        "webhook_deliveries",
        list(columns),
        unique=unique,
        sqlite_where=those,
        postgresql_where=those,
    )
