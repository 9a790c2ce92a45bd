"""The worker: takes deliveries that are due, carries out what they say, and records how it went.

Each is processed by itself, so that one that hangs or always fails holds nothing up behind it
(F29). A tenant whose platform is slow has half of the places at most.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import structlog

from saccade.deliveries import Departure, PersonalData
from saccade.hosting import Asks
from saccade_webhooks.backoff import Backoff
from saccade_webhooks.carrying import Carrier
from saccade_webhooks.claiming import LOAN_S, Held, Room
from saccade_webhooks.counting import Counted, Counters
from saccade_webhooks.distributing import Distributor, Polling
from saccade_webhooks.effects import Effects, NotNow, Platforms
from saccade_webhooks.ending import Ending
from saccade_webhooks.inbox import Inbox, InboxUnavailable
from saccade_webhooks.tables import State

MOST = 64
"""Deliveries processed at once. With 128 acknowledgements wait: p99 60 ms, not 39."""
MOST_OF_ONE = MOST // 2
"""Of one tenant, while others may want the rest."""
PATIENCE_S = 30.0
"""How long one attempt may take."""
LEAVING_S = 3_600.0
"""How long it may take to leave nothing of a tenant: all that is kept is walked through."""
LARGE = 65_536
"""Bytes from which a body is read beside the event loop, where pages wait."""
REST_S = 0.5
"""Until a database that is away is asked again."""

_ENDED = {
    State.DONE: Counted.DONE,
    State.STALE: Counted.STALE,
    State.DEAD: Counted.DEAD,
    State.WAITING: Counted.RETRIED,
}

_log = structlog.get_logger("saccade.webhooks")


class Processor:
    """``clock`` tells seconds since the epoch."""

    def __init__(
        self,
        inbox: Inbox,
        platforms: Platforms,
        effects: Effects,
        counters: Counters,
        *,
        distributor: Distributor | None = None,
        backoff: Backoff | None = None,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._inbox = inbox
        self._platforms = platforms
        self._carrier = Carrier(inbox, effects)
        self._counters = counters
        self._distributor = distributor or Polling(inbox)
        self._backoff = backoff or Backoff()
        self._patience_s = patience_s
        self._clock = clock
        self._held: dict[int, Held] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: list[Ending] = []
        self._room, self._over = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Process until cancelled; what is then under way is given back, for others to take."""
        works = (self._record(), self._hold(), self._inbox.forget(REST_S))
        beside = [asyncio.create_task(work) for work in works]
        try:
            while True:
                self._room.clear()
                if len(self._held) >= MOST:
                    await self._room.wait()
                    continue
                await self._take()
        finally:
            await self._stop(beside)

    async def _take(self) -> None:
        try:
            named = await self._distributor.next(MOST - len(self._held))
            claimed = await self._inbox.claim(self._clock(), self._free(), named)
        except InboxUnavailable:
            await asyncio.sleep(REST_S)
            return
        lent = [held.sequence for held in claimed.held]
        self._distributor.found(lent, some=bool(claimed), named=named is not None)
        for what, adapters in ((Counted.STALE, claimed.stale), (Counted.DEAD, claimed.dead)):
            for adapter, many in Counter(adapters).items():
                self._counters.count(what, adapter, many)
        for held in claimed.held:
            self._held[held.sequence] = held
            task = asyncio.create_task(self._process(held))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _free(self) -> Room:
        taken = Counter(held.tenant for held in self._held.values())
        return Room(MOST - len(self._held), MOST_OF_ONE, taken)

    async def _process(self, held: Held) -> None:
        try:
            async with asyncio.timeout(self._patience_s) as patience:
                ending = await self._attempt(held, patience)
        except NotNow as error:
            ending = self._again(held, self._backoff.soon_s, error, counts=False)
        except Exception as error:  # noqa: BLE001 - F29: whatever one does, the others go on
            ending = self._again(held, self._backoff.after(held.attempts), error)
        self._ended.append(ending)
        self._over.set()

    async def _attempt(self, held: Held, patience: asyncio.Timeout) -> Ending:
        adapter = self._platforms.adapter(held.adapter, held.tenant)
        if adapter is None:
            raise LookupError("the tenant is not served here")
        events, read = adapter.events, adapter.events.translate
        if held.size > LARGE or (isinstance(events, Asks) and events.asks(held.delivery)):
            facts = await asyncio.to_thread(read, held.delivery)
        else:
            facts = read(held.delivery)
        if not facts:
            self._counters.count(Counted.PASSED_OVER, held.adapter)
        if any(isinstance(fact, Departure) for fact in facts):
            patience.reschedule(asyncio.get_running_loop().time() + LEAVING_S)
        forgets = any(isinstance(fact, (PersonalData, Departure)) for fact in facts)
        pages = await self._carrier.carry(held, adapter, facts)
        return Ending(held, State.DONE, pages, forgets=forgets)

    def _again(
        self, held: Held, rest_s: float | None, error: Exception, *, counts: bool = True
    ) -> Ending:
        why = _why(error)
        state = State.DEAD if rest_s is None else State.WAITING
        due = 0.0 if rest_s is None else self._clock() + rest_s
        level = _log.error if rest_s is None else _log.warning
        level(
            "webhook given up" if rest_s is None else "webhook put off",
            adapter=held.adapter,
            tenant=held.tenant,
            count=held.attempts,
            error=type(error).__name__,
        )
        return Ending(held, state, error=why, due=due, counts=counts)

    async def _record(self) -> None:
        """Write endings, together those that came together, for as long as it takes."""
        while True:
            await self._over.wait()
            self._over.clear()
            await self._recorded()

    async def _recorded(self) -> None:
        ended, self._ended = self._ended, []
        if not ended:
            return
        try:
            states = await self._inbox.end(ended, self._clock())
        except BaseException as error:
            self._ended = ended + self._ended
            if not isinstance(error, InboxUnavailable):
                raise
            await asyncio.sleep(REST_S)
            self._over.set()
            return
        for one, state in zip(ended, states, strict=True):
            del self._held[one.held.sequence]
            if state is not None:
                self._counters.count(_ENDED[state], one.held.adapter)
        self._room.set()
        self._inbox.arrived.set()  # what stood back for its resource or its tenant may go on
        await self._distributor.ended([one.held.sequence for one in ended])

    async def _hold(self) -> None:
        """Go on holding what is under way."""
        while True:
            await asyncio.sleep(LOAN_S / 4)
            if self._held:
                with suppress(InboxUnavailable):
                    await self._inbox.renew(list(self._held), self._clock())

    async def _stop(self, beside: list["asyncio.Task[None]"]) -> None:
        working = [*beside, *self._tasks]
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        with suppress(InboxUnavailable):
            await self._recorded()
            if self._held:
                await self._inbox.give_back()


def _why(error: Exception) -> str:
    """What `EventPort.translate` says of the field; of others the kind: they may quote people."""
    told = f": {error}" if isinstance(error, (ValueError, LookupError, NotNow)) else ""
    return f"{type(error).__name__}{told}"[:300]
