"""A process that fills a journal and says on standard output what it did, to be killed at any time.

    python -m core.stores.journal_worker URL NAME COUNT STREAM...

Each line is one call: ``decided ID SECONDS`` (monotonic) before the next statement runs, and
``exposed ID`` or ``followed ID`` once acknowledged. COUNT 0 never ends. The streams, side by side,
are ``decided``, ``exposed`` (two of them) and ``followed``.
"""

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Iterable

from core.stores.journal_records import decision, exposure, outcome
from saccade.stores.journal import SqlJournal


def say(line: str) -> None:
    """One write a line, kept by the kernel even if this process dies next."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


async def decide(journal: SqlJournal, ids: Iterable[str]) -> None:
    """A decision a millisecond."""
    for decision_id in ids:
        now = time.monotonic()
        journal.decided(decision(decision_id, at=now))
        say(f"decided {decision_id} {now}")
        await asyncio.sleep(0.001)


async def expose(journal: SqlJournal, ids: Iterable[str]) -> None:
    """One after the other, as fast as they are acknowledged."""
    for session in ids:
        await journal.exposed(exposure(session=session))
        say(f"exposed {session}")


async def follow(journal: SqlJournal, ids: Iterable[str]) -> None:
    """As `expose`."""
    for session in ids:
        await journal.followed(outcome(session=session))
        say(f"followed {session}")


async def main(url: str, name: str, count: int, streams: list[str]) -> None:
    """Each id is used once."""

    def ids(stream: str) -> Iterable[str]:
        numbers = range(count) if count else itertools.count()
        return (f"{name}-{stream}-{number}" for number in numbers)

    journal = SqlJournal(url)
    async with asyncio.TaskGroup() as group:
        if "decided" in streams:
            group.create_task(decide(journal, ids("d")))
        if "exposed" in streams:
            group.create_task(expose(journal, ids("e")))
            group.create_task(expose(journal, ids("f")))
        if "followed" in streams:
            group.create_task(follow(journal, ids("o")))
    await journal.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]))
