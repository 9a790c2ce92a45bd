"""A visitor's answer to the question of consent (R60): a yes is kept, a no leaves nothing else.

Withdrawn, it purges at once what is kept of them under every name they go by, and who they are
known to be; the journal's rows are anonymised. What was on its way to the journal meanwhile, here
or on another worker, is met by a second sweep within the second.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from saccade.domain import Identity
from saccade.joining import Joining
from saccade.ports import StatePort

SWEEP_S = 0.5
"""After which what was under way has arrived."""

MOST_SWEEPS = 20
"""How often a journal that is away is tried again."""

_log = structlog.get_logger("saccade.consent")


class Anonymises(Protocol):
    """A journal, as far as a withdrawal concerns it."""

    async def anonymise(
        self, tenant: str, visitors: Sequence[str], visits: Sequence[Identity]
    ) -> int:
        """Take out of every row, those handed over before included, who it was about: these
        visitors, or these visits of others.

        Such a row is of no arm, and an outcome of no order. Answers how many there were. Raises
        `JournalUnavailable`.
        """
        ...


class Consents:
    """Keeps answers. ``clock`` is the engine's."""

    def __init__(
        self,
        joining: Joining,
        state: StatePort,
        journal: Anonymises,
        clock: Callable[[], float],
        *,
        sweep_s: float = SWEEP_S,
    ) -> None:
        self._joining = joining
        self._state = state
        self._journal = journal
        self._clock = clock
        self._sweep_s = sweep_s
        self._sweeping: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()

    async def given(self, tenant: str, who: Identity) -> Identity:
        """Keep a yes; answers who it is kept of."""
        who, _ = await self._joining.found(tenant, who)
        await self._state.consent(tenant, who, True, self._clock())
        return who

    async def withdrawn(self, tenant: str, who: Identity) -> None:
        """Keep a no and nothing else. Raises `JournalUnavailable`, and then goes on trying."""
        end, trail = await self._joining.found(tenant, who)
        profile = trail.profile
        aliases = profile.aliases if profile else ()
        # Not who.visitor as such: it may be another person, whose device this visit is made at.
        visitors = {end.visitor, *(one for one in aliases if "." not in one)}
        visits = [Identity(*one.split(".", 1)) for one in aliases if "." in one]
        for visitor in visitors:
            one = Identity(visitor, who.session)
            await self._state.consent(tenant, one, False, self._clock())
        await self._state.unlink(tenant, profile.people if profile else ())
        names = (tenant, sorted(visitors), visits)
        self._later(self._swept(*names))
        await self._journal.anonymise(*names)

    async def close(self) -> None:
        """Sweep once more, now, for what was withdrawn last."""
        self._ending.set()
        if self._sweeping:
            await asyncio.wait(self._sweeping)

    async def _swept(
        self, tenant: str, visitors: Sequence[str], visits: Sequence[Identity]
    ) -> None:
        for _ in range(1 if self._ending.is_set() else MOST_SWEEPS):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._sweep_s)
            try:
                await self._journal.anonymise(tenant, visitors, visits)
            except Exception as error:  # noqa: BLE001 - whatever a database does, it is tried again
                _log.warning("rows not yet anonymised", tenant=tenant, error=type(error).__name__)
            else:
                return
        _log.error("rows not anonymised", tenant=tenant)

    def _later(self, sweep: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(sweep)
        self._sweeping.add(task)
        task.add_done_callback(self._sweeping.discard)
