"""Alembic's entry: on the connection that `database` gives, in the transaction it has begun."""

from alembic import context

from saccade_webhooks.tables import VERSIONS, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSIONS,
)
context.run_migrations()
