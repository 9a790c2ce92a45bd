"""The schema: what the migrations make is what the tables say, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import postgres
from saccade_webhooks.database import Database
from saccade_webhooks.tables import VERSIONS, metadata


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    yield from postgres.cluster()


def differences(database: Database) -> list[object]:
    """Between the database and the tables' one definition."""
    with database.engine.connect() as connection:
        options = {"version_table": VERSIONS, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))


def prepared_by_several(url: str) -> list[object]:
    """As workers do that start at the same moment."""
    databases = [Database(url) for _ in range(4)]
    faults: list[BaseException] = []

    def prepare(database: Database) -> None:
        try:
            database.prepare()
            database.prepare()
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            faults.append(error)

    threads = [Thread(target=prepare, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    found = differences(databases[0])
    for database in databases:
        database.close()
    return found


def test_sqlite_is_as_the_tables_say(tmp_path: Path) -> None:
    assert prepared_by_several(f"sqlite:///{tmp_path / 'inbox.db'}") == []


@pytest.mark.full
def test_postgresql_is_as_the_tables_say(postgres_url: str) -> None:
    assert prepared_by_several(postgres_url) == []
