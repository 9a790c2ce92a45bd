"""The SQL journal: the contract, its file, and what happens while the database is away."""

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, event

from core.stores.journal_contract import JournalContract
from core.stores.journal_records import LAPTOP, decision, exposure, outcome
from saccade.stores import journal_writer
from saccade.stores.journal import JournalUnavailable, SqlJournal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqlJournal]:
    made = SqlJournal(f"sqlite:///{path}", max_spool=3)
    yield made
    await made.close()


@pytest.fixture
def other(path: Path, journal: SqlJournal) -> Iterator[sqlite3.Connection]:
    """Another process's connection, as far as SQLite can tell."""
    del journal
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        yield connection


@contextmanager
def heard(name: str, told: Callable[..., None]) -> Generator[None]:
    """While open, every engine of this process tells of its events."""
    event.listen(Engine, name, told)
    try:
        yield
    finally:
        event.remove(Engine, name, told)


@pytest.fixture
def opened() -> Iterator[list[sqlite3.Connection]]:
    """The connections a journal opens, as it opens them; the first is the writer's."""
    connections: list[sqlite3.Connection] = []

    def opens(connection: sqlite3.Connection, _entry: object) -> None:
        connections.append(connection)

    with heard("connect", opens):
        yield connections


async def until(true: Callable[[], bool], what: str) -> None:
    """Wait for another thread, long enough for the slowest machine."""
    for _ in range(1_000):
        if true():
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"not within 10 s: {what}")


def ids(connection: sqlite3.Connection) -> list[str]:
    """Decisions in the order they were written."""
    return [row[0] for row in connection.execute("SELECT id FROM decisions ORDER BY rowid")]


class TestSqlJournal(JournalContract):
    @pytest.fixture
    async def journal(self, tmp_path: Path) -> AsyncIterator[SqlJournal]:
        made = SqlJournal(f"sqlite:///{tmp_path / 'journal.db'}")
        yield made
        await made.close()


class TestFile:
    async def test_a_decision_is_written_unasked(
        self, journal: SqlJournal, other: sqlite3.Connection
    ) -> None:
        await journal.exposed(exposure())
        journal.decided(LAPTOP)
        await until(lambda: ids(other) == ["laptop"], "the decision in the file")

    async def test_columns_say_what_is_asked_most(
        self, journal: SqlJournal, other: sqlite3.Connection
    ) -> None:
        journal.decided(LAPTOP)
        await journal.followed(outcome())
        row = other.execute(
            "SELECT tenant, at, visitor, session, moment, subject,"
            " mode, confidence, reason, served, arm, chosen FROM decisions"
        ).fetchone()
        assert row == (
            *("shop", 1_700_000_000.25, "visitor-1", "session-1", "product", "816324"),
            *("hesitating", 0.84, "MODEL", "model", "treatment", "battery-guarantee"),
        )

    async def test_wal_with_every_commit_synced(
        self, journal: SqlJournal, opened: list[sqlite3.Connection]
    ) -> None:
        await journal.exposed(exposure())
        assert opened[0].execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert opened[0].execute("PRAGMA synchronous").fetchone() == (2,)

    async def test_many_waiting_share_a_commit(self, journal: SqlJournal) -> None:
        commits: list[object] = []

        def committed(connection: object) -> None:
            commits.append(connection)

        with heard("commit", committed):
            await asyncio.gather(*(journal.exposed(exposure()) for _ in range(400)))
        assert 0 < len(commits) < 200

    async def test_closing_writes_what_was_handed_over(self, path: Path) -> None:
        journal = SqlJournal(f"sqlite:///{path}")
        for number in range(1_000):
            journal.decided(decision(f"d{number}"))
        await journal.close()
        with closing(sqlite3.connect(path)) as connection:
            assert ids(connection) == [f"d{number}" for number in range(1_000)]
        assert (journal.depth, journal.dropped) == (0, 0)

    async def test_a_closed_journal_says_so(self, journal: SqlJournal) -> None:
        journal.decided(LAPTOP)
        await journal.close()
        journal.decided(decision("late"))
        assert journal.dropped == 1
        for call in (
            journal.exposed(exposure()),
            journal.followed(outcome()),
            journal.find("shop", "laptop"),
        ):
            with pytest.raises(JournalUnavailable, match="closed"):
                await call

    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
    def test_memory_is_no_journal(self, url: str) -> None:
        with pytest.raises(ValueError, match="name a file"):
            SqlJournal(url)

    def test_a_spool_holds_something(self, path: Path) -> None:
        with pytest.raises(ValueError, match="max_spool is 0"):
            SqlJournal(f"sqlite:///{path}", max_spool=0)


