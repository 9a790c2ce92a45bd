"""Executes an operation over a schema: what it answers, and what it costs."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from saccade.domain import JsonObject
from saccade_demo.shopify.graphql.lexing import GraphqlError
from saccade_demo.shopify.graphql.paging import cursor, page, wanted
from saccade_demo.shopify.graphql.reading import Argument, Field, Inline, Operation, Variable
from saccade_demo.shopify.graphql.reading import Selection as Part
from saccade_demo.shopify.graphql.types import Arguments, Connection, FieldType, Schema

ROOTS = {"query": "QueryRoot", "mutation": "Mutation"}

OBJECT, CONNECTION, MUTATION = 1, 2, 10
"""Points: what an object costs, what a connection costs beside its nodes, what a change costs."""


class Paged(dict[str, Any]):
    """The answer of a connection, told apart from that of an object."""


@dataclass(frozen=True, slots=True)
class Context:
    """``bounded`` off lets a connection without ``first`` give every node: a bulk operation."""

    schema: Schema
    bounded: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """``data`` as asked for; costs in points."""

    data: JsonObject
    actual: int


def execute(operation: Operation, variables: Mapping[str, Any], context: Context) -> Answer:
    """Raises `GraphqlError`."""
    run = _Run(operation, _bound(operation, variables), context)
    data, cost = run.object(ROOTS[operation.kind], {}, operation.selections)
    return Answer(data, max(cost, MUTATION if operation.kind == "mutation" else cost))


def requested(operation: Operation, variables: Mapping[str, Any], schema: Schema) -> int:
    """What it would cost were every page full. Raises `GraphqlError` for an unknown field."""
    run = _Run(operation, _bound(operation, variables), Context(schema))
    cost = run.cost(ROOTS[operation.kind], operation.selections)
    return max(cost, MUTATION) if operation.kind == "mutation" else cost


def _bound(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every declared variable's value. Raises `GraphqlError` where a required one is missing."""
    found = {name: given.get(name, one.default) for name, one in operation.variables.items()}
    for name, one in operation.variables.items():
        if one.is_required and found[name] is None:
            message = f"Variable ${name} was provided invalid value"
            raise GraphqlError(message, "INVALID_VARIABLE")
    return found


