"""The one script that changes a visitor's state in Redis: its text, its name, calls to it."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

from saccade.signals import PAGE_SCOPED
from saccade.state import (
    CAP_MEMORY_S,
    MAX_CAPS,
    MAX_COUNT,
    MAX_ENTRIES,
    MAX_TOLD,
    PROFILE_LIFE_S,
    RESERVATION_LIFE_S,
    SESSION_LIFE_S,
    CapEntry,
)
from saccade.stores.redis_line import Argument, pack
from saccade.stores.redis_values import SCHEMA, SESSION, Keys, packed

_MARGIN_S = 60
"""Redis's own expiry is a net below: times kept in the values decide, and always first."""

_CAP = CapEntry.__struct_fields__
"""Where a cap's entry, stored as an array, holds what; Lua counts from 1."""

_names = ", ".join(f"CAP_{name.upper()}" for name in _CAP)
_places = ", ".join(str(place) for place in range(1, len(_CAP) + 1))

_CONSTANTS = f"""\
local SCHEMA, SESSION = {SCHEMA}, '{SESSION}'
local SESSION_LIFE, PROFILE_LIFE = {SESSION_LIFE_S:.0f}, {PROFILE_LIFE_S:.0f}
local RESERVATION_LIFE, CAP_MEMORY = {RESERVATION_LIFE_S:.0f}, {CAP_MEMORY_S:.0f}
local VISIT_TTL, KEPT_TTL = {SESSION_LIFE_S + _MARGIN_S:.0f}, {PROFILE_LIFE_S + _MARGIN_S:.0f}
local MAX_CAPS, MAX_ENTRIES = {MAX_CAPS}, {MAX_ENTRIES}
local {_names} = {_places}
local MAX_TOLD, MAX_COUNT = {MAX_TOLD}, {MAX_COUNT}
local PAGE_SCOPED = {{{", ".join(f"{name} = true" for name in sorted(PAGE_SCOPED))}}}
"""

_PARTS = ("state.lua", "state_caps.lua", "state_calls.lua")

TEXT = _CONSTANTS + "\n".join(
    files("saccade.stores").joinpath(part).read_text("utf-8") for part in _PARTS
)
NAME = hashlib.sha1(TEXT.encode(), usedforsecurity=False).hexdigest()
LOAD = pack(("SCRIPT", "LOAD", TEXT))


class Call(NamedTuple):
    """A change of one visitor's state.

    What comes from outside travels in ``arguments``, never as script. ``values`` are kept as they
    are: Redis's msgpack knows no bytes.
    """

    keys: Keys
    verb: str
    arguments: bytes
    values: tuple[Argument, ...] = ()


def call(keys: Keys, verb: str, arguments: Sequence[object], *values: Argument) -> Call:
    """``verb`` done for the visitor with these keys."""
    return Call(keys, verb, packed(arguments), values)


def together(calls: Sequence[Call]) -> bytes:
    """The command that makes all of ``calls``, answered with a list of their answers."""
    keys = [key for one in calls for key in one.keys]
    parts: list[Argument] = ["EVALSHA", NAME, str(len(keys)), *keys]
    for one in calls:
        parts += one.verb, one.arguments, str(len(one.values))
        parts += one.values
    return pack(tuple(parts))
