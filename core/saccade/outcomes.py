"""What trusted events amount to: an order is a conversion (R50), an added entry is a signal.

Events are handed over on the page path and kept behind it, by one task, in order. While a store is
away orders wait and are tried again; a signal is tried once, for one that is missing is missing.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

import structlog

from saccade import consent
from saccade.actions import TenantRuntime
from saccade.assisted import Assisted
from saccade.domain import Event, EventKind, Identity, Moment, Outcome, OutcomeKind
from saccade.ports import JournalPort, StatePort
from saccade.signals import Signals
from saccade.state import Heard, SignalBatch, Told, ViewKey

MOST = 10_000
"""Events that wait; beyond them the newest are dropped and counted."""

BATCH = 256
"""Events kept in one trip."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
CLOSING_S = 5.0
"""How long closing waits for stores that are away."""

_ADDED = Signals(add_to_cart_clicked=True)
_KEPT = frozenset({EventKind.ORDER_PLACED, EventKind.ADD_TO_CART})

_log = structlog.get_logger("saccade.outcomes")


class NotKeptError(Exception):
    """A store is away: what was to be kept may be lost unless it is told again."""


class TrustedEvents:
    """Keeps the trusted events of visitors: `take` is the gateway's sink.

    An event of nobody (a call without a session) says nothing of any arm and is not kept; nor are
    the kinds the core makes nothing of yet. What the visitor has not agreed to is dropped (R60),
    and so is what an agent does: a call that places an order need not say so itself (R89).
    """

    def __init__(
        self,
        tenants: Mapping[str, TenantRuntime],
        state: StatePort,
        journal: JournalPort,
        assisted: Assisted | None = None,
    ) -> None:
        self._tenants = tenants
        self._assisted = assisted or Assisted()
        self._state = state
        self._journal = journal
        self._waiting: deque[Event] = deque()
        self._task: asyncio.Task[None] | None = None
        self._away = False
        self.dropped = 0
        """Orders given up since the start."""

    def take(self, events: Sequence[Event]) -> None:
        """Queue what is to be kept; returns at once, never raises."""
        for event in events:
            if self._concerns_us(event):
                self._queue(event)
        if self._waiting and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def keep(self, events: Sequence[Event]) -> None:
        """Keep them now: returns when the orders among them are durable, for whoever can tell them
        again. Told twice, an order with a reference is one. Raises `NotKeptError`."""
        wanted = [event for event in events if self._concerns_us(event)]
        if wanted and await self._keep(wanted):
            raise NotKeptError("orders could not be journaled")

    async def close(self) -> None:
        """Wait for what is queued; what the stores do not take in time is dropped and counted."""
        if self._task is not None:
            task = self._task
            await asyncio.wait((task,), timeout=CLOSING_S)
            task.cancel()
            await asyncio.wait((task,))
        for event in self._waiting:
            self._drop(event)
        self._waiting.clear()

    def _concerns_us(self, event: Event) -> bool:
        if not event.trusted or event.kind not in _KEPT or not self._known(event):
            return False
        of_somebody = bool(event.visitor and event.session)
        return of_somebody and not self._assisted.knows(event.tenant, event.session or "")

    def _known(self, event: Event) -> bool:
        """Tenants may come and go while a server runs."""
        return event.tenant in self._tenants

    def _queue(self, event: Event) -> None:
        if len(self._waiting) < MOST:
            self._waiting.append(event)
        else:
            self._drop(event)

    def _drop(self, event: Event) -> None:
        if event.kind is EventKind.ORDER_PLACED:
            self.dropped += 1
            _log.error("order not kept", tenant=event.tenant, dropped=self.dropped)

    async def _run(self) -> None:
        try:
            await self._keep_all()
        finally:
            self._task = None

    async def _keep_all(self) -> None:
        pause = FIRST_PAUSE_S
        while self._waiting:
            batch = list(islice(self._waiting, BATCH))
            again = await self._keep(batch)
            for _ in batch:
                self._waiting.popleft()
            self._waiting.extendleft(reversed(again))
            self._told(away=bool(again))
            if again:
                await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S) if again else FIRST_PAUSE_S

    def _told(self, *, away: bool) -> None:
        if away and not self._away:
            _log.warning("orders wait to be journaled", count=len(self._waiting))
        elif self._away and not away:
            _log.info("orders are journaled again")
        self._away = away

    async def _keep(self, batch: Sequence[Event]) -> Sequence[Event]:
        """Returns what must be tried again."""
        added = [event for event in batch if event.kind is EventKind.ADD_TO_CART]
        orders = [event for event in batch if event.kind is EventKind.ORDER_PLACED]
        if added:
            await self._fold(added)
        return await self._follow(orders) if orders else ()

    async def _fold(self, added: Sequence[Event]) -> None:
        try:
            await self._state.record([self._batch(event) for event in added if self._known(event)])
        except Exception as error:  # noqa: BLE001 - a store that is away costs signals, nothing else
            _log.debug("signals not kept", count=len(added), error=type(error).__name__)

    async def _follow(self, orders: Sequence[Event]) -> Sequence[Event]:
        try:
            states = await self._state.read([_key(order) for order in orders])
        except Exception:  # noqa: BLE001 - whether the visitor said no cannot be known now
            return orders
        kept = [state.profile.consent if state.profile else None for state in states]
        agreed = [
            order for order, answer in zip(orders, kept, strict=True) if self._agreed(order, answer)
        ]
        results = await asyncio.gather(
            *(self._journal.followed(_converted(order)) for order in agreed),
            return_exceptions=True,
        )
        bought = [order for order, one in zip(orders, states, strict=True) if one.session]
        await self._suppress([order for order in bought if order in agreed])
        again: list[Event] = []
        for order, result in zip(agreed, results, strict=True):
            if isinstance(result, ValueError):  # no record can hold it, now or later
                self._drop(order)
            elif isinstance(result, Exception):
                again.append(order)
        return again

    async def _suppress(self, orders: Sequence[Event]) -> None:
        """Visits that go on know of their order (R18): what is offered next is decided anew.

        Only those: an order told of a day late begins no visit.
        """
        batches = [self._purchase(order) for order in orders if self._known(order)]
        if not batches:
            return
        try:
            await self._state.record(batches)
        except Exception as error:  # noqa: BLE001 - as in `_fold`
            _log.debug("orders not told", count=len(batches), error=type(error).__name__)

    def _purchase(self, order: Event) -> SignalBatch:
        """Created and paid are one order, by one mark; keyed, for it is kept with the visit."""
        runtime = self._tenants[order.tenant]
        said = f"order\n{order.reference or order.at}".encode()
        mark = hashlib.blake2b(said, key=runtime.secret[:64], digest_size=5).hexdigest()
        opt_in = consent.must_be_kept(runtime.tenant.consent.basis, order.consent)
        heard = Heard((Told(mark, EventKind.ORDER_PLACED),))
        return SignalBatch(_key(order), "", Signals(), order.at, opt_in=opt_in, heard=heard)

    def _agreed(self, order: Event, kept: bool | None) -> bool:
        """By what the call said and what is kept."""
        runtime = self._tenants.get(order.tenant)
        return runtime is not None and consent.allowed(
            runtime.tenant.consent.basis, order.consent, kept
        )

    def _batch(self, event: Event) -> SignalBatch:
        """Of no subject: the session stays with the page it is on."""
        basis = self._tenants[event.tenant].tenant.consent.basis
        opt_in = consent.must_be_kept(basis, event.consent)
        return SignalBatch(_key(event), "", _ADDED, event.at, opt_in=opt_in)


def _key(event: Event) -> ViewKey:
    who = Identity(event.visitor or "", event.session or "")
    return ViewKey(event.tenant, who, Moment.CONFIRMATION)


def _converted(order: Event) -> Outcome:
    return Outcome(
        tenant=order.tenant,
        session=order.session or "",
        visitor=order.visitor or "",
        kind=OutcomeKind.CONVERTED,
        at=order.at,
        value=order.value,
        currency=order.currency,
        order_id=order.reference,
        trusted=order.trusted,
    )
