"""The decision's side of the race: asked before the call goes upstream, ended exactly once."""

import asyncio

from saccade.deadline import Deadline
from saccade.domain import Decision, DecisionRequest
from saccade_gateway.hooks import Decides


class Asked:
    """One decision under way. Whoever asks closes it, whatever happens in between."""

    __slots__ = ("_deadline", "_ended", "_engine", "_future")

    def __init__(self, engine: Decides, request: DecisionRequest, deadline: Deadline) -> None:
        self._engine = engine
        self._deadline = deadline
        self._future = engine.ask(request, deadline)
        self._ended = False

    @property
    def late(self) -> bool:
        """Whether the budget is spent and the decision is not there."""
        return self._deadline.expired and not self._future.done()

    def give_up(self) -> None:
        """The page goes out without waiting any longer."""
        self._ended = True
        self._engine.abandon(self._future)

    async def decision(self) -> Decision | None:
        """The decision, waited for within the budget; ``None`` where it came too late.

        No timer is armed for one that is there already, and none once the budget is spent.
        """
        future = self._future
        if not future.done():
            remaining = self._deadline.remaining_s()
            if remaining > 0:
                await asyncio.wait((future,), timeout=remaining)
            if not future.done():
                self.give_up()
                return None
        return _result(future)

    def served(self, decision: Decision) -> None:
        """The page went out with it."""
        self._ended = True
        self._engine.settle(decision, delivered=True)

    def close(self) -> None:
        """End it as not delivered, unless it has ended; a decision still under way later."""
        if not self._ended:
            self._ended = True
            self._future.add_done_callback(self._undelivered)

    def _undelivered(self, future: "asyncio.Future[Decision]") -> None:
        if (decision := _result(future)) is not None:
            self._engine.settle(decision, delivered=False)


def _result(future: "asyncio.Future[Decision]") -> Decision | None:
    """What an engine answered; one that breaks its promise and fails has answered nothing."""
    if future.cancelled() or future.exception() is not None:
        return None
    return future.result()
