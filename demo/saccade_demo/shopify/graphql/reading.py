"""GraphQL documents, parsed: operations, variables, arguments, aliases, fragments, directives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from saccade_demo.shopify.graphql.lexing import GraphqlError, Token, tokens

__all__ = [
    "Argument",
    "Enum",
    "Field",
    "GraphqlError",
    "Inline",
    "Operation",
    "Selection",
    "Spread",
    "Variable",
    "read",
]

DEEPEST = 32
"""Of selections and values nested in one another: the parser recurses."""


class Enum(str):
    """A bare name as a value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name`` as a value."""

    name: str


Argument = (
    str | int | float | bool | None | Enum | Variable | list["Argument"] | dict[str, "Argument"]
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is asked for, under the name it is answered by."""

    alias: str
    name: str
    arguments: Mapping[str, Argument]
    directives: Mapping[str, Mapping[str, Argument]]
    selections: Sequence["Selection"]


@dataclass(frozen=True, slots=True)
class Inline:
    """``... on Type { }``; without a type it is for any."""

    on: str | None
    directives: Mapping[str, Mapping[str, Argument]]
    selections: Sequence["Selection"]


@dataclass(frozen=True, slots=True)
class Spread:
    """``...Name``."""

    name: str
    directives: Mapping[str, Mapping[str, Argument]]


Selection = Field | Inline | Spread


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable's declaration."""

    is_required: bool
    default: Argument


@dataclass(frozen=True, slots=True)
class Operation:
    """What is executed, with the document's fragments."""

    kind: str
    name: str
    variables: Mapping[str, Declared]
    selections: Sequence[Selection]
    fragments: Mapping[str, Inline] = field(default_factory=dict[str, Inline])


def read(text: str, name: str | None = None) -> Operation:
    """The operation of that name, or the only one. Raises `GraphqlError`."""
    operations, fragments = _Parser(list(tokens(text))).document()
    found = [one for one in operations if name is None or one.name == name]
    if len(found) != 1:
        raise GraphqlError("An operation name is required" if found else "No operation is that")
    one = found[0]
    return Operation(one.kind, one.name, one.variables, one.selections, fragments)


class _Parser:
    """By recursive descent, one token ahead."""

    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    def document(self) -> tuple[list[Operation], dict[str, Inline]]:
        operations: list[Operation] = []
        fragments: dict[str, Inline] = {}
        while self._next.kind != "end":
            if self._next.text == "fragment" and self._next.kind == "name":
                self._take()
                name = self._name()
                fragments[name] = self._inline(named=True)
            else:
                operations.append(self._operation())
        return operations, fragments

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _is_name(self) -> bool:
        return self._next.kind == "name"

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _has(self, text: str) -> bool:
        """Whether a punctuator is next; it is taken then."""
        if self._next.kind != "punctuator" or self._next.text != text:
            return False
        self._at += 1
        return True

    def _need(self, text: str) -> None:
        if not self._has(text):
            self._unexpected(f"expected {text!r}")

    def _unexpected(self, wanted: str) -> None:
        found = self._next
        raise GraphqlError(f"syntax error, unexpected {found.text!r} at {found.place}, {wanted}")

    def _name(self) -> str:
        if self._next.kind != "name":
            self._unexpected("expected a name")
        return self._take().text

    def _operation(self) -> Operation:
        kind, name = "query", ""
        variables: dict[str, Declared] = {}
        if self._is_name():
            kind = self._name()
            if kind not in ("query", "mutation"):
                raise GraphqlError(f"syntax error, {kind!r} is no operation here")
            name = self._name() if self._is_name() else ""
            variables = self._variables()
            self._directives()
        return Operation(kind, name, variables, self._selections())

    def _variables(self) -> dict[str, Declared]:
        found: dict[str, Declared] = {}
        if self._has("("):
            while not self._has(")"):
                self._need("$")
                name = self._name()
                self._need(":")
                is_required = self._type()
                found[name] = Declared(is_required, self._value() if self._has("=") else None)
        return found

    def _type(self) -> bool:
        """Skip a type; whether its value must not be null."""
        if self._has("["):
            self._type()
            self._need("]")
        else:
            self._name()
        return self._has("!")

    def _selections(self) -> list[Selection]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise GraphqlError(f"Query is nested deeper than {DEEPEST}")
        self._need("{")
        found: list[Selection] = []
        while not self._has("}"):
            found.append(self._fragment() if self._has("...") else self._field())
        self._depth -= 1
        if not found:
            raise GraphqlError("syntax error, a selection is empty")
        return found

    def _fragment(self) -> Selection:
        if self._next.kind == "name" and self._next.text != "on":
            return Spread(self._name(), self._directives())
        return self._inline(named=False)

    def _inline(self, *, named: bool) -> Inline:
        on = None
        if named or self._next.kind == "name":
            if self._name() != "on":
                raise GraphqlError("syntax error, a fragment names its type by 'on'")
            on = self._name()
        return Inline(on, self._directives(), self._selections())

    def _field(self) -> Field:
        alias = name = self._name()
        if self._has(":"):
            name = self._name()
        arguments = self._arguments()
        directives = self._directives()
        is_leaf = self._next.kind != "punctuator" or self._next.text != "{"
        return Field(alias, name, arguments, directives, () if is_leaf else self._selections())

    def _arguments(self) -> dict[str, Argument]:
        found: dict[str, Argument] = {}
        if self._has("("):
            while not self._has(")"):
                name = self._name()
                self._need(":")
                found[name] = self._value()
        return found

    def _directives(self) -> dict[str, Mapping[str, Argument]]:
        found: dict[str, Mapping[str, Argument]] = {}
        while self._has("@"):
            name = self._name()
            found[name] = self._arguments()
        return found

    def _value(self) -> Argument:
        self._depth += 1
        if self._depth > DEEPEST:
            raise GraphqlError(f"A value is nested deeper than {DEEPEST}")
        try:
            if self._has("$"):
                return Variable(self._name())
            if self._has("["):
                return self._list()
            if self._has("{"):
                return self._object()
            return self._scalar()
        finally:
            self._depth -= 1

    def _list(self) -> list[Argument]:
        found: list[Argument] = []
        while not self._has("]"):
            found.append(self._value())
        return found

    def _object(self) -> dict[str, Argument]:
        found: dict[str, Argument] = {}
        while not self._has("}"):
            name = self._name()
            self._need(":")
            found[name] = self._value()
        return found

    def _scalar(self) -> Argument:
        if self._next.kind in ("punctuator", "end"):
            self._unexpected("expected a value")
        token = self._take()
        if token.kind == "int":
            return int(token.text)
        if token.kind == "float":
            return float(token.text)
        if token.kind in ("string", "block"):
            return token.text
        words: Mapping[str, Argument] = {"true": True, "false": False, "null": None}
        return words.get(token.text, Enum(token.text))
