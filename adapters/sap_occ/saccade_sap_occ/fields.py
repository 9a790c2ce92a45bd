"""OCC's ``fields`` parameter without our own token, which OCC would answer with 400.

A front end that batches its calls adds our key to the fields it asks for; it may stand anywhere in
the nested list, with a list of its own, raw or percent-encoded. What is left keeps its spelling.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

_MARKS = re.compile(r"(,|%2[Cc]|\(|%28|\)|%29)")
_OPEN, _CLOSE = "(", ")"


class _MalformedError(Exception):
    """Parentheses that do not match: the platform's to refuse."""


def asks_for_fields(query: str) -> bool:
    """Whether it has the parameter."""
    return any(_is_fields(part.partition("=")[0]) for part in query.split("&"))


def without_token(query: str, key: str) -> str:
    """The query without ``key`` in ``fields``; a ``fields`` left empty goes altogether."""
    if "%" not in query and ("fields=" not in query or key not in query):
        return query
    parts: list[str] = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if not _is_fields(name) or not _mentions(value, key):
            parts.append(part)
        elif kept := _stripped(value, key):
            parts.append(f"{name}{equals}{kept}")
    return "&".join(parts)


def _is_fields(name: str) -> bool:
    """Its name may be percent-encoded as well."""
    return name == "fields" or ("%" in name and unquote(name) == "fields")


def _mentions(value: str, key: str) -> bool:
    return key in value or ("%" in value and key in unquote(value))


def _stripped(value: str, key: str) -> str:
    tokens = iter(_MARKS.split(value))
    try:
        kept, end = _list(tokens, key)
    except (_MalformedError, RecursionError):
        return value
    return kept if end is None else value


def _list(tokens: Iterator[str], key: str) -> tuple[str, str | None]:
    """A list up to its closing mark, which is returned too; ``None`` at the end of the value."""
    kept: list[str] = []
    before = ""
    while True:
        item, mark = _item(tokens, key)
        if item is not None:
            kept += [before, item]
        if mark is None or unquote(mark) == _CLOSE:
            return "".join(kept[1:]), mark
        before = mark


def _item(tokens: Iterator[str], key: str) -> tuple[str | None, str | None]:
    """A name with its nested list, ``None`` where it is ours, and the mark that follows it."""
    name = next(tokens)
    mark = next(tokens, None)
    nested = ""
    if mark is not None and unquote(mark) == _OPEN:
        inner, close = _list(tokens, key)
        if close is None:
            raise _MalformedError
        nested = f"{mark}{inner}{close}" if inner else ""
        if next(tokens):
            raise _MalformedError  # a name right after a closing parenthesis
        mark = next(tokens, None)
    ours = unquote(name).strip(" +") == key
    return (None if ours else name + nested), mark
