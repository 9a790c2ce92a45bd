"""A visitor known as another is followed there: one trip more, for a page that still brings the
token of before (R45).

Who is read or written here for the first time is not followed ahead: what is kept of them says so,
and the call is made again. Whoever reserves, stands or commits was read before, by this very
process, which remembers where that led.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from saccade.domain import Identity
from saccade.ports import StatePort
from saccade.state import MOST_HOPS, Reservation, SignalBatch, Standing, State, Trail, ViewKey

MOST_LED = 10_000
"""Visits remembered; one that is forgotten is refused a cap until it is read again."""

T = TypeVar("T")
Key = tuple[str, Identity]


class FollowingState:
    """`StatePort` over another."""

    def __init__(self, inner: StatePort) -> None:
        self._inner = inner
        self._led: OrderedDict[Key, Identity] = OrderedDict()

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        """See `StatePort.read`."""
        return await self._followed(self._inner.read, keys, lambda key: key, _moved)

    async def record(self, batches: Sequence[SignalBatch]) -> Sequence[State]:
        """See `StatePort.record`."""
        return await self._followed(
            self._inner.record,
            batches,
            lambda batch: batch.view_key,
            lambda batch, who: replace(batch, view_key=_moved(batch.view_key, who)),
        )

    async def reserve(self, reservations: Sequence[Reservation]) -> Sequence[bool]:
        """See `StatePort.reserve`."""
        if self._led:
            reservations = [
                replace(one, identity=self._known(one.tenant, one.identity)) for one in reservations
            ]
        return await self._inner.reserve(reservations)

    async def stand(self, standings: Sequence[tuple[ViewKey, Standing]]) -> None:
        """See `StatePort.stand`."""
        if self._led:
            standings = [
                (_moved(key, self._known(key.tenant, key.identity)), one) for key, one in standings
            ]
        await self._inner.stand(standings)

    async def commit(self, tenant: str, identity: Identity, decision_id: str, at: float) -> None:
        """See `StatePort.commit`."""
        await self._inner.commit(tenant, self._known(tenant, identity), decision_id, at)

    async def consent(self, tenant: str, identity: Identity, given: bool, at: float) -> None:
        """See `StatePort.consent`: of the very visitor named, followed nowhere."""
        await self._inner.consent(tenant, identity, given, at)

    async def forget(self, tenant: str, visitor: str) -> None:
        """See `StatePort.forget`."""
        await self._inner.forget(tenant, visitor)

    async def trail(self, tenant: str, visitor: str) -> Trail:
        """See `StatePort.trail`."""
        return await self._inner.trail(tenant, visitor)

    async def swap(self, tenant: str, visitor: str, before: Trail, after: Trail) -> bool:
        """See `StatePort.swap`."""
        return await self._inner.swap(tenant, visitor, before, after)

    async def claim(self, tenant: str, person: str, visitor: str, at: float) -> str:
        """See `StatePort.claim`."""
        return await self._inner.claim(tenant, person, visitor, at)

    async def unlink(self, tenant: str, people: Sequence[str]) -> None:
        """See `StatePort.unlink`."""
        await self._inner.unlink(tenant, people)

    async def forget_tenant(self, tenant: str) -> None:
        """See `StatePort.forget_tenant`."""
        await self._inner.forget_tenant(tenant)

    async def ping(self) -> bool:
        """See `StatePort.ping`."""
        return await self._inner.ping()

    async def close(self) -> None:
        """See `StatePort.close`."""
        await self._inner.close()

    async def _followed(
        self,
        verb: Callable[[Sequence[T]], Awaitable[Sequence[State]]],
        asked: Sequence[T],
        key_of: Callable[[T], ViewKey],
        moved: Callable[[T, Identity], T],
    ) -> Sequence[State]:
        """What ``verb`` answers, asked again for those who go on as another."""
        states = await verb(asked)
        led: list[int] = [i for i, state in enumerate(states) if joined(state) is not None]
        if not led and not self._led:
            return states
        answers, ends = list(states), [key_of(one).identity for one in asked]
        for _ in range(MOST_HOPS):
            if not led:
                break
            ends = [
                Identity(to, who.session) if (to := joined(state)) else who
                for who, state in zip(ends, answers, strict=True)
            ]
            again = await verb([moved(asked[i], ends[i]) for i in led])
            for i, state in zip(led, again, strict=True):
                answers[i] = state
            led = [i for i in led if joined(answers[i]) is not None]
        for i in led:
            answers[i] = State()  # where it leads cannot be told: nobody is known
        for one, end in zip(asked, ends, strict=True):
            self._remember(key_of(one), end)
        return answers

    def _remember(self, key: ViewKey, end: Identity) -> None:
        name = (key.tenant, key.identity)
        self._led.pop(name, None)
        if end != key.identity:
            self._led[name] = end
            if len(self._led) > MOST_LED:
                self._led.popitem(last=False)

    def _known(self, tenant: str, identity: Identity) -> Identity:
        return self._led.get((tenant, identity), identity)


def joined(state: State) -> str | None:
    """The visitor this visit goes on under, or this visitor altogether."""
    session, profile = state.session, state.profile
    if session is not None and session.joined is not None:
        return session.joined
    return profile.joined if profile is not None else None


def _moved(key: ViewKey, who: Identity) -> ViewKey:
    return replace(key, identity=who)
