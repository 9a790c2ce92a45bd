"""From anonymous to known (R45): a login, e-mail or phone joins the trail to the person's.

A person is known by hashes, one of a kind: two visitors whose hashes of one kind differ are two
people and are never joined, however one device is shared. Of two trails the younger goes on under
the older, whose arm stands. All of it holds in either order of arrival.

The younger's trail is taken before it is given: a crash between the two costs the anonymous part
of it and never gives it to two.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec.structs import replace

from saccade import consent, treatment
from saccade.actions import TenantRuntime
from saccade.breaker import StateUnavailable
from saccade.domain import Arm, Identity
from saccade.ports import StatePort
from saccade.state import (
    MAX_CAPS,
    MAX_ENTRIES,
    MOST_HOPS,
    CapEntry,
    Profile,
    Session,
    Standing,
    Trail,
    ViewKey,
)

MOST_ALIASES = 64
"""Of one person: beyond them the oldest are no longer found when consent is withdrawn."""

MOST_TRIES = 8
"""A trail that changes while it is joined is read again so often."""


class By(StrEnum):
    """What a person is known by."""

    CUSTOMER = "customer_id"
    EMAIL = "email_sha256"
    PHONE = "phone_sha256"


class Known(NamedTuple):
    """Who somebody goes on as."""

    identity: Identity
    joined: bool
    """False where consent does not allow it: nothing is kept of the call."""


def person(secret: bytes, by: By, said: str) -> str:
    """``kind:hash``, keyed by the tenant's secret: an e-mail's plain hash is soon guessed."""
    digest = hashlib.blake2b(f"person\n{by}\n{said}".encode(), key=secret[:64], digest_size=16)
    return f"{by}:{digest.hexdigest()}"


class Joining:
    """Joins trails. ``clock`` is the engine's, in seconds since the epoch."""

    def __init__(
        self,
        tenants: Mapping[str, TenantRuntime],
        state: StatePort,
        clock: Callable[[], float],
    ) -> None:
        self._tenants = tenants
        self._state = state
        self._clock = clock

    async def found(self, tenant: str, who: Identity) -> tuple[Identity, Trail]:
        """Who ``who`` goes on as now, and what is kept of them."""
        for _ in range(MOST_HOPS + 1):
            trail = await self._state.trail(tenant, who.visitor)
            session, profile = trail.sessions.get(who.session), trail.profile
            to = (session.joined if session else None) or (profile.joined if profile else None)
            if to is None:
                return who, trail
            who = Identity(to, who.session)
        raise StateUnavailable("the trail leads in a circle", answered=True)

    async def identify(self, tenant: str, who: Identity, by: By, said: str) -> Known:
        """Join the trail of ``who`` to that of the person ``said`` names, at once."""
        name = person(self._tenants[tenant].secret, by, said)
        who, trail = await self.found(tenant, who)
        if not self._allowed(tenant, trail):
            return Known(who, joined=False)
        mine = trail.profile.people if trail.profile else ()
        candidate = secrets.token_hex(16) if _differ(mine, (name,)) else who.visitor
        holder = await self._holder(tenant, name, candidate)
        if holder == who.visitor:
            await self._bind(tenant, holder, name)
            return Known(who, joined=True)
        end, theirs = await self.found(tenant, Identity(holder, ""))  # wherever this visit was led
        other = Identity(end.visitor, who.session)
        if other.visitor == who.visitor:
            await self._bind(tenant, who.visitor, name)
            return Known(who, joined=True)
        known = theirs.profile.people if theirs.profile else ()
        if candidate != who.visitor or _differ((*mine, name), known):
            await self._move(tenant, who, other.visitor, name)  # another person, at the same device
            return Known(other, joined=True)
        return Known(await self._join(tenant, who, other, name), joined=True)

    async def leave(self, tenant: str, who: Identity) -> Known:
        """A logout: the visit goes on as that of somebody new."""
        who, trail = await self.found(tenant, who)
        if not self._allowed(tenant, trail):
            return Known(who, joined=False)
        if trail.profile is None or not trail.profile.people:
            return Known(who, joined=True)  # nobody was signed in
        new = secrets.token_hex(16)
        await self._move(tenant, who, new, None)
        return Known(Identity(new, who.session), joined=True)

    # --- who holds a name ---------------------------------------------------------------------

    async def _holder(self, tenant: str, name: str, candidate: str) -> str:
        """The visitor a person is known as; one who withdrew consent since is nobody's."""
        holder = await self._state.claim(tenant, name, candidate, self._clock())
        if holder != candidate:
            _, trail = await self.found(tenant, Identity(holder, ""))
            if not self._allowed(tenant, trail) or trail.profile is None:
                await self._state.unlink(tenant, (name,))
                return await self._state.claim(tenant, name, candidate, self._clock())
        return holder

    def _allowed(self, tenant: str, trail: Trail) -> bool:
        answer = trail.profile.consent if trail.profile else None
        return consent.allowed(self._tenants[tenant].tenant.consent.basis, answer)

    def _arm(self, tenant: str, visitor: str, profile: Profile) -> Arm:
        runtime = self._tenants[tenant]
        holdout = runtime.tenant.decisioning.holdout
        return treatment.arm(runtime.secret, visitor, holdout, profile.arm)

    # --- changing trails ----------------------------------------------------------------------

    async def _bind(
        self, tenant: str, visitor: str, name: str, came: Identity | None = None
    ) -> None:
        """Know the visitor by this name too; their arm is now kept, for others may join them.

        ``came`` is a visit that goes on as theirs: should it have been led away, it is back.
        """

        def bound(trail: Trail) -> Trail:
            profile = trail.profile or self._new(tenant)
            people = (*profile.people, name) if name and name not in profile.people else None
            aliases, sessions = profile.aliases, dict(trail.sessions)
            if came is not None:
                aliases = _also(aliases, f"{came.visitor}.{came.session}")
                before = sessions.get(came.session)
                if before is not None and before.joined is not None:
                    del sessions[came.session]
            arm = self._arm(tenant, visitor, profile)
            kept = people or profile.people
            profile = replace(profile, people=kept, aliases=aliases, arm=arm)
            return replace(trail, profile=profile, sessions=sessions)

        await self._change(tenant, visitor, bound)

    async def _move(self, tenant: str, who: Identity, to: str, name: str | None) -> None:
        """This visit goes on as ``to``; what it was before stays with whose it was."""
        now = self._clock()

        def led(trail: Trail) -> Trail:
            session = trail.sessions.get(who.session) or Session(now, now)
            over = replace(session, joined=to, seen=max(now, session.seen))
            return replace(trail, sessions={**trail.sessions, who.session: over})

        await self._bind(tenant, to, name or "", who)
        await self._change(tenant, who.visitor, led)

    async def _join(self, tenant: str, one: Identity, other: Identity, name: str) -> Identity:
        """The younger trail goes on under the older. Answers who that is."""
        first, second = (
            await self._aged(tenant, one.visitor),
            await self._aged(tenant, other.visitor),
        )
        old, young = (one, other) if first <= second else (other, one)
        taken = await self._change(
            tenant,
            young.visitor,
            lambda trail: Trail(
                b"", replace(trail.profile or self._new(tenant), people=(), joined=old.visitor)
            ),
        )
        came = self._armed(tenant, young.visitor, taken)
        await self._change(
            tenant,
            old.visitor,
            lambda trail: merged(
                old.visitor, self._armed(tenant, old.visitor, trail), young.visitor, came, name
            ),
        )
        return Identity(old.visitor, one.session)

    async def _aged(self, tenant: str, visitor: str) -> tuple[float, str]:
        """By which of two is older: the same for whoever asks, so that no two lead in a circle."""
        trail = await self._state.trail(tenant, visitor)
        return (trail.profile.first_seen if trail.profile else float("inf"), visitor)

    async def _change(self, tenant: str, visitor: str, change: Callable[[Trail], Trail]) -> Trail:
        """Answers what was there before."""
        for _ in range(MOST_TRIES):
            before = await self._state.trail(tenant, visitor)
            if await self._state.swap(tenant, visitor, before, change(before)):
                return before
        raise StateUnavailable("the trail changes too fast to be joined", answered=True)

    def _armed(self, tenant: str, visitor: str, trail: Trail) -> Trail:
        profile = trail.profile or self._new(tenant)
        return replace(trail, profile=replace(profile, arm=self._arm(tenant, visitor, profile)))

    def _new(self, tenant: str) -> Profile:
        """Somebody identified before anything else was known of them."""
        now = self._clock()
        opt_in = not consent.allowed(self._tenants[tenant].tenant.consent.basis, None)
        return Profile(now, now, sessions=0, consent=True if opt_in else None)


