"""Documents with another value at a place: what a recording leaves out, or tells of another day."""

import json
import re

from saccade_generic_rest.paths import Json, decoded, rows, table

_STEP = re.compile(r'(?:^|\.)(?:([A-Za-z_][A-Za-z0-9_]*)|"([^"\\]+)")|\[([0-9]{1,3})\]')

Steps = tuple[str | int, ...]


def steps(path: str) -> Steps | None:
    """The names and numbers of a JMESPath that is nothing but these."""
    found: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            return None
        found.append(int(match[3]) if match[3] else match[1] or match[2])
        at = match.end()
    return tuple(found)


def placed(document: Json, path: str, value: Json) -> Json:
    """A copy with ``value`` there; the document itself where the path is not a plain one."""
    found = steps(path)
    return document if found is None else _put(document, found, value)


def encoded(document: Json) -> str:
    """As JSON, in ASCII; a date that YAML made of a text is that text again."""
    return json.dumps(document, separators=(",", ":"), default=str)


def as_sent(document: Json) -> Json:
    """As the adapter gets it: decimal fractions exact."""
    return decoded(encoded(document).encode())


def _put(document: Json, path: Steps, value: Json) -> Json:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        several = list(rows(document) or ())
        several += [{}] * (head + 1 - len(several))
        several[head] = _put(several[head], rest, value)
        return several
    named = dict(table(document) or {})
    named[head] = _put(named.get(head), rest, value)
    return named
