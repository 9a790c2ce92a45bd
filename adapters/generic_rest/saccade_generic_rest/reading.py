"""A mapping file read strictly: every complaint names the file, the key path and what to write."""

import difflib
from collections.abc import Mapping as Table
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from saccade.strict import ConfigurationError, explained, read_toml
from saccade_generic_rest.mapping import Mapping
from saccade_generic_rest.paths import table

LARGEST = 262_144
"""Bytes of a mapping."""

Node = Table[str, Any]  # Any: JSON Schema, and TOML as it was written


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
    told = explained(file, error)
    walked, tables = _walk(raw, first["loc"])
    key = ".".join(walked) or "file"
    fix = told.fix
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(walked[-1], tables, n=1, cutoff=0.6)
        known = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(tables))}"
        return ConfigurationError(file, key, told.problem, known)
    context = first.get("ctx", {})
    expected = str(context.get("expected_tags") or context.get("expected") or "")
    names = [one.strip(" '") for one in expected.replace(" or ", ",").split(",")]
    said = context.get("tag") or first.get("input")
    near = difflib.get_close_matches(str(said), names, n=1, cutoff=0.6)
    if near:
        fix = f"did you mean {near[0]!r}? {fix}"
    return ConfigurationError(file, key, told.problem, fix)


def _walk(raw: Node, where: Sequence[int | str]) -> tuple[list[str], list[str]]:
    """The key path as it was written, without the kinds of tables, and the keys known at its end.

    What is said of a list's or a table's form stands at the list or table itself.
    """
    schema: Node = Mapping.model_json_schema()
    shown: list[str] = []
    node: Node = schema
    known, value = _keys(schema), _Any(raw)
    tag: str | None = None
    for part in where:
        if part == tag:  # which of several tables it is
            tag = None
            continue
        known = _keys(node)
        shown.append(str(part))
        value = value.at(part)
        node, tag = _below(schema, node, part, value.kind)
    return shown, known


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


def _below(schema: Node, node: Node, part: int | str, kind: str) -> tuple[Node, str | None]:
    """The schema of what stands below ``node``, and its ``kind`` where it is one of several."""
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
    return named, kind if tags else None


def _keys(node: Node) -> list[str]:
    return list(node.get("properties", ()))
