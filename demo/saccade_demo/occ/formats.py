"""Documents as bytes: JSON indented the way OCC's writer does it, or XML, by ``Accept``."""

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from saccade.domain import JsonObject

JSON_TYPE = "application/json;charset=UTF-8"
XML_TYPE = "application/xml;charset=UTF-8"

_PLURALS = {"categories": "category", "entries": "entry", "currencies": "currency"}


def as_json(document: JsonObject) -> bytes:
    """Two spaces a level, ``"key" : value``, objects of a list on the bracket's own line."""
    return "".join(_json(document, "")).encode()


def as_xml(root: str, document: JsonObject) -> bytes:
    """One element a key; a list wraps its items, each named by the singular of the key.

    Where the root is itself the document's one list (``errors``), it is that wrapper.
    """
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    content = document[root] if document.keys() == {root} else document
    return (head + "".join(_xml(root, content))).encode()


def wants_xml(accept: str) -> bool:
    """True where XML has the higher quality; JSON where both are equal or neither is named."""
    return _quality(accept, ("application/xml", "text/xml", "application/*+xml")) > max(
        _quality(accept, ("application/json",)), _quality(accept, ("*/*", "application/*"))
    )


def _quality(accept: str, names: tuple[str, ...]) -> float:
    best = 0.0
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name not in names:
            continue
        given = [
            float(m[1]) for p in parameters if (m := re.fullmatch(r"q=([01](?:\.\d{0,3})?)", p))
        ]
        best = max(best, given[0] if given else 1.0)
    return best


def _json(value: Any, indent: str) -> Iterator[str]:  # Any: JSON of whatever shape
    if isinstance(value, dict):
        yield from _json_object(value, indent)  # pyright: ignore[reportUnknownArgumentType] - any JSON
    elif isinstance(value, list):
        yield from _json_list(value, indent)  # pyright: ignore[reportUnknownArgumentType] - any JSON
    else:
        yield json.dumps(value, ensure_ascii=False)


def _json_object(value: JsonObject, indent: str) -> Iterator[str]:
    if not value:
        yield "{ }"
        return
    deeper = indent + "  "
    separator = "{\n"
    for key, item in value.items():
        yield f"{separator}{deeper}{json.dumps(key)} : "
        yield from _json(item, deeper)
        separator = ",\n"
    yield f"\n{indent}}}"


def _json_list(value: list[Any], indent: str) -> Iterator[str]:
    if not value:
        yield "[ ]"
        return
    separator = "[ "
    for item in value:
        yield separator
        yield from _json(item, indent)
        separator = ", "
    yield " ]"


def _xml(name: str, value: Any) -> Iterator[str]:  # Any: as above
    yield f"<{name}>"
    if isinstance(value, dict):
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType] - any JSON
            yield from _xml(str(key), item)  # pyright: ignore[reportUnknownArgumentType] - any JSON
    elif isinstance(value, list):
        single = _PLURALS.get(name, name.removesuffix("s"))
        for item in value:  # pyright: ignore[reportUnknownVariableType] - any JSON
            yield from _xml(single, item)
    elif isinstance(value, bool):
        yield str(value).lower()
    else:
        yield escape(str(value))
    yield f"</{name}>"
