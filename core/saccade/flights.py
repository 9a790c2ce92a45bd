"""The engine's traffic with the state store: who asks waits on a future, trips are shared.

Three kinds of flight, each single: reads, folds of signals, and writes of standing decisions, which
nobody waits for. A batch that needs caps reserves them on a second trip of the same flight.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from saccade.actions import TenantRuntime
from saccade.batching import SingleFlight
from saccade.deadline import Deadline
from saccade.defaults import undecided
from saccade.domain import DO_NOTHING, Decision, DecisionRequest, Reason, Served
from saccade.ports import StatePort
from saccade.state import Reservation, SignalBatch, Standing, State, ViewKey


class Ask:
    """A decision asked for, and the future its asker waits on."""

    __slots__ = ("deadline", "future", "key", "request", "runtime")

    def __init__(
        self,
        request: DecisionRequest,
        deadline: Deadline,
        runtime: TenantRuntime,
        key: ViewKey,
        future: "asyncio.Future[Decision]",
    ) -> None:
        self.request = request
        self.deadline = deadline
        self.runtime = runtime
        self.key = key
        self.future = future


class Fold:
    """Signals to take in. Wanted of the state after them: a decision (``ask``) or itself."""

    __slots__ = ("ask", "batch", "future")

    def __init__(
        self,
        batch: SignalBatch,
        *,
        ask: Ask | None = None,
        future: "asyncio.Future[State] | None" = None,
    ) -> None:
        self.batch = batch
        self.ask = ask
        self.future = future


class Draft(msgspec.Struct, frozen=True):
    """A decision made, before its cap is reserved and its view's standing is written."""

    ask: Ask
    decision: Decision
    standing: Standing | None = None
    reservation: Reservation | None = None

    def refused(self) -> "Draft":
        """The same decision with its cap denied: the page's default, CAPPED."""
        experience = msgspec.structs.replace(
            self.decision.experience,
            reason=Reason.CAPPED,
            served=Served.DEFAULT,
            instructions=(),
        )
        decision = msgspec.structs.replace(self.decision, chosen=DO_NOTHING, experience=experience)
        standing = self.standing and msgspec.structs.replace(
            self.standing, chosen=DO_NOTHING, experience=experience
        )
        return Draft(self.ask, decision, standing)


class Flights:
    """Carries asks to drafts and drafts to answers.

    ``story`` makes the drafts of one batch; ``late`` is given a decision whose asker has gone,
    ``batched`` the number of asks each read carries.
    """

    def __init__(
        self,
        state: StatePort,
        story: Callable[[Sequence[Ask], Sequence[State]], Sequence[Draft]],
        late: Callable[[Decision], None],
        batched: Callable[[int], None],
    ) -> None:
        self._state = state
        self._story = story
        self._late = late
        self._batched = batched
        self._reads: SingleFlight[Ask] = SingleFlight(self._read)
        self._folds: SingleFlight[Fold] = SingleFlight(self._fold)
        self._standings: SingleFlight[Draft] = SingleFlight(self._stand)
        self.lost_standings = 0

    def read(self, ask: Ask) -> None:
        """Decide ``ask`` on the state as it is."""
        self._reads.submit(ask)

    def fold(self, fold: Fold) -> None:
        """Take signals in, answer the state after them, and decide where that is asked."""
        self._folds.submit(fold)

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        for flight in (self._reads, self._folds, self._standings):
            await flight.drain()

    async def _read(self, asks: list[Ask]) -> None:
        self._batched(len(asks))
        try:
            states = await self._state.read([ask.key for ask in asks])
        except Exception:  # noqa: BLE001 - whatever a store does, each asker gets an answer
            self._fail(asks)
            return
        await self._decide(asks, states)

    async def _fold(self, folds: list[Fold]) -> None:
        asks = [fold.ask for fold in folds if fold.ask]
        try:
            states = await self._state.record([fold.batch for fold in folds])
        except Exception as error:  # noqa: BLE001 - as above; who asked only for the state is told
            self._fail(asks)
            for fold in folds:
                if fold.future is not None and not fold.future.done():
                    fold.future.set_exception(error)
            return
        for fold, state in zip(folds, states, strict=True):
            if fold.future is not None and not fold.future.done():
                fold.future.set_result(state)
        known = [state for fold, state in zip(folds, states, strict=True) if fold.ask]
        await self._decide(asks, known)

    async def _decide(self, asks: Sequence[Ask], states: Sequence[State]) -> None:
        if not asks:
            return
        for ask in asks:
            ask.deadline.mark("profile")
        capped: list[Draft] = []
        for draft in self._told(asks, states):
            if draft.reservation is None:
                self._answer(draft)
            else:
                capped.append(draft)
        if capped:
            await self._reserve(capped)

    def _told(self, asks: Sequence[Ask], states: Sequence[State]) -> Sequence[Draft]:
        """The story of a batch; one that fails as a whole is told row by row."""
        try:
            return self._story(asks, states)
        except Exception:  # noqa: BLE001 - the law: decide never raises
            if len(asks) == 1:
                return [Draft(asks[0], _failure(asks[0]))]
        rows = zip(asks, states, strict=True)
        return [draft for ask, state in rows for draft in self._told([ask], [state])]

    async def _reserve(self, drafts: list[Draft]) -> None:
        wanted = [draft.reservation for draft in drafts if draft.reservation is not None]
        try:
            granted = await self._state.reserve(wanted)
        except Exception:  # noqa: BLE001 - as above
            self._fail([draft.ask for draft in drafts])
            return
        for draft, grant in zip(drafts, granted, strict=True):
            draft.ask.deadline.mark("selection")
            self._answer(draft if grant else draft.refused())

    async def _stand(self, drafts: list[Draft]) -> None:
        standings = [(draft.ask.key, draft.standing) for draft in drafts if draft.standing]
        try:
            await self._state.stand(standings)
        except Exception:  # noqa: BLE001 - the view is decided anew, under the same id
            self.lost_standings += len(standings)

    def _fail(self, asks: Sequence[Ask]) -> None:
        for ask in asks:
            if not ask.future.done():
                ask.future.set_result(_failure(ask))

    def _answer(self, draft: Draft) -> None:
        """Hand the decision over; one whose asker has gone is only recorded, as late."""
        if draft.ask.future.done():
            if not draft.decision.repeat:
                self._late(draft.decision)
            return
        decision = msgspec.structs.replace(
            draft.decision, timings_ms=dict(draft.ask.deadline.ledger)
        )
        draft.ask.future.set_result(decision)
        if draft.standing is not None:
            self._standings.submit(draft)


def _failure(ask: Ask) -> Decision:
    return undecided(ask.request, Reason.ERROR, recorded=True)
