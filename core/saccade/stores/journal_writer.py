"""The one thread that writes the journal: group commit, bounded spool, back-off.

Decisions wait some 50 ms for company and are retried for as long as the database is away.
A write somebody waits for wakes the thread at once and takes along what is spooled; where the
database stays away longer than `PATIENCE_S`, the one who waits is told (F24, F36).

The event loop and the thread share two deques and two flags. Appending, taking from an end and
setting a flag are atomic, so handing over takes no lock of ours; each counter is written by one
thread only.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Engine, Table
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from saccade.domain import Decision
from saccade.stores import tables
from saccade.stores.acknowledgement import Asked, JournalUnavailable, answer
from saccade.stores.sqlite_file import take_turn
from saccade.stores.tables import Row

DURABLE_S = 0.08
"""A kill costs no more of decisions than this where commits take as long as they lately did; R44
grants 100 ms. A decision waits for company, may find a commit under way, and needs its own."""

SHORTEST_S, LONGEST_S = 0.01, 0.06
"""Bounds of the wait for company. What is left of `DURABLE_S` after two commits goes into it: the
same decisions in fewer commits cost less, for each syncs the disk and writes pages of indexes."""

FORGETTING = 0.9
"""How much of the slowest commit known is still feared at the next."""

PATIENCE_S = 0.75
"""How long an acknowledged write is tried before its caller is told."""

CLOSING_S = 5.0
"""How long closing goes on trying while the database is away."""

CHUNK = 100
"""Decisions in one transaction. After an outage an exposure waits for one chunk, not for all, and
the event loop is held up for one chunk's encoding: 40,000 waiting drained in 1.4 s at a loop lag of
2.6 ms (p99), against 1.2 s and 5.7 ms with 500."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.25

ROW_FAULTS = (IntegrityError, DataError, ValueError, TypeError, OverflowError)
"""What a row that no table can hold raises; anything else is the database's own trouble."""

_T = TypeVar("_T")
_log = structlog.get_logger("saccade.journal")


