"""The durable inbox: written before it is acknowledged, lent to workers, ended once."""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from saccade_webhooks import claiming, ending, records
from saccade_webhooks.adding import New
from saccade_webhooks.claiming import Claimed, Room
from saccade_webhooks.database import Database
from saccade_webhooks.ending import Ending
from saccade_webhooks.records import Said
from saccade_webhooks.tables import State
from saccade_webhooks.writer import InboxUnavailable, Work, Writer, plain

__all__ = ["Inbox", "InboxUnavailable"]

T = TypeVar("T")


class Inbox:
    """One process's door to it; any number of processes share one database.

    ``url`` is SQLAlchemy's. Nothing is opened or made before there is need. Every method but
    `there` raises `InboxUnavailable`.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._writer = Writer(self._database)
        self.owner = f"{os.getpid()}-{secrets.token_hex(6)}"
        """Names this process among those that share the database."""
        self._there = False
        self._looks = set[asyncio.Future[Any]]()  # Any: each finds something else
        self.arrived = asyncio.Event()
        """Set when a delivery was added here; whoever waits for it clears it."""
        self.told = asyncio.Event()
        """Set when a delivery ended here that says something of products."""
        self.forgetting = asyncio.Event()
        """Set when the database's log may hold what is to be forgotten: also by a process before
        this one, which was killed in between."""
        self.forgetting.set()

    @property
    def healthy(self) -> bool:
        """Whether the database took the last write."""
        return self._writer.healthy

    async def there(self) -> bool:
        """Whether anything can be in it: a database never written to is not made by looking."""
        if not self._there:
            try:
                self._there = await self._away(self._database.there)
            except (InboxUnavailable, OSError):
                return False
        return self._there

    async def until_there(self, every_s: float) -> None:
        """Return once anything can be in it; looked at so often, and when a delivery comes."""
        while not await self.there():
            await self.until(self.arrived, every_s)

    async def until(self, event: asyncio.Event, patience_s: float) -> None:
        """Return once the event is set, or after so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):  # `wait_for` may lose a cancellation
                await event.wait()

    async def add(self, new: New) -> int | None:
        """The delivery's number, once it is durable; ``None`` for one that came before."""
        number = await self._writer.add(new)
        if number is not None:
            self.arrived.set()
        return number

    async def claim(
        self,
        now: float,
        room: Room,
        named: Collection[int] | None = None,
    ) -> Claimed:
        """See `claiming.claim`."""
        if not await self._read(partial(claiming.any_due, now=now)):
            return Claimed()
        return await self._writer.do(
            partial(claiming.claim, owner=self.owner, now=now, room=room, named=named)
        )

    async def end(self, endings: Sequence[Ending], now: float) -> list[State | None]:
        """See `ending.end_all`."""
        states = await self._writer.do(
            partial(ending.end_all, owner=self.owner, endings=endings, now=now)
        )
        if any(one.pages for one in endings):
            self.told.set()
        if any(one.forgets for one in endings):
            self.forgetting.set()
        return states

    async def renew(self, sequences: Sequence[int], now: float) -> None:
        """See `claiming.renew`."""
        await self._writer.do(
            partial(claiming.renew, owner=self.owner, sequences=sequences, now=now)
        )

    async def give_back(self) -> None:
        """See `claiming.give_back`."""
        await self._writer.do(partial(claiming.give_back, owner=self.owner))

    async def let_go(self, now: float) -> int:
        """See `records.let_go`."""
        return await self._writer.do(partial(records.let_go, now=now))

    async def purge(self, tenant: str, but: int | None = None) -> None:
        """See `records.purge`; nor does the database's log hold anything of it."""
        await self._writer.do(partial(records.purge, tenant=tenant, but=but))
        await self.shrink()

    async def shrink(self) -> None:
        """Leave nothing of what is deleted in the database's log."""
        if not await self._away(self._database.shrink):
            raise InboxUnavailable("the inbox's log is in use")

    async def forget(self, every_s: float) -> None:
        """`shrink` where somebody is to be forgotten, so often at most; until cancelled."""
        await self.until_there(every_s)
        while True:
            await self.forgetting.wait()
            await asyncio.sleep(every_s)
            self.forgetting.clear()
            try:
                await self.shrink()
            except InboxUnavailable:
                self.forgetting.set()

    async def backlog(self) -> tuple[int, float | None]:
        """How many wait, and since when the oldest does."""
        return await self._read(claiming.backlog)

    async def said_after(self, sequence: int) -> list[Said]:
        """See `records.said_after`."""
        return await self._read(partial(records.said_after, sequence=sequence))

    async def unfinished(self, sequences: Sequence[int]) -> set[int]:
        """See `records.unfinished`."""
        return await self._read(partial(records.unfinished, sequences=sequences))

    async def close(self) -> None:
        """Write what was handed over, let looks end, then close."""
        if self._looks:
            await asyncio.wait(self._looks)
        await self._writer.close()

    async def _read(self, work: Work[T]) -> T:
        def read() -> T:
            with self._database.engine.connect() as connection:
                return work(connection)

        return await self._away(read)

    async def _away(self, work: Callable[[], T]) -> T:
        """In a thread, for a disk may hang; it goes on there where nobody waits any more."""
        look = asyncio.ensure_future(asyncio.to_thread(work))
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)
        try:
            return await asyncio.shield(look)
        except (DBAPIError, sqlite3.Error) as error:
            raise InboxUnavailable(plain(error)) from None