class _Run:
    def __init__(
        self, operation: Operation, variables: Mapping[str, Any], context: Context
    ) -> None:
        self._fragments = operation.fragments
        self._variables = variables
        self._schema = context.schema
        self._bounded = context.bounded

    def object(
        self, kind: str, value: JsonObject, selections: Sequence[Part]
    ) -> tuple[JsonObject, int]:
        """The fields asked of one object, and their cost beside its own."""
        kind = value.get("__typename", kind)
        found: JsonObject = {}
        cost = 0
        for asked in self._fields(kind, selections):
            if asked.name == "__typename":
                found[asked.alias] = kind
                continue
            held = self._type(kind, asked)
            given = self._arguments(kind, asked, held)
            got = held.resolve(value, given) if held.resolve else value.get(asked.name)
            found[asked.alias], spent = self._value(held, got, given, asked)
            cost += spent
        return found, cost

    def cost(self, kind: str, selections: Sequence[Part]) -> int:
        """What the selections could cost at most."""
        total = 0
        for asked in self._fields(kind, selections, guess=True):
            if asked.name == "__typename":
                continue
            held = self._type(kind, asked, guess=True)
            if held.of is None:
                continue
            given = self._arguments(kind, asked, held)
            if not held.is_connection:
                each = OBJECT + self.cost(held.of, asked.selections)
                total += each * len(given.get("ids") or (None,))
                continue
            count = wanted(given)
            each = OBJECT + sum(
                self.cost(held.of, part.selections)
                for part in self._of_page(asked)
                if part.name in ("node", "nodes")
            )
            total += CONNECTION + count * each
        return total

    def _of_page(self, asked: Field) -> Generator[Field]:
        """``nodes``, and ``edges`` opened."""
        for part in self._fields("Connection", asked.selections):
            if part.name == "edges":
                yield from self._fields("Edge", part.selections)
            else:
                yield part

    def _value(self, held: FieldType, got: Any, given: Arguments, asked: Field) -> tuple[Any, int]:
        if got is None or held.of is None:
            return got, 0
        if isinstance(got, Connection):
            return self._connection(held.of, got, given, asked)
        is_list = isinstance(got, list)
        many = cast("list[Any]", got) if is_list else [got]
        answers = [
            (None, 0) if one is None else self.object(held.of, one, asked.selections)
            for one in many
        ]
        cost = sum(OBJECT + spent for _, spent in answers)
        found = [answer for answer, _ in answers]
        return (found if is_list else found[0]), cost

    def _connection(
        self, kind: str, got: Connection, given: Arguments, asked: Field
    ) -> tuple[JsonObject, int]:
        if self._bounded:
            nodes, more = page(got.nodes, given)
        else:
            nodes, more = got.nodes, False
        backwards = given.get("last") is not None
        found = Paged()
        cost = CONNECTION
        for part in self._fields("Connection", asked.selections):
            if part.name == "pageInfo":
                found[part.alias] = self._page_info(nodes, more, given, part, backwards=backwards)
            elif part.name == "nodes":
                answers = [self.object(kind, node, part.selections) for node in nodes]
                found[part.alias] = [answer for answer, _ in answers]
                cost += sum(OBJECT + spent for _, spent in answers)
            elif part.name == "edges":
                found[part.alias], spent = self._edges(kind, nodes, part)
                cost += spent
            else:
                raise _unknown(f"{kind}Connection", part.name)
        return found, cost

    def _edges(
        self, kind: str, nodes: Sequence[JsonObject], asked: Field
    ) -> tuple[list[JsonObject], int]:
        found: list[JsonObject] = []
        cost = 0
        for node in nodes:
            edge: JsonObject = {}
            for part in self._fields("Edge", asked.selections):
                if part.name == "cursor":
                    edge[part.alias] = cursor(node)
                elif part.name == "node":
                    edge[part.alias], spent = self.object(kind, node, part.selections)
                    cost += OBJECT + spent
                else:
                    raise _unknown(f"{kind}Edge", part.name)
            found.append(edge)
        return found, cost

    def _page_info(
        self,
        nodes: Sequence[JsonObject],
        more: bool,
        given: Arguments,
        asked: Field,
        *,
        backwards: bool,
    ) -> JsonObject:
        values = {
            "hasNextPage": given.get("before") is not None if backwards else more,
            "hasPreviousPage": more if backwards else given.get("after") is not None,
            "startCursor": cursor(nodes[0]) if nodes else None,
            "endCursor": cursor(nodes[-1]) if nodes else None,
        }
        found: JsonObject = {}
        for part in self._fields("PageInfo", asked.selections):
            if part.name not in values:
                raise _unknown("PageInfo", part.name)
            found[part.alias] = values[part.name]
        return found

    def _fields(
        self, kind: str, selections: Sequence[Part], *, guess: bool = False
    ) -> Generator[Field]:
        """Fields of this type, fragments opened; ``guess`` takes those of any type."""
        for part in selections:
            if not self._included(part.directives):
                continue
            if isinstance(part, Field):
                yield part
                continue
            opened = part if isinstance(part, Inline) else self._fragments.get(part.name)
            if opened is None:
                raise GraphqlError("A fragment is spread that the document does not define")
            if guess or opened.on in (None, kind, "Node"):
                yield from self._fields(kind, opened.selections, guess=guess)

    def _included(self, directives: Mapping[str, Mapping[str, Argument]]) -> bool:
        for name, arguments in directives.items():
            if name not in ("include", "skip"):
                raise GraphqlError(f"Directive @{name} is not defined", "undefinedDirective")
            if self._plain(arguments.get("if")) is not (name == "include"):
                return False
        return True

    def _type(self, kind: str, asked: Field, *, guess: bool = False) -> FieldType:
        """Raises `GraphqlError` as the API does for a field the type does not have."""
        held = self._schema.get(kind, {}).get(asked.name)
        if held is None and guess:
            held = next((t[asked.name] for t in self._schema.values() if asked.name in t), None)
        if held is None:
            raise _unknown(kind, asked.name)
        if (held.of is None) != (not asked.selections):
            wants = "must have no selections" if held.of is None else "must have selections"
            raise GraphqlError(f"Field {asked.name!r} {wants}", "selectionMismatch")
        return held

    def _arguments(self, kind: str, asked: Field, held: FieldType) -> dict[str, Any]:
        for name in asked.arguments:
            if name not in held.arguments:
                message = f"Field '{asked.name}' doesn't accept argument '{name}'"
                raise GraphqlError(message, "argumentNotAccepted", typeName=kind)
        return {name: self._plain(value) for name, value in asked.arguments.items()}

    def _plain(self, value: Argument) -> Any:
        """With variables put in."""
        if isinstance(value, Variable):
            if value.name not in self._variables:
                message = f"Variable ${value.name} is used but not declared"
                raise GraphqlError(message, "variableNotDefined")
            return self._variables[value.name]
        if isinstance(value, list):
            return [self._plain(one) for one in value]
        if isinstance(value, dict):
            return {name: self._plain(one) for name, one in value.items()}
        return value


def _unknown(kind: str, name: str) -> GraphqlError:
    return GraphqlError(
        f"Field '{name}' doesn't exist on type '{kind}'",
        "undefinedField",
        typeName=kind,
        fieldName=name,
    )