class Writer:
    """Constructed, used and closed on the event loop's thread; the rest runs on its own."""

    def __init__(self, engine: Engine, max_spool: int) -> None:
        self._engine = engine
        self._commit_s = DURABLE_S / 2
        self._max_spool = max_spool
        self._spool: deque[Decision] = deque()
        self._asked: deque[Asked] = deque()
        self._in_flight = 0
        self._pushed_out = 0  # counted by the event loop's thread
        self._lost = 0  # counted by the writing thread
        self._created = False
        self._close_by: float | None = None
        self._wake, self._urgent = threading.Event(), threading.Event()
        self.healthy = True
        self._thread = threading.Thread(target=self._run, name="saccade-journal", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """Decisions handed over and not yet written."""
        return len(self._spool) + self._in_flight

    @property
    def dropped(self) -> int:
        """Decisions given up since the start."""
        return self._pushed_out + self._lost

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._close_by is not None

    def spool(self, decision: Decision) -> None:
        """Hand a decision over; a full spool gives up its oldest."""
        if self.closed:
            self._pushed_out += 1
            return
        if len(self._spool) >= self._max_spool:
            with suppress(IndexError):  # the thread has emptied it this very moment
                self._spool.popleft()
                self._pushed_out += 1
        self._spool.append(decision)
        if not self._wake.is_set():
            self._wake.set()

    async def ask(self, table: Table | None = None, row: Row | None = None) -> None:
        """Return when ``row``, or without one all that was handed over before, is durable.

        Raises `JournalUnavailable`, and `ValueError` for a row that the table cannot hold.
        """
        if self.closed:
            raise JournalUnavailable("the journal is closed")
        future = asyncio.get_running_loop().create_future()
        self._asked.append(Asked(future, time.monotonic() + PATIENCE_S, table, row or ()))
        self._urgent.set()
        self._wake.set()
        await future

    async def close(self) -> None:
        """Write what is left; where the database is away, what is left then counts as dropped."""
        if self._close_by is None:
            self._close_by = time.monotonic() + CLOSING_S
        self._urgent.set()
        self._wake.set()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._urgent.wait(window(self._commit_s))
            closing = self.closed
            # Cleared before anything is taken: what is handed over from here on sets them again.
            self._wake.clear()
            self._urgent.clear()
            self._drain()
            if closing:
                self._abandon()
                return

    def _drain(self) -> None:
        pause = FIRST_PAUSE_S
        while self._spool or self._asked:
            if self._cycle():
                pause = FIRST_PAUSE_S
                continue
            if self._close_by is not None and time.monotonic() > self._close_by:
                return
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _cycle(self) -> bool:
        """One transaction. False where the database did not take it and everything was put back."""
        # Asked first: a decision handed over before somebody asked is then among those taken next.
        asked = _taken(self._asked, len(self._asked))
        decisions = _taken(self._spool, CHUNK)
        self._in_flight = len(decisions)
        emptied = len(decisions) < CHUNK
        try:
            self._write_or_sift(decisions, asked)
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever a driver raises
            self._put_back(decisions, asked, error)
            return False
        self._in_flight = 0
        if not self.healthy:
            self.healthy = True
            _log.info("journal writes again", waiting=self.depth, dropped=self.dropped)
        if not emptied:
            self._asked.extendleft(entry for entry in reversed(asked) if entry.table is None)
        answer([entry for entry in asked if emptied or entry.table is not None])
        return True

    def _write_or_sift(self, decisions: list[Decision], asked: list[Asked]) -> None:
        """When the database's trouble is raised, both lists hold what is still to be written."""
        try:
            self._write(decisions, asked)
        except ROW_FAULTS:
            self._sift(decisions, asked)

    def _sift(self, decisions: list[Decision], asked: list[Asked]) -> None:
        """One row at a time, so that a row no table can hold does not stop all others for ever."""
        while decisions:
            try:
                self._write(decisions[:1], [])
            except ROW_FAULTS as error:
                self._lost += 1
                _log.exception("decision cannot be journaled", error=_plain(error), exc_info=False)
            del decisions[0]
        for entry in [entry for entry in asked if entry.table is not None]:
            fault = None
            try:
                self._write([], [entry])
            except ROW_FAULTS as error:
                fault = partial(ValueError, f"the journal cannot hold this: {_plain(error)}")
            asked.remove(entry)
            answer([entry], fault)

    def _write(self, decisions: Sequence[Decision], asked: Sequence[Asked]) -> None:
        rows = {tables.decisions: [tables.decision_row(decision) for decision in decisions]}
        for entry in asked:
            if entry.table is not None:
                rows.setdefault(entry.table, []).append(entry.row)
        if not self._created:
            with self._engine.begin() as connection:
                take_turn(connection)
                tables.create(connection)
            self._created = True
        if not any(rows.values()):
            return
        began = time.monotonic()
        with self._engine.begin() as connection:
            take_turn(connection)
            for table, new in rows.items():
                tables.insert(connection, table, new)
        self._commit_s = max(time.monotonic() - began, FORGETTING * self._commit_s)

    def _put_back(self, decisions: list[Decision], asked: list[Asked], error: Exception) -> None:
        """Oldest first, as they came; whoever has waited too long is told."""
        self._in_flight = 0
        if self.healthy:
            self.healthy = False
            _log.warning("journal cannot write", error=_plain(error))
        self._engine.dispose()  # the file may have been replaced, the disk mounted anew
        self._created = False
        room = max(0, self._max_spool - len(self._spool))
        kept = decisions[-room:] if room else []
        self._lost += len(decisions) - len(kept)
        self._spool.extendleft(reversed(kept))
        now = time.monotonic()
        self._asked.extendleft(entry for entry in reversed(asked) if entry.until > now)
        refusal = f"the journal's database does not take writes: {_plain(error)}"
        late = [entry for entry in asked if entry.until <= now]
        answer(late, partial(JournalUnavailable, refusal))

    def _abandon(self) -> None:
        self._lost += len(self._spool)
        self._spool.clear()
        left = _taken(self._asked, len(self._asked))
        answer(left, partial(JournalUnavailable, "the journal is closed"))
        self._engine.dispose()


def window(commit_s: float) -> float:
    """How long a decision may wait for company where a commit takes so long."""
    return min(max(DURABLE_S - 2 * commit_s, SHORTEST_S), LONGEST_S)


def _taken(queue: deque[_T], most: int) -> list[_T]:
    """Up to ``most`` from the front; the other thread may be taking from there too."""
    taken: list[_T] = []
    with suppress(IndexError):
        while len(taken) < most:
            taken.append(queue.popleft())
    return taken


def _plain(error: Exception) -> str:
    """The driver's own words, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(cause).__name__}: {cause}"
