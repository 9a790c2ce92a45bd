"""A person's right to see what is kept of them, and to have it erased (R60).

A person is found by what they are known by, and by their orders. What is found is everything kept
under every name they go by, as a withdrawal of consent finds it.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from saccade.actions import TenantRuntime
from saccade.domain import Identity, JsonObject
from saccade.joining import By, Joining, person
from saccade.ports import StatePort
from saccade.revoking import Anonymises

_HASH = re.compile(r"[0-9a-f]{64}\Z")


class Remembers(Anonymises, Protocol):
    """A journal, as far as a person's rights concern it. Every method raises
    `JournalUnavailable`."""

    async def of_orders(self, tenant: str, orders: Sequence[str]) -> set[Identity]:
        """The visits in which these orders were placed."""
        ...

    async def about(
        self, tenant: str, visitors: Sequence[str], visits: Sequence[Identity]
    ) -> Mapping[str, Sequence[JsonObject]]:
        """Records of these visitors, or of these visits of others, by kind."""
        ...

    async def drop(self, tenant: str) -> None:
        """Delete every record of a tenant."""
        ...

    async def shrink(self) -> None:
        """Leave nothing of what was anonymised in what the records were written through."""
        ...


class Found(NamedTuple):
    """Somebody, under every name."""

    ends: tuple[Identity, ...]
    """Who they go on as."""
    visitors: tuple[str, ...]
    """Who leads to others comes after them: what breaks off in between can be begun again."""
    visits: tuple[Identity, ...]
    """Of theirs, on devices that are others'."""
    people: tuple[str, ...]
    """As they are known, ``kind:hash``."""
    placed: frozenset[Identity]
    """Visits they were found by, through orders alone perhaps."""


class People:
    """``clock`` is the engine's."""

    def __init__(
        self,
        tenants: Mapping[str, TenantRuntime],
        joining: Joining,
        state: StatePort,
        journal: Remembers,
        clock: Callable[[], float],
    ) -> None:
        self._tenants = tenants
        self._joining = joining
        self._state = state
        self._journal = journal
        self._clock = clock

    async def erase(self, tenant: str, people: Sequence[str], references: Sequence[str]) -> None:
        """Forget them, and who they are; the journal's rows are about nobody.

        What leads to them goes last, so it may be repeated wherever it broke off. Raises
        `StateUnavailable` and `JournalUnavailable`.
        """
        found = await self._found(tenant, people, references)
        leading = {one.visitor for one in found.placed}
        await self._journal.anonymise(
            tenant,
            [one for one in found.visitors if one not in leading],
            [one for one in found.visits if one not in found.placed],
        )
        for visitor in found.visitors:
            await self._state.forget(tenant, visitor)
        await self._journal.anonymise(tenant, found.visitors, found.visits)
        await self._journal.shrink()
        await self._state.unlink(tenant, found.people)

    async def names(
        self, tenant: str, people: Sequence[str], references: Sequence[str]
    ) -> frozenset[str]:
        """What they are called in an `export`. Raises as `erase` does."""
        found = await self._found(tenant, people, references)
        return frozenset((*found.visitors, *found.people))

    async def export(
        self, tenant: str, people: Sequence[str], references: Sequence[str]
    ) -> JsonObject:
        """All that is kept of them. Raises as `erase` does."""
        found = await self._found(tenant, people, references)
        kept = [await self._state.trail(tenant, one.visitor) for one in found.ends]
        state = [
            {
                "profile": trail.profile,
                "sessions": trail.sessions,
                "caps": trail.caps,
                "standings": [
                    {"view": key, "standing": standing} for key, standing in trail.standings
                ],
            }
            for trail in kept
        ]
        journal = await self._journal.about(tenant, found.visitors, found.visits)
        answer: JsonObject = msgspec.to_builtins({"state": state, "journal": journal})
        return answer

    async def forget_all(self, tenant: str) -> None:
        """Everybody, and what was decided for them. Raises as `erase` does."""
        await self._state.forget_tenant(tenant)
        await self._journal.drop(tenant)
        await self._journal.shrink()

    async def _found(self, tenant: str, people: Sequence[str], references: Sequence[str]) -> Found:
        known = [
            name
            for one in people
            if (name := hashed(self._tenants[tenant].secret, one)) is not None
        ]
        starts = [await self._holder(tenant, name) for name in known]
        placed = await self._journal.of_orders(tenant, references) if references else ()
        ends: dict[str, Identity] = {}
        visitors = {one.visitor for one in placed if await self._led_away(tenant, one.visitor)}
        visits: set[Identity] = set(placed)
        names = set(known)
        for start in [Identity(one, "") for one in starts if one is not None] + sorted(
            placed, key=str
        ):
            end, trail = await self._joining.found(tenant, start)
            profile = trail.profile
            ends[end.visitor] = end
            visitors.add(end.visitor)
            names.update(profile.people if profile else ())
            for alias in profile.aliases if profile else ():
                if "." in alias:
                    visits.add(Identity(*alias.split(".", 1)))
                else:
                    visitors.add(alias)
        leading = {one.visitor for one in placed}
        return Found(
            tuple(ends.values()),
            tuple(sorted(visitors, key=lambda one: (one in leading, one in ends, one))),
            tuple(sorted((one for one in visits if one.visitor not in visitors), key=str)),
            tuple(sorted(names)),
            frozenset(placed),
        )

    async def _led_away(self, tenant: str, visitor: str) -> bool:
        """Whether they go on as another, whole: not a visit of theirs alone, on a shared device."""
        profile = (await self._state.trail(tenant, visitor)).profile
        return profile is not None and profile.joined is not None

    async def _holder(self, tenant: str, name: str) -> str | None:
        """Who is known by this name; whoever asks claims it, and lets it go where nobody was."""
        candidate = secrets.token_hex(16)
        holder = await self._state.claim(tenant, name, candidate, self._clock())
        if holder != candidate:
            return holder
        await self._state.unlink(tenant, (name,))
        return None


def hashed(secret: bytes, said: str) -> str | None:
    """``kind:value`` in plain as `saccade.joining.person` has it; ``None`` for another kind.

    An e-mail or a phone may be the SHA-256 a page would have sent, or itself.
    """
    kind, _, value = said.partition(":")
    if kind not in set(By) or not value:
        return None
    if kind != By.CUSTOMER and not _HASH.match(value):
        plain = value.strip().lower()
        value = hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()
    return person(secret, By(kind), value)
