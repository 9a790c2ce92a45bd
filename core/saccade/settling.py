"""After the page has gone out: the journal, the view's standing decision, what caps count.

Nothing here is on the page path, and nobody waits for it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from saccade import views
from saccade.batching import SingleFlight
from saccade.defaults import not_served
from saccade.domain import DO_NOTHING, Arm, Decision, Exposure, Reason, Served
from saccade.ports import JournalPort, StatePort

_WITHHELD = frozenset({Reason.HOLDOUT, Reason.SHADOW})


class Settling:
    """Keeps what became of decisions."""

    def __init__(self, state: StatePort, journal: JournalPort, clock: Callable[[], float]) -> None:
        self._state = state
        self._journal = journal
        self._clock = clock
        self._standings: SingleFlight[Decision] = SingleFlight(self._stand)
        self._background: set[asyncio.Task[None]] = set()
        self.lost_standings = 0

    def delivered(self, decision: Decision, *, assumed: bool) -> None:
        """The page went out with what was decided. A repeat has nothing new to keep.

        ``assumed``: the front end only reads JSON, so served counts as seen. A choice that was
        withheld counts against its cap at once, since no exposure will ever say so: else the
        would-be choices of control visitors would never be capped, and the arms would differ.
        """
        if decision.repeat or not decision.id:
            return
        self._journal.decided(decision)
        if decision.arm is Arm.NONE:
            return  # it failed before anything was decided: nothing to repeat
        self._standings.submit(decision)
        if decision.chosen == DO_NOTHING or decision.refused:
            return
        if decision.experience.reason in _WITHHELD:
            self._later(self._commit(decision))
        elif assumed and decision.experience.served is not Served.DEFAULT:
            self._later(self._assume(decision))

    def missed(self, decision: Decision, reason: Reason) -> None:
        """The page went out without it: recorded under an id of its own, and not repeated."""
        if not decision.repeat and decision.id:
            self._journal.decided(not_served(decision, reason))

    async def drain(self) -> None:
        """Wait until everything handed over is kept."""
        await self._standings.drain()
        if self._background:
            await asyncio.wait(self._background)

    async def _stand(self, decisions: list[Decision]) -> None:
        standings = [(views.key(one.request), views.standing(one)) for one in decisions]
        try:
            await self._state.stand(standings)
        except Exception:  # noqa: BLE001 - the view is decided anew, under the same id
            self.lost_standings += len(standings)

    async def _commit(self, decision: Decision) -> None:
        request = decision.request
        await self._state.commit(request.tenant, request.identity, decision.id, self._clock())

    async def _assume(self, decision: Decision) -> None:
        request = decision.request
        slots = tuple({instruction.slot: 0 for instruction in decision.experience.instructions})
        await self._commit(decision)
        await self._journal.exposed(
            Exposure(
                request.tenant,
                request.identity.session,
                request.identity.visitor,
                decision.id,
                slots,
                self._clock(),
            )
        )

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_quiet(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def _quiet(work: Coroutine[Any, Any, None]) -> None:
    with suppress(Exception):  # the reservation lapses; the page has long gone out
        await work
