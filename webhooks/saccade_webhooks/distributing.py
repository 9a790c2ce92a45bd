"""Which deliveries a worker looks at next: any that is due, asked for when one arrives or in time.

The database alone says what is to be done. A distributor only says when to look, and where.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from saccade_webhooks.inbox import Inbox

EVERY_S = 0.5
"""How often others' deliveries, retries and what the dead left are looked for."""


class Distributor(Protocol):
    """Between the door and the workers."""

    async def next(self, most: int) -> list[int] | None:
        """Return when there may be something, with the deliveries to look at; ``None``: all."""
        ...

    def found(self, held: Collection[int], *, some: bool, named: bool) -> None:
        """What the last look lent, and whether it found anything: if so, there may be more.

        ``named``: it was at the deliveries that `next` named, not at all.
        """
        ...

    async def added(self, sequence: int) -> None:
        """A delivery is durable. Never raises."""
        ...

    async def ended(self, sequences: Sequence[int]) -> None:
        """These need nobody for now: they are over, or put off until a time that the database
        knows. Never raises."""
        ...


class Polling:
    """Of one process, or of several that look by themselves."""

    def __init__(self, inbox: Inbox, every_s: float = EVERY_S) -> None:
        self._inbox = inbox
        self._every_s = every_s
        self._more = True

    async def next(self, most: int) -> list[int] | None:
        """See `Distributor.next`."""
        del most
        if not self._more:
            await self._inbox.until(self._inbox.arrived, self._every_s)
        await self._inbox.until_there(self._every_s)
        self._inbox.arrived.clear()
        return None

    def found(self, held: Collection[int], *, some: bool, named: bool) -> None:
        """See `Distributor.found`."""
        del held, named
        self._more = some

    async def added(self, sequence: int) -> None:
        """See `Distributor.added`: `Inbox.arrived` says so."""

    async def ended(self, sequences: Sequence[int]) -> None:
        """See `Distributor.ended`: nobody was told of them."""
