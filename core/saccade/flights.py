"""The engine's traffic with the state store: who asks waits on a future, trips are shared.

Two kinds of flight, each single: reads, and folds of signals. A batch that needs caps reserves them
on a second trip of the same flight. A trip that fails fails all who wait behind it too: on a store
that hangs they would only wait out one more time-out each.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from saccade.actions import TenantRuntime
from saccade.batching import SingleFlight
from saccade.deadline import Deadline
from saccade.domain import Decision, DecisionRequest, Reason, Served
from saccade.ports import StatePort
from saccade.state import Reservation, SignalBatch, State, ViewKey


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
    """A decision made, before its cap is reserved."""

    ask: Ask
    decision: Decision
    reservation: Reservation | None = None

    def refused(self) -> Decision:
        """The decision with its cap denied: the page's default.

        What was chosen stands, with its propensity; where it was withheld anyway, so does why.
        """
        experience = self.decision.experience
        if experience.served is not Served.DEFAULT:
            experience = msgspec.structs.replace(
                experience, reason=Reason.CAPPED, served=Served.DEFAULT, instructions=()
            )
        return msgspec.structs.replace(self.decision, experience=experience, refused=True)


class Flights:
    """Carries asks to drafts and drafts to answers.

    ``story`` makes the drafts of one batch, ``failed`` the decision of an ask whose trip failed.
    ``late`` is given a decision whose asker has gone, ``batched`` the number of asks of each read.
    """

    def __init__(
        self,
        state: StatePort,
        story: Callable[[Sequence[Ask], Sequence[State]], Sequence[Draft]],
        failed: Callable[[Ask], Decision],
        late: Callable[[Decision], None],
        batched: Callable[[int], None],
    ) -> None:
        self._state = state
        self._story = story
        self._failed = failed
        self._late = late
        self._batched = batched
        self._reads: SingleFlight[Ask] = SingleFlight(self._read)
        self._folds: SingleFlight[Fold] = SingleFlight(self._fold)

    def read(self, ask: Ask) -> None:
        """Decide ``ask`` on the state as it is."""
        self._reads.submit(ask)

    def fold(self, fold: Fold) -> None:
        """Take signals in, answer the state after them, and decide where that is asked."""
        self._folds.submit(fold)

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        await self._reads.drain()
        await self._folds.drain()

    async def _read(self, asks: list[Ask]) -> None:
        self._batched(len(asks))
        try:
            await self._decide(asks, await self._state.read([ask.key for ask in asks]))
        except Exception:  # noqa: BLE001 - whatever a store does, each asker gets an answer
            self._fail([*asks, *self._reads.take()])

    async def _fold(self, folds: list[Fold]) -> None:
        try:
            states = await self._state.record([fold.batch for fold in folds])
            pairs = list(zip(folds, states, strict=True))
            for fold, state in pairs:
                if fold.future is not None and not fold.future.done():
                    fold.future.set_result(state)
            asking = [(fold.ask, state) for fold, state in pairs if fold.ask]
            await self._decide([ask for ask, _ in asking], [state for _, state in asking])
        except Exception as error:  # noqa: BLE001 - as above; who asked only for the state is told
            folds = [*folds, *self._folds.take()]
            self._fail([fold.ask for fold in folds if fold.ask])
            for fold in folds:
                if fold.future is not None and not fold.future.done():
                    fold.future.set_exception(error)

    async def _decide(self, asks: Sequence[Ask], states: Sequence[State]) -> None:
        if not asks:
            return
        for ask in asks:
            ask.deadline.mark("profile")
        capped: list[Draft] = []
        for draft in self._told(asks, states):
            if draft.reservation is None:
                self._answer(draft.ask, draft.decision)
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
                return [Draft(asks[0], self._failed(asks[0]))]
        rows = zip(asks, states, strict=True)
        return [draft for ask, state in rows for draft in self._told([ask], [state])]

    async def _reserve(self, drafts: list[Draft]) -> None:
        wanted = [draft.reservation for draft in drafts if draft.reservation is not None]
        granted = await self._state.reserve(wanted)
        for draft, grant in zip(drafts, granted, strict=True):
            draft.ask.deadline.mark("selection")
            self._answer(draft.ask, draft.decision if grant else draft.refused())

    def _fail(self, asks: Sequence[Ask]) -> None:
        for ask in asks:
            if not ask.future.done():
                ask.future.set_result(self._failed(ask))

    def _answer(self, ask: Ask, decision: Decision) -> None:
        """Hand the decision over; one whose asker has gone is only recorded, as late."""
        if ask.future.done():
            self._late(decision)
            return
        decision.timings_ms.update(ask.deadline.ledger)
        ask.future.set_result(decision)
