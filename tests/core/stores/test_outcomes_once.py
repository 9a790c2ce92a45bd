"""One order converts once, whoever tells it and however often (R50)."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from core.stores.journal_records import outcome
from saccade.domain import Outcome, OutcomeKind
from saccade.stores.journal import SqlJournal

ORDER = msgspec.structs.replace(
    outcome(None, kind=OutcomeKind.CONVERTED), order_id="00001", trusted=True
)


def rows(file: Path) -> list[Outcome]:
    """Every outcome, in order of arrival."""
    with closing(sqlite3.connect(file)) as opened:
        found = opened.execute("SELECT record FROM outcomes ORDER BY sequence").fetchall()
    return [msgspec.json.decode(text, type=Outcome) for (text,) in found]


async def kept(folder: Path, *told: Outcome) -> list[Outcome]:
    """What is in the journal after ``told``."""
    file = folder / "journal.db"
    journal = SqlJournal(f"sqlite:///{file}")
    for one in told:
        await journal.followed(one)
    await journal.close()
    return rows(file)


async def test_an_order_told_twice_counts_once(tmp_path: Path) -> None:
    later = msgspec.structs.replace(ORDER, at=ORDER.at + 60, session="another")
    assert await kept(tmp_path, ORDER, ORDER, later) == [ORDER]


async def test_and_once_after_a_restart_and_beside_another_worker(tmp_path: Path) -> None:
    await kept(tmp_path, ORDER)
    one, other = (SqlJournal(f"sqlite:///{tmp_path / 'journal.db'}") for _ in range(2))
    await one.followed(ORDER)
    await other.followed(ORDER)
    await one.close()
    await other.close()
    assert rows(tmp_path / "journal.db") == [ORDER]


@pytest.mark.parametrize(
    "change",
    [
        {"order_id": "00002"},
        {"tenant": "other"},
        {"decision_id": "laptop"},
        {"kind": OutcomeKind.RETURNED},
        {"order_id": None},
        {"trusted": False},
    ],
    ids=str,
)
async def test_what_differs_is_another(tmp_path: Path, change: dict[str, object]) -> None:
    """A return may come in parts, and an order close each exposure it followed."""
    other = msgspec.structs.replace(ORDER, **change)
    assert await kept(tmp_path, ORDER, other) == [ORDER, other]


async def test_outcomes_without_an_order_may_repeat(tmp_path: Path) -> None:
    click = outcome(kind=OutcomeKind.CLICKED)
    nameless = msgspec.structs.replace(ORDER, order_id=None)
    told = [click, click, nameless, nameless]
    assert await kept(tmp_path, *told) == told


async def test_a_journal_of_an_earlier_version_is_widened(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "journal.db")) as opened:
        opened.execute(
            "CREATE TABLE outcomes (sequence INTEGER NOT NULL PRIMARY KEY, tenant TEXT NOT NULL,"
            " decision_id TEXT, session TEXT NOT NULL, kind TEXT NOT NULL, at DOUBLE NOT NULL,"
            " record TEXT NOT NULL)"
        )
        opened.execute(
            "INSERT INTO outcomes (tenant, session, kind, at, record) VALUES (?, ?, ?, ?, ?)",
            ("shop", "session-1", "converted", 2.0, msgspec.json.encode(ORDER).decode()),
        )
        opened.commit()
    assert await kept(tmp_path, ORDER, ORDER) == [ORDER, ORDER]  # the older row bars none