class TestDatabaseAway:
    """F24, F36, with a lock, a full disk and a missing folder that are real."""

    async def test_what_waits_is_bounded_and_drained_in_order(
        self, journal: SqlJournal, other: sqlite3.Connection
    ) -> None:
        await journal.exposed(exposure())
        other.execute("BEGIN EXCLUSIVE")
        for number in range(5):
            journal.decided(decision(f"d{number}"))
        await until(lambda: not journal.healthy and journal.depth == 3, "unhealthy, three waiting")
        assert journal.dropped == 2
        other.execute("ROLLBACK")
        await until(lambda: journal.healthy and journal.depth == 0, "drained")
        assert ids(other) == ["d2", "d3", "d4"]
        assert journal.dropped == 2

    async def test_what_comes_during_a_try_stays_behind_it(
        self, journal: SqlJournal, other: sqlite3.Connection
    ) -> None:
        await journal.exposed(exposure())
        other.execute("BEGIN EXCLUSIVE")
        journal.decided(decision("d0"))
        await asyncio.sleep(0.1)  # by now d0 is most likely being tried
        journal.decided(decision("d1"))
        journal.decided(decision("d2"))
        await until(lambda: not journal.healthy, "a refused try")
        other.execute("ROLLBACK")
        await until(lambda: journal.depth == 0, "drained")
        assert ids(other) == ["d0", "d1", "d2"]

    async def test_whoever_waits_is_told_and_nothing_is_written(
        self, journal: SqlJournal, other: sqlite3.Connection
    ) -> None:
        await journal.exposed(exposure(session="before"))
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(JournalUnavailable, match="database is locked"):
            await journal.exposed(exposure(session="during"))
        other.execute("ROLLBACK")
        await journal.exposed(exposure(session="after"))
        rows = other.execute("SELECT session FROM exposures ORDER BY sequence").fetchall()
        assert rows == [("before",), ("after",)]

    async def test_a_short_lock_is_waited_out(
        self, journal: SqlJournal, other: sqlite3.Connection
    ) -> None:
        await journal.exposed(exposure())
        other.execute("BEGIN EXCLUSIVE")
        waiting = asyncio.ensure_future(journal.exposed(exposure()))
        await until(lambda: not journal.healthy, "a refused try")
        other.execute("ROLLBACK")
        await waiting

    async def test_reading_goes_on(self, journal: SqlJournal, other: sqlite3.Connection) -> None:
        journal.decided(LAPTOP)
        await journal.exposed(exposure())
        other.execute("BEGIN EXCLUSIVE")
        found = await journal.find("shop", "laptop")
        assert found is not None
        assert len(found["exposures"]) == 1
        journal.decided(decision("waiting"))
        with pytest.raises(JournalUnavailable):  # not None: it may be among those that wait
            await journal.find("shop", "waiting")
        other.execute("ROLLBACK")
        assert await journal.find("shop", "waiting") is not None

    async def test_a_full_disk_heals(
        self, journal: SqlJournal, other: sqlite3.Connection, opened: list[sqlite3.Connection]
    ) -> None:
        def fill(connection: sqlite3.Connection, _entry: object = None) -> None:
            connection.execute("PRAGMA max_page_count = 1")  # to SQLite: not one page more

        await journal.exposed(exposure())
        fill(opened[0])
        with heard("connect", fill):
            journal.decided(LAPTOP)
            with pytest.raises(JournalUnavailable, match="disk is full"):
                await journal.exposed(exposure(session="x" * 10_000))
            assert not journal.healthy
        await journal.exposed(exposure())
        assert journal.healthy
        assert ids(other) == ["laptop"]

    async def test_a_folder_that_appears_later(self, tmp_path: Path) -> None:
        folder = tmp_path / "absent"
        journal = SqlJournal(f"sqlite:///{folder / 'journal.db'}")
        journal.decided(LAPTOP)
        with pytest.raises(JournalUnavailable, match="unable to open database file"):
            await journal.exposed(exposure())
        with pytest.raises(JournalUnavailable, match="cannot be read"):
            await journal.find("shop", "laptop")
        folder.mkdir()
        assert await journal.find("shop", "laptop") is not None
        await journal.close()

    async def test_a_connection_closed_underneath_is_replaced(
        self, journal: SqlJournal, opened: list[sqlite3.Connection]
    ) -> None:
        await journal.exposed(exposure())
        opened[-1].close()
        await journal.exposed(exposure())

    async def test_closing_gives_up_on_a_locked_database(
        self,
        journal: SqlJournal,
        other: sqlite3.Connection,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await journal.exposed(exposure())
        monkeypatch.setattr(journal_writer, "CLOSING_S", 0.0)
        other.execute("BEGIN EXCLUSIVE")
        journal.decided(LAPTOP)
        waiting = asyncio.ensure_future(journal.exposed(exposure()))
        await asyncio.sleep(0)
        await journal.close()
        with pytest.raises(JournalUnavailable):
            await waiting
        assert (journal.depth, journal.dropped) == (0, 1)


class TestRowsNoTableHolds:
    """NaN passes JSON as null but no column: only the row it stands in is lost."""

    async def test_a_decision_is_dropped_alone(
        self, journal: SqlJournal, other: sqlite3.Connection
    ) -> None:
        intent = msgspec.structs.replace(LAPTOP.intent, confidence=math.nan)
        journal.decided(msgspec.structs.replace(LAPTOP, intent=intent, id="unsure"))
        journal.decided(decision("sure"))
        await journal.exposed(exposure())
        assert ids(other) == ["sure"]
        assert journal.dropped == 1
        assert journal.healthy

    async def test_an_exposure_is_refused_alone(
        self, journal: SqlJournal, other: sqlite3.Connection
    ) -> None:
        refused = asyncio.ensure_future(journal.exposed(exposure(at=math.nan)))
        taken = asyncio.ensure_future(journal.exposed(exposure()))
        with pytest.raises(ValueError, match="cannot hold this"):
            await refused
        await taken
        assert other.execute("SELECT count(*) FROM exposures").fetchone() == (1,)