def merged(visitor: str, old: Trail, alias: str, young: Trail, name: str) -> Trail:
    """The older trail with the younger in it: merged, not rebuilt. The older's arm stands."""
    mine, theirs = old.profile, young.profile
    if mine is None or theirs is None:
        raise ValueError("both are known by now")
    counted = [each for each in (mine, theirs) if each.sessions]
    both = counted == [mine, theirs]
    people = {each.partition(":")[0]: each for each in (*theirs.people, name, *mine.people)}
    profile = replace(
        mine,
        first_seen=min(mine.first_seen, theirs.first_seen),
        last_seen=max(mine.last_seen, theirs.last_seen),
        visits=sum(each.visits for each in counted) or 1,
        sessions=sum(each.sessions for each in counted),
        consent=True if True in (mine.consent, theirs.consent) else None,
        people=tuple(people.values()),
        aliases=_also((*theirs.aliases, *mine.aliases), alias),
        mixed=mine.mixed or theirs.mixed or (both and mine.arm is not theirs.arm),
    )
    standings = (*((_of(visitor, key), standing) for key, standing in young.standings),)
    sessions, standings = _roomy(
        {**young.sessions, **_stayed(old, alias)}, (*standings, *old.standings)
    )
    return Trail(b"", profile, _caps(old.caps, young.caps), sessions, standings)


