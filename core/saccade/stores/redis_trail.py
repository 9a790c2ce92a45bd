"""Everything Redis keeps of a visitor, read and replaced as a whole; and who a person is known as.

Off the page path: a trail is joined, revoked or exported, never decided on.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from redis.exceptions import RedisError

from saccade.breaker import StateUnavailable
from saccade.domain import Identity, Moment
from saccade.state import PROFILE_LIFE_S, Trail, ViewKey
from saccade.stores import visits
from saccade.stores.redis_line import Line, no_answer, pack, understood
from saccade.stores.redis_script import Call, call
from saccade.stores.redis_values import (
    CAPS,
    PROFILE,
    SESSION,
    SESSIONS,
    STANDINGS,
    Keys,
    person_key,
    session_field,
    standing_field,
    stored,
)

T = TypeVar("T")
Fields = list[str | bytes]

STEP_S = 10.0
"""How long one step of a walk may take: nobody waits for it."""
_LOOKED_AT = "500"
"""Keys at one step of a walk: others wait for a fraction of a millisecond."""

_JSON = msgspec.json.Decoder(tuple[str, Moment, str, str])


def reading(keys: Keys) -> list[bytes]:
    """The two commands whose replies `trail` reads."""
    return [pack(("HMGET", keys.kept, "profile", "caps")), pack(("HGETALL", keys.visit))]


def trail(tenant: str, visitor: str, kept: Any, visit: Any, now: float) -> Trail:
    """What is kept, as of ``now``; what cannot be opened counts as absent, as for a decision."""
    profile, caps = _listed(kept) or (None, None)
    fields = _listed(visit)
    found = {name.decode("utf-8", "replace"): raw for name, raw in _pairs(fields)}
    sessions = {
        name[1:]: session
        for name, raw in found.items()
        if name.startswith(SESSION)
        and (session := visits.session_at(_opened(SESSIONS, raw), now)) is not None
    }
    standings = tuple(
        (key, standing)
        for name, raw in found.items()
        if (key := _view(tenant, visitor, name)) is not None
        and (decided := _opened(STANDINGS, raw)) is not None
        and (standing := visits.standing_at(decided, sessions.get(key.identity.session), now))
    )
    mark = hashlib.sha1((profile or b"") + b"|" + (caps or b""), usedforsecurity=False)
    return Trail(
        mark.hexdigest().encode(),
        visits.profile_at(_opened(PROFILE, profile), now),
        visits.caps_at(_opened(CAPS, caps) or (), now),
        sessions,
        standings,
    )


def swapping(keys: Keys, before: Trail, after: Trail) -> Call:
    """The call that puts ``after`` in the place of ``before``."""
    kept: Fields = []
    if after.profile is not None:
        kept = ["profile", stored(after.profile), "caps", stored(after.caps)]
    visit: Fields = []
    for name, session in after.sessions.items():
        visit += [session_field(name), stored(session)]
    for key, standing in after.standings:
        visit += [standing_field(key), stored(standing)]
    return call(keys, "swap", (before.mark.decode(), len(kept)), *kept, *visit)


def claiming(tenant: str, person: str, visitor: str) -> tuple[bytes, list[bytes]]:
    """The person's key, and the commands of which the last is answered with who holds it."""
    key, life = person_key(tenant, person), f"{PROFILE_LIFE_S:.0f}"
    return key, [
        pack(("SET", key, visitor, "NX", "EX", life)),
        pack(("EXPIRE", key, life)),
        pack(("GET", key)),
    ]


def unlinking(tenant: str, people: Sequence[str]) -> tuple[list[bytes], list[bytes]]:
    """The keys of these people, and the command that deletes each."""
    keys = [person_key(tenant, person) for person in people]
    return keys, [pack(("DEL", key)) for key in keys]


async def forgotten(line: Line, tenant: str) -> None:
    """Delete whatever one Redis holds of a tenant, found by walking through all of its keys.

    A key that is there all the while is met; one that is written meanwhile may not be. Raises
    `StateUnavailable`.
    """
    every = f"saccade:{{{tenant}:*"  # a tenant's name holds nothing that is more than itself here
    cursor = b"0"
    while True:
        [reply] = await _stepped(
            line, [pack(("SCAN", cursor, "MATCH", every, "COUNT", _LOOKED_AT))]
        )
        cursor, keys = reply
        if keys:
            await _stepped(line, [pack(("DEL", key)) for key in keys])
        if cursor == b"0":
            return


async def _stepped(line: Line, commands: Sequence[bytes]) -> list[Any]:  # Any: as Redis answers
    """The replies, however late for a page: one of thousands of steps would end all of the walk."""
    try:
        async with asyncio.timeout(STEP_S):
            replies = await line.trip(commands)
    except TimeoutError:
        raise no_answer(STEP_S) from None
    except (RedisError, OSError) as error:
        raise StateUnavailable(f"Redis: {error}") from error
    return understood(replies.all)


def _listed(reply: Any) -> list[Any]:  # Any: bytes, or None for a field that is absent
    """Nothing where the key is of another type: the reader who decides has it removed (F6)."""
    return reply if isinstance(reply, list) else []  # pyright: ignore[reportUnknownVariableType] - of Any


def _pairs(fields: list[Any]) -> list[tuple[bytes, bytes]]:
    return list(zip(fields[::2], fields[1::2], strict=True))


def _opened(decoder: msgspec.msgpack.Decoder[tuple[Any, T]], raw: bytes | None) -> T | None:
    try:
        return None if raw is None else decoder.decode(raw)[1]
    except ValueError:  # msgspec's errors and UnicodeDecodeError alike
        return None


def _view(tenant: str, visitor: str, field: str) -> ViewKey | None:
    if field.startswith(SESSION):
        return None
    try:
        session, moment, subject, view = _JSON.decode(field[1:].encode())
    except ValueError:
        return None
    return ViewKey(tenant, Identity(visitor, session), moment, subject, view)
