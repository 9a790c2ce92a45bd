"""``saccade webhooks``: what is in the inbox, and another try for what was given up.

It works on the records alone; a server that runs takes up at once what is to be tried again.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from saccade_server.settings import SettingError, Settings
from saccade_webhooks import records
from saccade_webhooks.database import Database
from saccade_webhooks.records import Record
from saccade_webhooks.tables import State
from saccade_webhooks.writer import plain

LOOK_S = 0.2
STILL_WAITING = 1
"""Exit code where what was replayed did not end well in time."""

T = TypeVar("T")


def show(settings: Settings, states: Sequence[str], tenant: str | None, limit: int) -> None:
    """The latest, the last to come at the end. Raises `SettingError`."""
    wanted = [_state(name) for name in states]
    console = Console(highlight=False)
    with _Records(settings) as inbox:
        if not inbox.there:
            console.print("nothing has come in yet", markup=False)
            return
        found = inbox.read(lambda c: records.listed(c, wanted, tenant, limit))
        counts = inbox.read(records.counted)
    console.print(_table(found[::-1]) if found else "no such deliveries", markup=False)
    told = ", ".join(f"{counts[state]:,} {state}" for state in State if counts.get(state))
    console.print(f"in all: {told or 'nothing'}", markup=False)


def replay(
    settings: Settings, number: int | None, *, every: bool, tenant: str | None, wait_s: float
) -> int:
    """The exit code. Raises `SettingError`."""
    if (number is None) is not every:
        told = "names no delivery" if number is None else "is given beside --all"
        raise SettingError("ID", repr(number or ""), told, "give an ID of `list`, or --all")
    console = Console(highlight=False)
    with _Records(settings) as inbox:
        numbers = _wanted(inbox, number, tenant)
        if not numbers:
            console.print("there are no dead letters", markup=False)
            return 0
        with _progress(console) as progress:
            ended = _replayed(inbox, numbers, progress, wait_s)
    counts = {state: sum(one.state == state for one in ended) for state in State}
    told = ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)
    console.print(f"replayed {len(numbers):,}: {told}", markup=False)
    for one in [one for one in ended if one.state == State.DEAD][:5]:
        console.print(f"{one.sequence} is dead again: {one.error}", markup=False)
    waiting = [one for one in ended if one.state == State.WAITING]
    for one in [one for one in waiting if one.attempts][:5]:
        console.print(f"{one.sequence} failed and is tried again: {one.error}", markup=False)
    if not all(one.attempts for one in waiting):
        console.print("some still wait: is a server running on these records?", markup=False)
    return STILL_WAITING if counts[State.WAITING] or counts[State.DEAD] else 0


def _wanted(inbox: "_Records", number: int | None, tenant: str | None) -> list[int]:
    """Raises `SettingError` for one of which nothing is kept."""
    if not inbox.there:
        if number is None:
            return []
        raise SettingError("ID", str(number), "is no delivery", "see `saccade webhooks list`")
    if number is None:
        return inbox.read(lambda c: records.dead(c, tenant))
    found = inbox.read(lambda c: records.found(c, [number]))
    if not found:
        raise SettingError("ID", str(number), "is no delivery", "see `saccade webhooks list`")
    if found[0].state not in {State.DEAD, State.WAITING}:
        raise SettingError(
            *("ID", str(number), f"is {found[0].state}: what was sent is no longer kept"),
            "have the platform send it again",
        )
    return [number]


def _replayed(
    inbox: "_Records", numbers: Sequence[int], progress: Progress, wait_s: float
) -> list[Record]:
    """What became of them in time."""
    asked = progress.add_task("to be tried again", total=len(numbers))
    for chunk in _chunks(numbers):
        inbox.write(partial(records.again, sequences=chunk))
        progress.advance(asked, len(chunk))
    processed = progress.add_task("processed", total=len(numbers))
    until = time.monotonic() + wait_s
    while True:
        found = [
            one
            for chunk in _chunks(numbers)
            for one in inbox.read(partial(records.found, sequences=chunk))
        ]
        ended = sum(one.state != State.WAITING for one in found)
        progress.update(processed, completed=ended)
        if ended == len(found) or time.monotonic() > until:
            return found
        time.sleep(LOOK_S)


def _chunks(numbers: Sequence[int]) -> list[Sequence[int]]:
    most = records.CHUNK
    return [numbers[start : start + most] for start in range(0, len(numbers), most)]


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console
    )


class _Records:
    """The inbox's database, for as long as the block lasts."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.inbox_url
        self._database = Database(self._url)
        self.there = False

    def __enter__(self) -> Self:
        """Look whether there is anything."""
        self.there = self._tried(self._database.there)
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._database.close()

    def read(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` finds."""

        def look() -> T:
            with self._database.engine.connect() as connection:
                return work(connection)

        return self._tried(look)

    def write(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` answers once it is durable."""

        def change() -> T:
            with self._database.engine.begin() as connection:
                self._database.take_turn(connection)
                return work(connection)

        return self._tried(change)

    def _tried(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (DBAPIError, sqlite3.Error, OSError) as error:
            raise SettingError(
                *("SACCADE_DATABASE_URL", "(hidden)", f"does not answer ({plain(error)})"),
                "check that the database is there and can be written",
            ) from None


def _state(name: str) -> State:
    if name not in set(State):
        raise SettingError("--state", repr(name), "is none", f"use one of {', '.join(State)}")
    return State(name)


def _table(found: Sequence[Record]) -> Table:
    """As narrow as a terminal is, or a pipe: the last column alone is broken into lines."""
    names = ("id", "received", "state", "tries")
    table = Table(*(Column(name, no_wrap=True) for name in names), box=None, padding=(0, 2, 0, 0))
    table.add_column("adapter, tenant, topic, resource; what went wrong", overflow="fold")
    for one in found:
        said = " ".join(filter(None, (one.adapter, one.tenant, one.topic, one.resource)))
        table.add_row(
            str(one.sequence),
            f"{datetime.fromtimestamp(one.received, UTC):%Y-%m-%d %H:%M:%S}",
            *(one.state, str(one.attempts)),
            Text("\n".join(filter(None, (said, one.error)))),
        )
    return table
