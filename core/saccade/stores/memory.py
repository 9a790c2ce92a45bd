"""Hot state in process: the embedded default, for one worker on one event loop.

Nothing awaits between reading and writing, so every call is atomic without a lock.
"""

import time
from collections.abc import Callable, Sequence

import msgspec

from saccade.domain import Identity, Moment
from saccade.state import (
    PROFILE_LIFE_S,
    SESSION_LIFE_S,
    Profile,
    Reservation,
    SignalBatch,
    Standing,
    State,
    Trail,
    ViewKey,
)
from saccade.stores import visits
from saccade.stores.visitors import Kept, Link, Table, View, Visit, Visitor

UNKNOWN = State()


class MemoryState:
    """`StatePort` for one process. ``max_visitors`` bounds it: the longest unseen are forgotten.

    ``clock`` tells the time of reads, in seconds since the epoch; writes bring theirs.
    """

    def __init__(
        self, clock: Callable[[], float] = time.time, *, max_visitors: int = 200_000
    ) -> None:
        self._clock = clock
        self._kept = Table(Kept, PROFILE_LIFE_S, max_visitors)
        self._visits = Table(Visit, SESSION_LIFE_S, max_visitors)
        self._people = Table(Link, PROFILE_LIFE_S, max_visitors)

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        """See `StatePort.read`."""
        now = self._clock()
        return [self._state(key, now) for key in keys]

    async def record(self, batches: Sequence[SignalBatch]) -> Sequence[State]:
        """See `StatePort.record`."""
        return [self._record(batch) for batch in batches]

    async def reserve(self, reservations: Sequence[Reservation]) -> Sequence[bool]:
        """See `StatePort.reserve`."""
        return [self._reserve(asked) for asked in reservations]

    async def stand(self, standings: Sequence[tuple[ViewKey, Standing]]) -> None:
        """See `StatePort.stand`."""
        for key, standing in standings:
            visitor = (key.tenant, key.identity.visitor)
            if not visits.accepts(self._profile(visitor, standing.at)):
                continue
            visit, view = self._visits.write(visitor, standing.at), _view(key)
            if view not in visit.standings and visit.full:
                visit.make_room(standing.at)
            visit.standings[view] = standing

    async def commit(self, tenant: str, identity: Identity, decision_id: str, at: float) -> None:
        """See `StatePort.commit`."""
        kept = self._kept.get((tenant, identity.visitor))
        if kept is not None:
            kept.caps = visits.committed(visits.caps_at(kept.caps, at), decision_id, at)

    async def consent(self, tenant: str, identity: Identity, given: bool, at: float) -> None:
        """See `StatePort.consent`."""
        visitor = (tenant, identity.visitor)
        answer = visits.answered(self._profile(visitor, at), given, at)
        if not given:
            await self.forget(tenant, identity.visitor)
        self._kept.write(visitor, at).profile = answer

    async def forget(self, tenant: str, visitor: str) -> None:
        """See `StatePort.forget`."""
        self._kept.forget((tenant, visitor))
        self._visits.forget((tenant, visitor))

    async def trail(self, tenant: str, visitor: str) -> Trail:
        """See `StatePort.trail`."""
        return self._trail((tenant, visitor))

    async def swap(self, tenant: str, visitor: str, before: Trail, after: Trail) -> bool:
        """See `StatePort.swap`."""
        whose = (tenant, visitor)
        if self._trail(whose).mark != before.mark:
            return False
        await self.forget(tenant, visitor)
        now = self._clock()
        if after.profile is not None:
            kept = self._kept.write(whose, now)
            kept.profile, kept.caps = after.profile, after.caps
        if after.sessions or after.standings:
            visit = self._visits.write(whose, now)
            visit.sessions = dict(after.sessions)
            visit.standings = {_view(key): standing for key, standing in after.standings}
        return True

    async def claim(self, tenant: str, person: str, visitor: str, at: float) -> str:
        """See `StatePort.claim`."""
        link = self._people.get((tenant, person))
        if link is not None and at - link.written >= PROFILE_LIFE_S:
            self._people.forget((tenant, person))
        link = self._people.write((tenant, person), at)
        link.visitor = link.visitor or visitor
        return link.visitor

    async def unlink(self, tenant: str, people: Sequence[str]) -> None:
        """See `StatePort.unlink`."""
        for person in people:
            self._people.forget((tenant, person))

    async def forget_tenant(self, tenant: str) -> None:
        """See `StatePort.forget_tenant`."""
        for table in (self._kept, self._visits, self._people):
            table.forget_tenant(tenant)

    async def ping(self) -> bool:
        """See `StatePort.ping`."""
        return True

    async def close(self) -> None:
        """Nothing is held open, and nothing is written."""

    def _state(self, key: ViewKey, now: float) -> State:
        visitor = (key.tenant, key.identity.visitor)
        kept, visit = self._kept.get(visitor), self._visits.get(visitor)
        if kept is None and visit is None:
            return UNKNOWN
        session = standing = None
        if visit is not None:
            session = visits.session_at(visit.sessions.get(key.identity.session), now)
            standing = visits.standing_at(visit.standings.get(_view(key)), session, now)
        if kept is None:
            return State(session, standing=standing)
        profile = visits.profile_at(kept.profile, now)
        return State(session, profile, visits.caps_at(kept.caps, now), standing)

    def _trail(self, whose: Visitor) -> Trail:
        tenant, visitor = whose
        now, kept, visit = self._clock(), self._kept.get(whose), self._visits.get(whose)
        profile = visits.profile_at(kept.profile, now) if kept is not None else None
        caps = visits.caps_at(kept.caps, now) if kept is not None else ()
        mark = msgspec.msgpack.encode((profile, caps))
        if visit is None:
            return Trail(mark, profile, caps)
        sessions = {name: s for name, s in visit.sessions.items() if visits.session_at(s, now)}
        standings = tuple(
            (ViewKey(tenant, Identity(visitor, session), Moment(moment), subject, view), standing)
            for (session, moment, subject, view), standing in visit.standings.items()
            if visits.standing_at(standing, sessions.get(session), now)
        )
        return Trail(mark, profile, caps, sessions, standings)

    def _profile(self, visitor: Visitor, now: float) -> Profile | None:
        kept = self._kept.get(visitor)
        return visits.profile_at(kept.profile, now) if kept is not None else None

    def _record(self, batch: SignalBatch) -> State:
        key, at = batch.view_key, batch.at
        visitor, name = (key.tenant, key.identity.visitor), key.identity.session
        profile, visit = self._profile(visitor, at), self._visits.get(visitor)
        known = visits.session_at(visit.sessions.get(name), at) if visit is not None else None
        if known is not None and known.joined is not None:
            self._visits.write(visitor, at).sessions[name] = visits.touched(known, batch)
            return self._state(key, at)
        kept = known is not None or batch.active
        if kept and visits.accepts(profile, opt_in=batch.opt_in):
            session = visits.folded(known, batch)
            visit = self._visits.write(visitor, session.seen)
            if known is None:
                visit.make_room(at)
            visit.sessions[name] = session
            counted = visits.counted(profile, batch, new=known is None)
            self._kept.write(visitor, at).profile = counted
        return self._state(key, at)

    def _reserve(self, asked: Reservation) -> bool:
        visitor = (asked.tenant, asked.identity.visitor)
        if not visits.accepts(self._profile(visitor, asked.at)):
            return False
        kept = self._kept.get(visitor)
        caps = visits.reserved(visits.caps_at(kept.caps, asked.at) if kept else (), asked)
        if caps is None:
            return False
        self._kept.write(visitor, asked.at).caps = caps
        return True


def _view(key: ViewKey) -> View:
    return (key.identity.session, key.moment, key.subject, key.view)
