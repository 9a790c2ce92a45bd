"""Hot state in Redis, shared by workers.

A read is plain commands in one pipelined trip; every change is one call of one script, atomic for
its visitor (`state.lua`). A value that cannot be opened is treated as absent and removed (F6).
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
import structlog
from redis.exceptions import ResponseError

from saccade.breaker import StateUnavailable
from saccade.domain import Identity
from saccade.state import Reservation, SignalBatch, Standing, State, Trail, ViewKey
from saccade.stores import redis_trail, visits
from saccade.stores.redis_cluster import Cluster, is_cluster
from saccade.stores.redis_line import Line, pack
from saccade.stores.redis_riders import Shared
from saccade.stores.redis_script import LOAD, Call, call, together
from saccade.stores.redis_values import (
    CAPS,
    PROFILE,
    SESSIONS,
    STANDINGS,
    session_field,
    standing_field,
    stored,
    visitor_keys,
)

_log = structlog.get_logger("saccade.state")

T = TypeVar("T")
Raw = bytes | None
Raws = Sequence[Raw]
"""Profile, caps, session and standing decision as stored."""


class RedisState:
    """`StatePort` in the Redis or the cluster at ``url``. Every failure leaves as
    `StateUnavailable`.

    ``timeout_s`` bounds each trip, connecting included. ``clock`` tells the time of reads, in
    seconds since the epoch; writes bring theirs. ``quarantined`` counts the values removed.
    """

    def __init__(
        self, url: str, *, timeout_s: float = 0.05, clock: Callable[[], float] = time.time
    ) -> None:
        self._spread = is_cluster(url)
        carrier = Cluster if self._spread else Line
        self._line = Shared(carrier(url, timeout_s, LOAD))
        self._clock = clock
        self._cleaning: set[asyncio.Task[None]] = set()
        self.quarantined = 0

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        """See `StatePort.read`."""
        if not keys:
            return []
        found = [_Found(key) for key in keys]
        replies = await self._line.ask(
            [command for one in found for command in one.commands()],
            [name for one in found for name in one.keys],
        )
        now = self._clock()
        pairs = zip(replies[::2], replies[1::2], strict=True)
        states = [one.state(one.raws(*pair), now) for one, pair in zip(found, pairs, strict=True)]
        self._clean(found)
        return states

    async def record(self, batches: Sequence[SignalBatch]) -> Sequence[State]:
        """See `StatePort.record`."""
        found = [_Found(batch.view_key) for batch in batches]
        pairs = zip(found, batches, strict=True)
        replies = await self._run([one.record(batch) for one, batch in pairs])
        triples = zip(found, replies, batches, strict=True)
        states = [one.state(reply, batch.at) for one, reply, batch in triples]
        self._clean(found)
        return states

    async def reserve(self, reservations: Sequence[Reservation]) -> Sequence[bool]:
        """See `StatePort.reserve`."""
        replies = await self._run([_reserve(asked) for asked in reservations])
        return [granted == 1 for (granted,) in replies]

    async def stand(self, standings: Sequence[tuple[ViewKey, Standing]]) -> None:
        """See `StatePort.stand`."""
        await self._run([_stand(key, standing) for key, standing in standings], soon=True)

    async def commit(self, tenant: str, identity: Identity, decision_id: str, at: float) -> None:
        """See `StatePort.commit`."""
        keys = visitor_keys(tenant, identity.visitor)
        await self._run([call(keys, "commit", (at, decision_id))], soon=True)

    async def consent(self, tenant: str, identity: Identity, given: bool, at: float) -> None:
        """See `StatePort.consent`."""
        keys = visitor_keys(tenant, identity.visitor)
        await self._run([call(keys, "consent", (at, given))])

    async def forget(self, tenant: str, visitor: str) -> None:
        """See `StatePort.forget`."""
        keys = visitor_keys(tenant, visitor)
        await self._line.ask([pack(("DEL", *keys))], [keys.kept])

    async def trail(self, tenant: str, visitor: str) -> Trail:
        """See `StatePort.trail`."""
        keys = visitor_keys(tenant, visitor)
        kept, visit = await self._line.ask(redis_trail.reading(keys), keys)
        return redis_trail.trail(tenant, visitor, kept, visit, self._clock())

    async def swap(self, tenant: str, visitor: str, before: Trail, after: Trail) -> bool:
        """See `StatePort.swap`."""
        keys = visitor_keys(tenant, visitor)
        [[swapped]] = await self._run([redis_trail.swapping(keys, before, after)])
        return bool(swapped)

    async def claim(self, tenant: str, person: str, visitor: str, at: float) -> str:  # noqa: ARG002 - Redis has its own clock
        """See `StatePort.claim`."""
        key, commands = redis_trail.claiming(tenant, person, visitor)
        *_, holder = await self._line.ask(commands, [key] * len(commands))
        return str(holder, "ascii")

    async def unlink(self, tenant: str, people: Sequence[str]) -> None:
        """See `StatePort.unlink`."""
        keys, commands = redis_trail.unlinking(tenant, people)
        if commands:
            await self._line.ask(commands, keys)

    async def forget_tenant(self, tenant: str) -> None:
        """See `StatePort.forget_tenant`."""
        for line in await self._line.masters():
            await redis_trail.forgotten(line, tenant)

    async def ping(self) -> bool:
        """See `StatePort.ping`."""
        return await self._line.ping()

    async def close(self) -> None:
        """Finish cleaning and close the connections."""
        if self._cleaning:
            await asyncio.wait(self._cleaning)
        await self._line.close()

    async def _run(self, calls: Sequence[Call], *, soon: bool = False) -> list[list[Any]]:
        """What the script answers to each call.

        One Redis makes all of them in one go; in a cluster each goes to its visitor's slot.
        """
        if not calls:
            return []
        trips = [[one] for one in calls] if self._spread else [calls]
        way = self._line.soon if soon else self._line.ask
        commands = [together(trip) for trip in trips]
        replies = await way(commands, [trip[0].keys.kept for trip in trips])
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise StateUnavailable(f"Redis: {reply}", answered=True)
        answers = [answer for reply in replies for answer in reply]
        for answer in answers:
            self._count(answer[0])
        return [answer[1:] for answer in answers]

    def _count(self, quarantined: int) -> None:
        if quarantined:
            self.quarantined += quarantined
            _log.warning("state_quarantined", count=quarantined)

    def _clean(self, found: Sequence["_Found"]) -> None:
        """Remove what could not be opened, behind the back of the call that met it."""
        calls = [bad for one in found for bad in one.unreadable]
        if calls:
            task = asyncio.get_running_loop().create_task(self._remove(calls))
            self._cleaning.add(task)
            task.add_done_callback(self._cleaning.discard)

    async def _remove(self, calls: Sequence[Call]) -> None:
        with suppress(StateUnavailable):  # the next reader meets it again
            await self._run(calls)


class _Found:
    """One view's place in Redis, and what was found there."""

    __slots__ = ("keys", "session", "standing", "unreadable")

    def __init__(self, key: ViewKey) -> None:
        self.keys = visitor_keys(key.tenant, key.identity.visitor)
        self.session = session_field(key.identity.session)
        self.standing = standing_field(key)
        self.unreadable: list[Call] = []

    def commands(self) -> tuple[bytes, bytes]:
        """The read."""
        return (
            pack(("HMGET", self.keys.kept, "profile", "caps")),
            pack(("HMGET", self.keys.visit, self.session, self.standing)),
        )

    def record(self, batch: SignalBatch) -> Call:
        """The call that folds ``batch`` in."""
        arguments = (
            batch.at,
            batch.active,
            batch.opt_in,
            batch.subject,
            self.session,
            self.standing,
            batch.signals,
            *((batch.heard.events, batch.heard.context) if batch.heard else ()),
        )
        return call(self.keys, "record", arguments)

    def raws(self, kept: Any, visit: Any) -> Raws:
        """The values in the two replies."""
        return (*self._pair(kept, 1), *self._pair(visit, 2))

    def state(self, raws: Raws, now: float) -> State:
        """The state as of ``now``."""
        profile, caps, session, standing = raws
        known = visits.session_at(self._open(SESSIONS, 2, self.session, session), now)
        decided = self._open(STANDINGS, 2, self.standing, standing)
        return State(
            known,
            visits.profile_at(self._open(PROFILE, 1, "profile", profile), now),
            visits.caps_at(self._open(CAPS, 1, "caps", caps) or (), now),
            visits.standing_at(decided, known, now),
        )

    def _pair(self, reply: Any, key: int) -> tuple[Raw, Raw]:
        if isinstance(reply, ResponseError):
            self.unreadable.append(call(self.keys, "quarantine", (key, "")))
            return None, None
        first, second = reply
        return first, second

    def _open(
        self, decoder: msgspec.msgpack.Decoder[tuple[Any, T]], key: int, field: str, raw: Raw
    ) -> T | None:
        if raw is None:
            return None
        try:
            return decoder.decode(raw)[1]
        except ValueError:  # msgspec's errors and UnicodeDecodeError alike
            self.unreadable.append(call(self.keys, "quarantine", (key, field), raw))
            return None


def _reserve(asked: Reservation) -> Call:
    keys = visitor_keys(asked.tenant, asked.identity.visitor)
    session = asked.identity.session
    arguments = (asked.at, asked.decision_id, asked.campaign, session, asked.limits)
    return call(keys, "reserve", arguments)


def _stand(key: ViewKey, standing: Standing) -> Call:
    keys = visitor_keys(key.tenant, key.identity.visitor)
    return call(keys, "stand", (standing.at, standing_field(key)), stored(standing))
