"""The one thread of a process that writes the inbox: group commit, bounded queue, short patience.

Whatever was asked while one transaction was being synced goes into the next together, deliveries
and the worker's claims and endings alike. Nobody is answered before the commit is durable, and who
asked is told within `PATIENCE_S` that it is not (F24).
"""

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from saccade_webhooks.adding import New, add
from saccade_webhooks.database import Database

PATIENCE_S = 0.75
"""How long a write is tried before its caller is told: F30 leaves a call one second."""

PAUSE_S = 0.01
REST_S = 0.05
"""Between tries, and after one that failed for everybody."""

REMEMBERED_S = 60.0
"""How long a refusal counts where no other delivery comes."""

MOST_TOGETHER = 500
BYTES_TOGETHER = 8 * 1024 * 1024
"""In one transaction."""

MOST_WAITING = 4_000
BYTES_WAITING = 64 * 1024 * 1024
"""Handed over and not yet durable: beyond it deliveries are refused, and sent again (F30)."""

AWAY = (OperationalError, InterfaceError, sqlite3.OperationalError, OSError)
"""The database's own trouble: all of those who asked together have it."""

T = TypeVar("T")
Work = Callable[[Connection], T]

_log = structlog.get_logger("saccade.webhooks")


class InboxUnavailable(Exception):  # noqa: N818 - a state of the inbox, as callers speak of it
    """The database did not take the write, or cannot be asked, now. Nothing was written."""


class InboxFull(InboxUnavailable):
    """More is waiting to be written than is good to keep in memory."""


class _Asked:
    """A new delivery or work to be done, and who waits for what comes of it."""

    __slots__ = ("future", "size", "until", "what")

    def __init__(self, what: "New | Work[Any]", size: int) -> None:  # Any: each has its own answer
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.until = time.monotonic() + PATIENCE_S
        self.what = what
        self.size = size


_Outcome = tuple[_Asked, object]
"""Who asked, and the answer; an exception where there is none."""


class Writer:
    """Asked and closed on event loops; all else runs on its own thread, begun when first asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: deque[_Asked] = deque()
        self._bytes = 0
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._prepared = False
        self._closing = False
        self._failed_at: float | None = None

    @property
    def healthy(self) -> bool:
        """Whether the last delivery was taken, or none was refused for some time.

        Work that finds nothing to do writes nothing, and so says nothing of the disk.
        """
        failed_at = self._failed_at
        return failed_at is None or time.monotonic() - failed_at > REMEMBERED_S

    async def add(self, new: New) -> int | None:
        """The number of the delivery once it is durable, ``None`` for one that is there already.

        Raises `InboxUnavailable`.
        """
        if len(self._asked) >= MOST_WAITING or self._bytes + new.size > BYTES_WAITING:
            raise InboxFull("more deliveries come than can be written")
        number: int | None = await self._ask(_Asked(new, new.size))
        return number

    async def do(self, work: Work[T]) -> T:
        """What ``work`` answers, once what it did is durable. It may be called several times.

        Raises `InboxUnavailable`.
        """
        return cast("T", await self._ask(_Asked(work, 0)))

    async def close(self) -> None:
        """Write what was handed over, then end the thread."""
        self._closing = True
        if self._thread is not None:
            self._wake.set()
            await asyncio.to_thread(self._thread.join)
        self._database.close()

    async def _ask(self, asked: _Asked) -> Any:  # Any: see `_Asked`
        if self._closing:
            raise InboxUnavailable("the inbox is closed")
        with self._lock:
            self._bytes += asked.size
        self._asked.append(asked)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="saccade-inbox", daemon=True)
            self._thread.start()
        self._wake.set()
        return await asked.future

    def _run(self) -> None:
        while True:
            self._wake.wait()
            closing = self._closing  # looked at first: what was asked before it is in the queue
            self._wake.clear()
            while self._asked:
                self._cycle()
            if closing:
                return

    def _cycle(self) -> None:
        taken = self._taken()
        try:
            outcomes = self._written(taken)
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever a driver raises
            self._failed(taken, error)
            return
        new = [answer for one, answer in outcomes if isinstance(one.what, New)]
        if any(isinstance(answer, Exception) for answer in new):
            self._failed_at = time.monotonic()
        elif new and self._failed_at is not None:
            self._failed_at = None
            with suppress(OSError):  # a log on a disk that is full
                _log.info("inbox writes again")
        self._answer(outcomes)

    def _taken(self) -> list[_Asked]:
        taken: list[_Asked] = []
        size = 0
        while self._asked and len(taken) < MOST_TOGETHER:
            if taken and size + self._asked[0].size > BYTES_TOGETHER:
                break
            taken.append(self._asked.popleft())
            size += taken[-1].size
        return taken

    def _written(self, taken: Sequence[_Asked]) -> list[_Outcome]:
        """All in one transaction; where one of several is at fault, each in its own."""
        try:
            return self._transaction(taken)
        except Exception as error:
            if len(taken) == 1 or isinstance(error, AWAY):
                raise
        outcomes: list[_Outcome] = []
        for one in taken:
            try:
                outcomes += self._transaction([one])
            except Exception as error:  # noqa: BLE001 - told to the one whose fault it is
                outcomes.append((one, InboxUnavailable(plain(error))))
        return outcomes

    def _transaction(self, taken: Sequence[_Asked]) -> list[_Outcome]:
        if not self._prepared:
            self._database.prepare()
            self._prepared = True
        new = [one for one in taken if isinstance(one.what, New)]
        work = [one for one in taken if not isinstance(one.what, New)]
        with self._database.engine.begin() as connection:
            if work:
                self._database.take_turn(connection)
            else:
                self._database.take_turn_to_add(connection)
            numbers = add(connection, [cast("New", one.what) for one in new])
            outcomes: list[_Outcome] = list(zip(new, numbers, strict=True))
            outcomes += [(one, cast("Work[object]", one.what)(connection)) for one in work]
        return outcomes

    def _failed(self, taken: Sequence[_Asked], error: Exception) -> None:
        """Tried again, in their order, while their callers wait; then those are told."""
        told, self._failed_at = self._failed_at, time.monotonic()
        if told is None:
            with suppress(OSError):  # as above
                _log.warning("inbox cannot write", error=plain(error))
        self._database.close()  # the file may have been replaced, the disk mounted anew
        self._prepared = False
        now = time.monotonic()
        late = [one for one in taken if self._closing or one.until <= now]
        self._answer([(one, InboxUnavailable(plain(error))) for one in late])
        patient = [one for one in taken if one not in late]
        self._asked.extendleft(reversed(patient))
        time.sleep(PAUSE_S if patient else REST_S)

    def _answer(self, outcomes: Sequence[_Outcome]) -> None:
        """Each on its own loop, by one call a loop."""
        with self._lock:
            self._bytes -= sum(one.size for one, _ in outcomes)
        for loop in {one.future.get_loop() for one, _ in outcomes}:
            mine = [outcome for outcome in outcomes if outcome[0].future.get_loop() is loop]
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_resolve, mine)


def _resolve(outcomes: Sequence[_Outcome]) -> None:
    for one, answer in outcomes:
        if one.future.done():  # its caller was cancelled
            continue
        if isinstance(answer, Exception):
            one.future.set_exception(answer)
        else:
            one.future.set_result(answer)


def plain(error: Exception) -> str:
    """The driver's own words, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(cause).__name__}: {cause}"
