"""What is erased from the journal is in none of its files: pages that are free, or logged (R70)."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from core.stores.journal_records import LAPTOP, decision, exposure, outcome
from saccade.stores.journal import JournalUnavailable, SqlJournal
from saccade.stores.sqlite_file import open_engine


def everything_in(folder: Path) -> bytes:
    """Of the database and its log."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqlJournal]:
    made = SqlJournal(f"sqlite:///{tmp_path / 'journal.db'}")
    yield made
    await made.close()


async def filled(journal: SqlJournal) -> None:
    for number in range(40):
        journal.decided(decision(f"d{number}"))
        await journal.exposed(exposure(f"d{number}"))
        await journal.followed(outcome(f"d{number}"))


async def test_who_was_anonymised_is_in_no_file(journal: SqlJournal, tmp_path: Path) -> None:
    await filled(journal)
    tenant, visitor = LAPTOP.request.tenant, LAPTOP.request.identity.visitor
    assert visitor.encode() in everything_in(tmp_path)
    assert await journal.anonymise(tenant, [visitor]) == 120
    assert visitor.encode() in everything_in(tmp_path), "the log still has it"
    await journal.shrink()
    assert visitor.encode() not in everything_in(tmp_path)
    assert b"d39" in everything_in(tmp_path), "that something was decided stays"


async def test_of_a_tenant_that_was_dropped_nothing_is_left(
    journal: SqlJournal, tmp_path: Path
) -> None:
    await filled(journal)
    await journal.drop(LAPTOP.request.tenant)
    await journal.shrink()
    for left in (LAPTOP.request.identity.visitor, "d39"):
        assert left.encode() not in everything_in(tmp_path)


async def test_a_log_that_is_being_read_is_said_not_to_be_empty(
    journal: SqlJournal, tmp_path: Path
) -> None:
    await filled(journal)
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM outcomes").fetchone() == (40,)
        with pytest.raises(JournalUnavailable, match="in use"):
            await journal.shrink()
        reader.execute("ROLLBACK")
        await journal.shrink()


def test_what_is_deleted_is_overwritten_whatever_sqlite_does_by_itself(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")

    def as_another_build(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute("PRAGMA secure_delete = OFF")

    event.listen(engine, "connect", as_another_build, insert=True)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
    engine.dispose()
