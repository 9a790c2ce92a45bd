"""The decision's side of the race: asked before the call goes upstream, ended exactly once."""

import asyncio
import logging

from saccade.deadline import Deadline
from saccade.domain import Decision, DecisionRequest, Experience, Reason
from saccade_gateway.hooks import Decides

_log = logging.getLogger(__name__)


class Asked:
    """One decision under way. Whoever asks closes it, whatever happens in between.

    An engine that breaks its promise and raises has answered nothing (R27).
    """

    __slots__ = ("_deadline", "_ended", "_engine", "_future", "_request")

    def __init__(self, engine: Decides, request: DecisionRequest, deadline: Deadline) -> None:
        self._engine = engine
        self._request = request
        self._deadline = deadline
        self._future = self._ask()
        self._ended = False

    @property
    def lost(self) -> bool:
        """Whether no decision can come any more: asking failed, or the budget is spent."""
        if self._future.done():
            return _result(self._future) is None
        return self._deadline.expired

    @property
    def previewed(self) -> bool:
        """Whether somebody looks at a page as it would be: that is kept out of all data (R88)."""
        return self._request.preview is not None

    def give_up(self) -> None:
        """The page goes out without waiting any longer."""
        self._ended = True
        if not self._future.done():
            self._engine.abandon(self._future)

    def fallback(self) -> Experience | None:
        """What the page gets in place of a decision (R23); ``None`` is the page's own default."""
        try:
            return self._engine.fallback(self._request, Reason.TIMEOUT)
        except Exception as error:  # noqa: BLE001 - R27: our own fault must not break the page
            _log.error("no fallback was found: %s", type(error).__name__)
            return None

    async def decision(self) -> Decision | None:
        """The decision, waited for within the budget; ``None`` where it came too late.

        No timer is armed for one that is there already, and none once the budget is spent.
        """
        future = self._future
        if not future.done():
            remaining = self._deadline.remaining_s()
            if remaining > 0:
                await _ended(future, remaining)
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

    def _ask(self) -> "asyncio.Future[Decision]":
        try:
            return self._engine.ask(self._request, self._deadline)
        except Exception as error:  # noqa: BLE001 - R27: our own fault must not break the page
            _log.error("a call was not decided: %s", type(error).__name__)
            nothing: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
            nothing.cancel()
            return nothing

    def _undelivered(self, future: "asyncio.Future[Decision]") -> None:
        if (decision := _result(future)) is not None:
            self._engine.settle(decision, delivered=False)


async def _ended(future: "asyncio.Future[Decision]", within_s: float) -> None:
    """As `asyncio.wait` of one future, which does more for the same."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake(_: object = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    timer = loop.call_later(within_s, wake)
    future.add_done_callback(wake)
    try:
        await waiter
    finally:
        timer.cancel()
        future.remove_done_callback(wake)


def _result(future: "asyncio.Future[Decision]") -> Decision | None:
    """What an engine answered; one that breaks its promise and fails has answered nothing."""
    if future.cancelled() or future.exception() is not None:
        return None
    return future.result()
