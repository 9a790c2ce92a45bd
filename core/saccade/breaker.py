"""A small circuit breaker, and a state store that stands behind it (F1, F2).

A store that cannot be reached costs every call its time-out. After a few such failures the circuit
opens and calls are refused at once; from time to time one alone goes through to look.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import ParamSpec, TypeVar

from saccade.domain import Identity
from saccade.ports import StatePort
from saccade.state import Reservation, SignalBatch, Standing, State, Trail, ViewKey

P = ParamSpec("P")
T = TypeVar("T")


class StateUnavailable(Exception):  # noqa: N818 - a state of affairs, said as DESIGN.md says it
    """The one way a state store fails.

    ``answered``: the store was reached and refused (F5: read-only, out of memory), which costs no
    time and so says nothing against calling it again.
    """

    def __init__(self, problem: str, *, answered: bool = False) -> None:
        super().__init__(problem)
        self.answered = answered


class Circuit(StrEnum):
    """Closed lets calls through, open refuses them, half-open has one under way to look."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Opens after ``failures`` in succession; every ``rest_s`` seconds lets one call look.

    A permit belongs to the state it was given in, so that calls begun before the circuit opened
    neither close it nor count twice. ``clock`` is monotonic, in seconds.
    """

    __slots__ = ("_clock", "_failed", "_failures", "_opened", "_rest_s", "_turn", "state")

    def __init__(
        self,
        failures: int = 5,
        rest_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._rest_s = rest_s
        self._clock = clock
        self._failed = 0
        self._opened = 0.0
        self._turn = 0
        self.state = Circuit.CLOSED

    def admit(self) -> int | None:
        """A permit, to be handed back by exactly one of the three below.

        ``None`` where the circuit lets nothing through.
        """
        if self.state is not Circuit.CLOSED:
            rested = self._clock() - self._opened >= self._rest_s
            if self.state is Circuit.HALF_OPEN or not rested:
                return None
            self._change(Circuit.HALF_OPEN)
        return self._turn

    def succeeded(self, permit: int) -> None:
        """The call was answered."""
        if permit == self._turn:
            self._failed = 0
            if self.state is Circuit.HALF_OPEN:
                self._change(Circuit.CLOSED)

    def failed(self, permit: int) -> None:
        """The call was not answered."""
        if permit == self._turn:
            self._failed += 1
            if self.state is Circuit.HALF_OPEN or self._failed >= self._failures:
                self._failed = 0
                self._opened = self._clock()
                self._change(Circuit.OPEN)

    def abandoned(self, permit: int) -> None:
        """The call ended without saying anything of the store: another may look at once."""
        if permit == self._turn and self.state is Circuit.HALF_OPEN:
            self._change(Circuit.OPEN)

    def _change(self, state: Circuit) -> None:
        self.state = state
        self._turn += 1


class GuardedState:
    """A `StatePort` that refuses at once, with `StateUnavailable`, while its circuit is open.

    A batch is one call and fails once. `ping` asks the store itself.
    """

    def __init__(self, inner: StatePort, breaker: Breaker | None = None) -> None:
        self._inner = inner
        self.breaker = breaker or Breaker()

    @property
    def state(self) -> Circuit:
        """For metrics and readiness."""
        return self.breaker.state

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        """See `StatePort.read`."""
        return await self._through(self._inner.read, keys)

    async def record(self, batches: Sequence[SignalBatch]) -> Sequence[State]:
        """See `StatePort.record`."""
        return await self._through(self._inner.record, batches)

    async def reserve(self, reservations: Sequence[Reservation]) -> Sequence[bool]:
        """See `StatePort.reserve`."""
        return await self._through(self._inner.reserve, reservations)

    async def stand(self, standings: Sequence[tuple[ViewKey, Standing]]) -> None:
        """See `StatePort.stand`."""
        await self._through(self._inner.stand, standings)

    async def commit(self, tenant: str, identity: Identity, decision_id: str, at: float) -> None:
        """See `StatePort.commit`."""
        await self._through(self._inner.commit, tenant, identity, decision_id, at)

    async def consent(self, tenant: str, identity: Identity, given: bool, at: float) -> None:
        """See `StatePort.consent`."""
        await self._through(self._inner.consent, tenant, identity, given, at)

    async def forget(self, tenant: str, visitor: str) -> None:
        """See `StatePort.forget`."""
        await self._through(self._inner.forget, tenant, visitor)

    async def trail(self, tenant: str, visitor: str) -> Trail:
        """See `StatePort.trail`."""
        return await self._through(self._inner.trail, tenant, visitor)

    async def swap(self, tenant: str, visitor: str, before: Trail, after: Trail) -> bool:
        """See `StatePort.swap`."""
        return await self._through(self._inner.swap, tenant, visitor, before, after)

    async def claim(self, tenant: str, person: str, visitor: str, at: float) -> str:
        """See `StatePort.claim`."""
        return await self._through(self._inner.claim, tenant, person, visitor, at)

    async def unlink(self, tenant: str, people: Sequence[str]) -> None:
        """See `StatePort.unlink`."""
        await self._through(self._inner.unlink, tenant, people)

    async def forget_tenant(self, tenant: str) -> None:
        """See `StatePort.forget_tenant`; the circuit is neither asked nor told: were the walk the
        one call that looks, all others would be refused until its end."""
        await self._inner.forget_tenant(tenant)

    async def ping(self) -> bool:
        """See `StatePort.ping`; the circuit is neither asked nor told."""
        return await self._inner.ping()

    async def close(self) -> None:
        """See `StatePort.close`."""
        await self._inner.close()

    async def _through(
        self, verb: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        permit = self.breaker.admit()
        if permit is None:
            raise StateUnavailable("the state store failed just now and is left alone")
        try:
            result = await verb(*args, **kwargs)
        except StateUnavailable as error:
            (self.breaker.succeeded if error.answered else self.breaker.failed)(permit)
            raise
        except BaseException:
            self.breaker.abandoned(permit)
            raise
        self.breaker.succeeded(permit)
        return result