def _stayed(old: Trail, alias: str) -> dict[str, Session]:
    """Without the visits that were led to the one who is joined now: those are back."""
    return {name: one for name, one in old.sessions.items() if one.joined != alias}


def _differ(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether two people: a kind both are known by, and not by the same."""
    known = dict(each.split(":", 1) for each in mine)
    return any(known.get(kind, hash_) != hash_ for kind, hash_ in (t.split(":", 1) for t in theirs))


def _also(aliases: tuple[str, ...], alias: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*aliases, alias)))[-MOST_ALIASES:]


def _of(visitor: str, key: ViewKey) -> ViewKey:
    return replace(key, identity=Identity(visitor, key.identity.session))


def _caps(old: tuple[CapEntry, ...], young: tuple[CapEntry, ...]) -> tuple[CapEntry, ...]:
    every = {(entry.decision_id, entry.campaign): entry for entry in (*young, *old)}
    return tuple(sorted(every.values(), key=lambda entry: entry.at)[-MAX_CAPS:])


def _roomy(
    sessions: dict[str, Session], standings: tuple[tuple[ViewKey, Standing], ...]
) -> tuple[dict[str, Session], tuple[tuple[ViewKey, Standing], ...]]:
    """As many as a visitor may have: the latest, sessions before standing decisions."""
    latest = sorted(sessions.items(), key=lambda item: item[1].seen)[-MAX_ENTRIES:]
    room = MAX_ENTRIES - len(latest)
    newest = sorted(standings, key=lambda pair: pair[1].at)
    return dict(latest), tuple(newest[len(newest) - min(room, len(newest)) :])
