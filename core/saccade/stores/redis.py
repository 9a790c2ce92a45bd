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
from redis.exceptions import NoScriptError, ResponseError

from saccade.breaker import StateUnavailable
from saccade.domain import Identity
from saccade.signals import is_activity
from saccade.state import Reservation, SignalBatch, Standing, State, ViewKey
from saccade.stores import visits
from saccade.stores.redis_line import Line, pack
from saccade.stores.redis_script import LOAD, call
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

T = TypeVar("T")
Raw = bytes | None
Raws = Sequence[Raw]
"""Profile, caps, session and standing decision as stored."""


class RedisState:
    """`StatePort` in the Redis at ``url``. Every failure leaves as `StateUnavailable`.

    ``timeout_s`` bounds each trip, connecting included. ``clock`` tells the time of reads, in
    seconds since the epoch; writes bring theirs. ``quarantined`` counts the values removed.
    """

    def __init__(
        self, url: str, *, timeout_s: float = 0.05, clock: Callable[[], float] = time.time
    ) -> None:
        self._line = Line(url, timeout_s)
        self._clock = clock
        self._cleaning: set[asyncio.Task[None]] = set()
        self.quarantined = 0

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        """See `StatePort.read`."""
        if not keys:
            return []
        found = [_Found(key) for key in keys]
        replies = await self._line.ask([command for one in found for command in one.commands()])
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
        await self._run([_stand(key, standing) for key, standing in standings])

    async def commit(self, tenant: str, identity: Identity, decision_id: str, at: float) -> None:
        """See `StatePort.commit`."""
        keys = visitor_keys(tenant, identity.visitor)
        await self._run([call(keys, "commit", (at, decision_id))])

    async def consent(self, tenant: str, identity: Identity, given: bool, at: float) -> None:
        """See `StatePort.consent`."""
        keys = visitor_keys(tenant, identity.visitor)
        await self._run([call(keys, "consent", (at, given))])

    async def forget(self, tenant: str, visitor: str) -> None:
        """See `StatePort.forget`."""
        await self._line.ask([pack(("DEL", *visitor_keys(tenant, visitor)))])

    async def ping(self) -> bool:
        """See `StatePort.ping`."""
        try:
            return await self._line.ask([pack(("PING",))]) == [b"PONG"]
        except StateUnavailable:
            return False

    async def close(self) -> None:
        """Finish cleaning and close the connections."""
        if self._cleaning:
            await asyncio.wait(self._cleaning)
        await self._line.close()

    async def _run(self, calls: Sequence[bytes]) -> list[list[Any]]:
        """What the script answers to each call; a Redis that does not know it is given it.

        That costs a second trip, the first time and after Redis has restarted.
        """
        if not calls:
            return []
        replies = await self._line.ask(calls)
        missing = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if missing:
            again = await self._line.ask([LOAD, *(calls[i] for i in missing)])
            for i, reply in zip(missing, again[1:], strict=True):
                replies[i] = reply
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise StateUnavailable(f"Redis: {reply}", answered=True)
            self.quarantined += reply[0]
        return [reply[1:] for reply in replies]

    def _clean(self, found: Sequence["_Found"]) -> None:
        """Remove what could not be opened, behind the back of the call that met it."""
        calls = [bad for one in found for bad in one.unreadable]
        if calls:
            task = asyncio.get_running_loop().create_task(self._remove(calls))
            self._cleaning.add(task)
            task.add_done_callback(self._cleaning.discard)

    async def _remove(self, calls: Sequence[bytes]) -> None:
        with suppress(StateUnavailable):  # the next reader meets it again
            await self._run(calls)


class _Found:
    """One view's place in Redis, and what was found there."""

    __slots__ = ("keys", "session", "standing", "unreadable")

    def __init__(self, key: ViewKey) -> None:
        self.keys = visitor_keys(key.tenant, key.identity.visitor)
        self.session = session_field(key.identity.session)
        self.standing = standing_field(key)
        self.unreadable: list[bytes] = []

    def commands(self) -> tuple[bytes, bytes]:
        """The read."""
        return (
            pack(("HMGET", self.keys.kept, "profile", "caps")),
            pack(("HMGET", self.keys.visit, self.session, self.standing)),
        )

    def record(self, batch: SignalBatch) -> bytes:
        """The call that folds ``batch`` in."""
        signals = batch.signals
        arguments = (
            batch.at,
            is_activity(signals),
            batch.opt_in,
            batch.subject,
            self.session,
            self.standing,
            signals,
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


def _reserve(asked: Reservation) -> bytes:
    identity = asked.identity
    arguments = (asked.at, asked.decision_id, asked.campaign, identity.session, asked.limits)
    return call(visitor_keys(asked.tenant, identity.visitor), "reserve", arguments)


def _stand(key: ViewKey, standing: Standing) -> bytes:
    arguments = (standing.at, standing_field(key))
    keys = visitor_keys(key.tenant, key.identity.visitor)
    return call(keys, "stand", arguments, stored(standing))
