"""A write somebody waits for: a future of an event loop, answered from the writing thread."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Table

from saccade.stores.tables import Row


class JournalUnavailable(Exception):  # noqa: N818 - a state of the journal, as callers speak of it
    """The database did not take the write, or cannot be asked, now. Worth another try later."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A row to be written and acknowledged.

    Without a table it has no row, and asks that everything handed over before it be written.
    """

    future: asyncio.Future[None]
    until: float
    """Monotonic seconds: tried until then."""
    table: Table | None = None
    row: Row = ()


def answer(entries: Sequence[Asked], error: Callable[[], Exception] | None = None) -> None:
    """Resolve futures on their own loops, by one call a loop; each with an error of its own."""
    for loop in {entry.future.get_loop() for entry in entries}:
        futures = [entry.future for entry in entries if entry.future.get_loop() is loop]
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, futures, error)


def _resolve(
    futures: Sequence[asyncio.Future[None]], error: Callable[[], Exception] | None
) -> None:
    for future in futures:
        if future.done():  # its caller was cancelled
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error())
