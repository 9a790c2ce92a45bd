"""The ``fields`` parameter: ``BASIC``, ``DEFAULT``, ``FULL`` or a nested list such as
``code,price(FULL)``; parsed against the document type, then picked from the document.
"""

import re
from functools import lru_cache
from typing import Any

from saccade.domain import JsonObject
from saccade_demo.occ.document_types import TYPES
from saccade_demo.occ.errors import OccError, wrong_field

FieldSet = dict[str, "FieldSet"]
"""Fields to be given; a plain value's own set is empty."""

_LEVELS = frozenset({"BASIC", "DEFAULT", "FULL"})
_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[(),])")
_DEEPEST = 12
"""Types refer to one another in a circle (product, reference, product): somewhere it must end."""


@lru_cache(maxsize=512)
def field_set(kind: str, text: str) -> FieldSet:
    """The fields ``text`` asks of a document type; DEFAULT where it is empty.

    Raises `OccError` 400 for an unknown field or a bracket that does not match.
    """
    tokens = _tokens(text or "DEFAULT")
    found = _parse(kind, tokens, 0)
    if tokens:
        raise wrong_field(tokens[-1])
    return found


def pick(document: JsonObject, wanted: FieldSet) -> JsonObject:
    """The part of a document that was asked for, in the document's own order."""
    return {key: _pick(document[key], wanted[key]) for key in document if key in wanted}


def _pick(value: Any, wanted: FieldSet) -> Any:  # Any: JSON of whatever shape
    if isinstance(value, list):
        return [_pick(item, wanted) for item in value]  # pyright: ignore[reportUnknownVariableType] - any JSON
    return pick(value, wanted) if isinstance(value, dict) else value  # pyright: ignore[reportUnknownArgumentType] - any JSON


def _tokens(text: str) -> list[str]:
    """Tokens in reverse, to be popped from the end."""
    found: list[str] = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise wrong_field(text[position:])
        found.append(match[1])
        position = match.end()
    return found[::-1]


def _parse(kind: str, tokens: list[str], depth: int) -> FieldSet:
    if depth > _DEEPEST:
        raise OccError(400, "ConversionError", "Fields are nested too deeply")
    found: FieldSet = {}
    while True:
        name = tokens.pop() if tokens else ""
        for field, nested in _item(kind, name, tokens, depth).items():
            _merge(found.setdefault(field, {}), nested)
        if not tokens or tokens[-1] != ",":
            return found
        tokens.pop()


def _item(kind: str, name: str, tokens: list[str], depth: int) -> FieldSet:
    """One element of a list: a level, a field, or a field with its own list in brackets."""
    if name in _LEVELS:
        return _level(kind, name)
    if name not in TYPES[kind].fields:
        raise wrong_field(name)
    inner = TYPES[kind].fields[name]
    if not (tokens and tokens[-1] == "("):
        return {name: _level(inner, "BASIC") if inner else {}}
    tokens.pop()
    if not inner:
        raise wrong_field(name)
    nested = _parse(inner, tokens, depth + 1)
    if not tokens or tokens.pop() != ")":
        raise wrong_field(name)
    return {name: nested}


@lru_cache(maxsize=256)
def _level(kind: str, level: str) -> FieldSet:
    return field_set(kind, TYPES[kind].levels[level])


def _merge(known: FieldSet, more: FieldSet) -> None:
    for name, nested in more.items():
        _merge(known.setdefault(name, {}), nested)
