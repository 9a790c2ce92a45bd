"""`Distributor` by a Redis stream: each new delivery is told to one of the processes at once, and
what a lost process was told of is told to another.

The database stays the one truth. The stream only says where to look: what it does not know of,
because Redis was away or lost it, is found by a rarer look; an entry whose delivery is over is
merely let go of; retries are due by the database's clock. While the stream says nothing, looks are
made as `Polling` makes them. Redis is told behind the back of those who send: an acknowledgement
waits for it not at all, be it down, hung or full.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from math import inf

import structlog

from saccade.breaker import StateUnavailable
from saccade_webhooks.claiming import LOAN_S
from saccade_webhooks.distributing import EVERY_S
from saccade_webhooks.inbox import Inbox
from saccade_webhooks.stream import Entries, Stream

LOOK_S = 2.0
"""How often all of the database is looked at where the stream works: retries, and what is not in
the stream."""
MOST_BACK = 64
"""Deliveries told to this process that stand back, for their tenant has its share or their resource
is lent. With more it reads no further, so that others do."""
MOST_UNTOLD = 10_000
"""Deliveries kept for Redis while it is away; others are found by a look."""
SILENT_S = 60.0
"""A consumer not heard of for so long is dead; one that was merely stopped is made anew when it
reads on."""

_log = structlog.get_logger("saccade.webhooks")


class Streams:
    """``loan_s``: what a process was told of is told to another so long after it was last renewed.

    `run` must run; `close` it once nobody asks any more.
    """

    def __init__(
        self,
        inbox: Inbox,
        stream: Stream,
        *,
        look_s: float = LOOK_S,
        loan_s: float = LOAN_S,
        silent_s: float = SILENT_S,
    ) -> None:
        self._inbox = inbox
        self._stream = stream
        self._look_s, self._loan_s, self._silent_s = look_s, loan_s, silent_s
        self._ids: Entries = {}
        """Entries this process was told of and whose deliveries are not over, by number."""
        self._back: dict[int, None] = {}
        """Those of them not processed here now, in order."""
        self._unsure: set[int] = set()
        """Those of them that were looked at and not lent: they may be over."""
        self._changed = False
        """Whether some that stand back may now be lent."""
        self._more, self._woken = True, False
        """Whether a look at everything may find more; whether something came since the last."""
        self._looked_up: set[int] = set()
        """Deliveries lent by such looks: there may be more, for which there was no room."""
        self._looked_at = -inf
        self._read_at = 0.0
        self._reading: asyncio.Task[None] | None = None
        self._untold: list[int] = []
        self._over: list[bytes] = []
        self._tell = asyncio.Event()
        self._faults: dict[str, float] = {}
        """What Redis does not do for this process, and when it last did not."""

    @property
    def away(self) -> bool:
        """Whether Redis does not do its part: the database alone tells then."""
        return bool(self._faults)

    # --- Distributor --------------------------------------------------------------------------

    async def next(self, most: int) -> list[int] | None:
        """See `Distributor.next`: a look at everything when it is time, else what the stream says,
        else what is left over from a look."""
        await self._inbox.until_there(EVERY_S)
        while True:
            self._woken |= self._inbox.arrived.is_set()
            self._inbox.arrived.clear()
            await self._sort_out()
            self._read_on(most)
            rest = self._until_a_look()
            if rest > 0 and self._changed and self._back:
                self._changed = False
                return list(self._back)
            if rest <= 0 or self._more or (self._woken and self.away):
                self._more = self._woken = False  # until something ends or comes, from here on
                return None
            await self._inbox.until(self._inbox.arrived, rest)

    def found(self, held: Collection[int], *, some: bool, named: bool) -> None:
        """See `Distributor.found`."""
        for sequence in held:
            self._back.pop(sequence, None)
        if not (held and named):  # else there was no room for the rest, as far as is known
            self._unsure.update(self._back)
        if not named:
            self._looked_up.update(held)
            self._more |= some
            self._looked_at = time.monotonic()

    async def added(self, sequence: int) -> None:
        """See `Distributor.added`."""
        if len(self._untold) < MOST_UNTOLD:
            self._untold.append(sequence)
            self._tell.set()

    async def ended(self, sequences: Sequence[int]) -> None:
        """See `Distributor.ended`."""
        self._more |= not self._looked_up.isdisjoint(sequences)
        self._looked_up.difference_update(sequences)
        self._let_go(sequences)
        self._changed = True

    # --- beside -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell Redis what it is to know, hold what is here and take what others lost, until
        cancelled."""
        async with asyncio.TaskGroup() as beside:
            beside.create_task(self._telling())
            beside.create_task(self._tending())

    async def close(self) -> None:
        """Leave to others what is not over: nobody here processes it any more. What was read at
        this very moment counts as lost, and so does this consumer, soon."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait((self._reading,))
        with suppress(StateUnavailable):
            added, over = [*self._untold, *self._ids], [*self._over, *self._ids.values()]
            await self._stream.send(added, over)
        await self._stream.close()

    async def _telling(self) -> None:
        """What Redis does not take is dropped: deliveries are in the database, and the entries of
        those that are over come back as lost, to be let go of then."""
        while True:
            await self._tell.wait()
            self._tell.clear()
            added, self._untold = self._untold, []
            over, self._over = self._over, []
            try:
                await self._stream.send(added, over)
            except StateUnavailable as error:
                self._failed("telling", error)
                await asyncio.sleep(EVERY_S)
            else:
                if added:  # a Redis that is full still lets go
                    self._works("telling")

    async def _tending(self) -> None:
        buried_at = time.monotonic()
        while True:
            await asyncio.sleep(self._loan_s / 4)
            if time.monotonic() - self._faults.get("telling", time.monotonic()) > self._loan_s:
                self._works("telling")  # as far as is known: nothing was told since
            with suppress(StateUnavailable):  # who reads and who tells say so
                await self._stream.renew(list(self._ids.values()))
                if (room := MOST_BACK - len(self._back)) > 0:
                    self._told_of(await self._stream.take_lost(self._loan_s, room))
                if time.monotonic() - buried_at >= self._silent_s / 2:
                    buried_at = time.monotonic()
                    await self._stream.forget_dead(self._silent_s)

    def _until_a_look(self) -> float:
        """Seconds. A process that reads no further does not hear of other tenants' deliveries."""
        often = self.away or len(self._back) >= MOST_BACK
        return self._looked_at + (EVERY_S if often else self._look_s) - time.monotonic()

    # --- what the stream says -----------------------------------------------------------------

    def _read_on(self, most: int) -> None:
        """Have the next entries read, unless there is enough; one read is under way at a time."""
        room = min(most, MOST_BACK - len(self._back))
        if self._reading is None and room > 0 and time.monotonic() >= self._read_at:
            self._reading = asyncio.create_task(self._read(room))

    async def _read(self, most: int) -> None:
        try:
            self._told_of(await self._stream.read(most))
            self._works("reading")
        except StateUnavailable as error:
            self._failed("reading", error)
            self._read_at = time.monotonic() + EVERY_S
        finally:
            self._reading = None
        self._inbox.arrived.set()

    def _told_of(self, entries: Entries) -> None:
        for sequence, entry in entries.items():
            before = self._ids.get(sequence)
            self._ids[sequence] = entry
            if before is None:
                self._back[sequence] = None
            elif before != entry:  # told of twice
                self._over.append(before)
        if entries:
            self._changed = True
            self._inbox.arrived.set()

    async def _sort_out(self) -> None:
        """Of what was not lent let go of what is over; the rest stands back."""
        if self._unsure:
            asked = sorted(self._unsure)
            unfinished = await self._inbox.unfinished(asked)
            self._unsure.clear()
            self._let_go([one for one in asked if one not in unfinished])

    def _let_go(self, sequences: Sequence[int]) -> None:
        for sequence in sequences:
            self._back.pop(sequence, None)
            self._unsure.discard(sequence)
            if (entry := self._ids.pop(sequence, None)) is not None:
                self._over.append(entry)
        if self._over:
            self._tell.set()

    def _failed(self, what: str, error: StateUnavailable) -> None:
        if not self._faults:
            _log.warning("webhook stream away", error=str(error))
        self._faults[what] = time.monotonic()

    def _works(self, what: str) -> None:
        if self._faults.pop(what, None) is not None and not self._faults:
            _log.info("webhook stream back")
