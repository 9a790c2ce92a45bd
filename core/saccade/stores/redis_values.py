"""Names and values of a visitor's state in Redis.

Two hashes a visitor, both with the tag ``{tenant:visitor}``, so they share a slot of a cluster: one
for what outlives the session (``profile``, ``caps``), one for what does not (each session, each
standing decision). Every value is the schema's number and itself, in msgpack.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from saccade.state import CapEntry, Profile, Session, Standing, ViewKey

SCHEMA: Final = 1
"""Grows when a value's meaning changes; values of another number are quarantined (F6)."""

SESSION = "s"
STANDING = "d"
"""First letters of the fields that hold them."""

_pack = msgspec.msgpack.Encoder().encode
_json = msgspec.json.Encoder().encode

PROFILE = msgspec.msgpack.Decoder(tuple[Literal[1], Profile])
CAPS = msgspec.msgpack.Decoder(tuple[Literal[1], tuple[CapEntry, ...]])
SESSIONS = msgspec.msgpack.Decoder(tuple[Literal[1], Session])
STANDINGS = msgspec.msgpack.Decoder(tuple[Literal[1], Standing])


class Keys(NamedTuple):
    """A visitor's two keys."""

    kept: bytes
    visit: bytes


def visitor_keys(tenant: str, visitor: str) -> Keys:
    """No two visitors share a key: a tenant's name holds no colon, and the endings are fixed."""
    tag = f"saccade:{{{tenant}:{visitor}}}:".encode()
    return Keys(tag + b"kept", tag + b"visit")


def person_key(tenant: str, person: str) -> bytes:
    """Where it stands who a person is known as. A visitor's name holds no colon."""
    return f"saccade:{{{tenant}:{person}}}:visitor".encode()


def session_field(session: str) -> str:
    """Where the visit's key holds a session."""
    return SESSION + session


def standing_field(key: ViewKey) -> str:
    """Where the visit's key holds a view's standing decision."""
    names = (key.identity.session, key.moment, key.subject, key.view)
    return STANDING + _json(names).decode()


def packed(values: Sequence[object]) -> bytes:
    """Arguments of a script."""
    return _pack(values)


def stored(value: object) -> bytes:
    """A value as it is stored."""
    return _pack((SCHEMA, value))
