"""A mapping file read strictly: every complaint names the file, the key path and what to write."""

import difflib
import re
from collections.abc import Mapping as Table
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from saccade.strict import ConfigurationError, explained, read_toml
from saccade_generic_rest.mapping import Mapping
from saccade_generic_rest.paths import table

LARGEST = 262_144
"""Bytes of a mapping."""

Node = Table[str, Any]  # Any: JSON Schema, and TOML as it was written

_OF_KINDS = frozenset({"union_tag_invalid", "union_tag_not_found"})
_OF_NAMES = frozenset({"enum", "literal_error"})
_SECRETIVE = frozenset({"auth", "signature"})
"""Tables in which a secret may stand by mistake: what they hold is not repeated."""
_QUOTED = re.compile(r"'([^']+)'")
_FIXES = {
    "string_type": "write it as text, in quotes",
    "tuple_type": 'write a list, in brackets: ["…"]',
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "dict_type": "write a table, in braces",
    "model_type": "write a table, in braces",
    "model_attributes_type": "write a table, in braces",
}
"""By pydantic's kind of error, where its own words are about Python."""


def read_mapping(path: Path) -> Mapping:
    """Raises `ConfigurationError`."""
    try:
        size = path.stat().st_size
    except OSError:
        size = 0  # told by who opens it
    if size > LARGEST:
        fix = f"write less than {LARGEST} bytes"
        raise ConfigurationError(str(path), "file", "is too large for a mapping", fix)
    return checked(str(path), read_toml(path))


def checked(file: str, raw: Table[str, object]) -> Mapping:
    """The mapping that a TOML file says. Raises `ConfigurationError`."""
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        raise _complaint(file, raw, error) from None


def _complaint(file: str, raw: Node, error: ValidationError) -> ConfigurationError:
    first = error.errors(include_url=False)[0]
    kind, said = first["type"], first.get("input")
    told = explained(file, error)
    found = _walk(raw, first["loc"])
    walked = found.shown
    if kind == "extra_forbidden":
        return ConfigurationError(file, _key(walked), told.problem, _known(walked[-1], found.keys))
    if kind in _OF_KINDS:
        named = "is missing" if kind == "union_tag_not_found" else f"{_tag(first)!r} is not known"
        return ConfigurationError(file, _key([*walked, "kind"]), named, _one_of(first, found.kinds))
    if walked and walked[-1].endswith("_env"):  # it may be the secret itself
        problem = told.problem if kind == "missing" else "is no variable's name"
        fix = "name an environment variable that holds the secret, such as SHOP_KEY"
        return ConfigurationError(file, _key(walked), problem, fix)
    shown = kind == "missing" or kind in _OF_NAMES or _SECRETIVE.isdisjoint(walked)
    hidden = isinstance(said, dict) and kind != "missing"  # a whole table is long
    problem = told.problem if shown and not hidden else "cannot be used so"
    return ConfigurationError(file, _key(walked), problem, _fix(first, found, told.fix))


def _fix(first: Any, found: "_Walked", told: str) -> str:  # Any: pydantic's own dictionary
    kind, said = first["type"], first.get("input")
    if kind in _OF_NAMES:
        return _one_of(first, _QUOTED.findall(str(first["ctx"]["expected"])))
    if kind == "tuple_type" and isinstance(said, dict):
        return f"write [[{found.shown[-1]}]] above it, in two brackets: there may be several"
    if kind == "string_pattern_mismatch" and found.description:
        return f"write {found.description}"
    return _FIXES.get(kind, told)


def _key(walked: Sequence[str]) -> str:
    return ".".join(walked) or "file"


def _known(said: str, keys: Sequence[str]) -> str:
    near = difflib.get_close_matches(said, keys, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(keys))}"


def _one_of(first: Any, names: Sequence[str]) -> str:  # Any: pydantic's own dictionary
    near = difflib.get_close_matches(str(_tag(first)), names, n=1, cutoff=0.6)
    one_of = f"write one of {', '.join(names)}"
    return f"did you mean {near[0]!r}? {one_of}" if near else one_of


def _tag(first: Any) -> object:  # Any: pydantic's own dictionary
    return first.get("ctx", {}).get("tag") or first.get("input")


class _Walked(NamedTuple):
    """A key path as it was written, without the kinds of tables, and what is known of its end."""

    shown: list[str]
    keys: Sequence[str]
    """Of the table it stands in."""
    kinds: Sequence[str]
    """Where it is one of several tables."""
    description: str
    """Of the value, in a few words."""


def _walk(raw: Node, where: Sequence[int | str]) -> _Walked:
    """To the place of a complaint.

    What is said of a list's or a table's form stands at the list or table itself.
    """
    schema: Node = Mapping.model_json_schema()
    shown: list[str] = []
    node: Node = schema
    known, value = _keys(schema), _Any(raw)
    tag: str | None = None
    kinds: Sequence[str] = ()
    for part in where:
        if part == tag:  # which of several tables it is
            tag = None
            continue
        known = _keys(node)
        shown.append(str(part))
        value = value.at(part)
        node, kinds = _below(schema, node, part, value.kind)
        tag = value.kind if kinds else None
    return _Walked(shown, known, kinds, str(node.get("description", "")))


class _Any:
    """A value as written, whatever it is."""

    def __init__(self, value: object) -> None:
        self.value = value

    @property
    def kind(self) -> str:
        found = table(self.value)
        return "" if found is None else str(found.get("kind", ""))

    def at(self, part: int | str) -> "_Any":
        try:
            return _Any(self.value[part])  # type: ignore[index]  # a value that has none raises
        except (KeyError, IndexError, TypeError):
            return _Any(None)


def _below(schema: Node, node: Node, part: int | str, kind: str) -> tuple[Node, Sequence[str]]:
    """The schema of what stands below ``node``, and the kinds where it is one of several."""
    if isinstance(part, int):
        found: Node = node.get("items", {})
    else:
        found = node.get("properties", {}).get(part) or node.get("additionalProperties") or {}
    choices: Sequence[Node] = found.get("anyOf", ())
    for one in choices:
        if one.get("type") != "null":
            found = one
            break
    tags: dict[str, str] = found.get("discriminator", {}).get("mapping", {})
    reference = tags.get(kind) or str(found.get("$ref", ""))
    named: Node = schema["$defs"].get(reference.rpartition("/")[2], found)
    return named, tuple(tags)


def _keys(node: Node) -> list[str]:
    return list(node.get("properties", ()))
