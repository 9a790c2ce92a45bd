"""JMESPath as mappings use it: compiled when the mapping is read, cheap on whatever a shop sends.

An expression is short and has no part that makes more than it was given, so a search costs no more
than one walk over the document for each of its parts. There is no user-written pattern in it.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, cast

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, GetPydanticSchema
from pydantic_core import core_schema

LONGEST = 200
"""Characters of an expression."""
MOST_PARTS = 40
"""Nodes of its tree."""

_PARTS = frozenset(
    {
        "field", "subexpression", "index", "index_expression", "slice", "projection",
        "value_projection", "filter_projection", "flatten", "pipe", "identity", "current",
        "literal", "comparator", "and_expression", "or_expression", "not_expression",
        "function_expression",
    }
)  # fmt: skip
"""All but those that build new lists and objects, which can double what they are given."""

_FUNCTIONS = frozenset({"contains", "ends_with", "length", "not_null", "starts_with"})
"""Each looks once at what it is given."""

_CODE = re.compile(r"[A-Z]{3}")

Json = Any  # Any: a platform's document, of whatever shape

_decoder = msgspec.json.Decoder(float_hook=Decimal)


class JsonPath:
    """One compiled expression."""

    __slots__ = ("_compiled", "text")

    def __init__(self, text: str) -> None:
        """Raises ValueError, which says what to write instead."""
        if not 0 < len(text) <= LONGEST:
            raise ValueError(f"write a JMESPath of 1 to {LONGEST} characters")
        try:
            self._compiled = jmespath.compile(text)
        except (JMESPathError, RecursionError) as error:
            told = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(f"write a JMESPath, such as items[0].name ({told})") from None
        parts = list(_tree(self._compiled.parsed))
        if len(parts) > MOST_PARTS:
            raise ValueError(f"write a JMESPath of at most {MOST_PARTS} parts")
        for part in parts:
            _check(part)
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonPath) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"JsonPath({self.text!r})"

    def of(self, document: Json) -> Json:
        """What it finds; ``None`` for nothing, and where the document is of another shape."""
        try:
            return self._compiled.search(document)
        except (JMESPathError, RecursionError, ArithmeticError):
            return None


def decoded(body: bytes) -> Json:
    """A document, decimal fractions exact. Raises ValueError where it is no JSON."""
    try:
        return _decoder.decode(body)
    except RecursionError:
        raise ValueError("the document is nested too deeply") from None
    except ArithmeticError:
        raise ValueError("the document holds a number that is none") from None


def table(value: Json) -> dict[str, Json] | None:
    """A document's object, where it is one."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else None


def rows(value: Json) -> Sequence[Json] | None:
    """A document's list, where it is one."""
    return cast("Sequence[Json]", value) if isinstance(value, list) else None


def _tree(node: Any) -> Iterator[dict[str, Any]]:  # Any: jmespath's own, untyped tree
    yield node
    for child in node["children"]:
        yield from _tree(child)


def _check(part: dict[str, Any]) -> None:
    kind, value = part["type"], part.get("value")
    if kind not in _PARTS:
        raise ValueError(f"leave out the {kind.replace('_', ' ')}: a mapping only points at values")
    if kind == "function_expression" and value not in _FUNCTIONS:
        known = ", ".join(sorted(_FUNCTIONS))
        raise ValueError(f"use no function but {known}; {value}() is for an adapter in Python")


def _of_a_currency(path: JsonPath) -> JsonPath:
    if _CODE.fullmatch(path.text):
        raise ValueError(
            f"write \"'{path.text}'\" where every price is in {path.text}: without the inner "
            "quotes it is the name of a field"
        )
    return path


Path = Annotated[
    JsonPath,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_after_validator_function(
            JsonPath, core_schema.str_schema()
        )
    ),
]
"""A JMESPath as a setting."""

CurrencyPath = Annotated[Path, AfterValidator(_of_a_currency)]
"""One to a currency's code."""
