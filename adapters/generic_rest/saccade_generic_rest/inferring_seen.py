"""Calls seen passing as they were recorded, without all that is a shopper's own.

Of an answer the facts are kept that the mapping reads, of a cart not even its number, which may
open it: `ANYONE` stands in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from pydantic import SecretStr

from saccade.domain import Event, EventKind, Identity
from saccade.ports import Call
from saccade_generic_rest.events import RestEvents
from saccade_generic_rest.inferring_exchanges import PARAMETER, Exchange, as_call, made_up
from saccade_generic_rest.inferring_places import encoded, placed
from saccade_generic_rest.mapping import Fields, Mapping
from saccade_generic_rest.paths import Json, JsonPath
from saccade_generic_rest.settings import RestSettings
from saccade_generic_rest.templates import CallTemplate
from saccade_generic_rest.topics import EventFields, SeenCall

ANYONE = "example-1"


@dataclass(frozen=True, slots=True)
class Seen:
    """A call whose answer tells facts, and the answer."""

    call: str
    status: int
    body: Json
    says: Sequence[Event]


class Observer:
    """Sees them as the adapter will."""

    def __init__(self, mapping: Mapping) -> None:
        secret = SecretStr("")
        self._events = RestEvents(RestSettings("", "", "", "", mapping, secret, secret))

    def recorded(self, seen: SeenCall, exchanges: Sequence[Exchange]) -> Seen | None:
        """``None`` where its facts were not recorded, or stand where they cannot be told apart."""
        template = CallTemplate(seen.call)
        one = next((one for one in exchanges if template.match(as_call(one)) is not None), None)
        if one is None or invented(seen, one.body):
            return None
        target = anyones(one)
        body = _facts_alone(seen, one.body)
        says = self._observed(seen, target, body)
        if seen.kind is EventKind.ORDER_PLACED:
            whole = self._observed(seen, target, one.body)
            if says != whole or any(event.reference is None for event in says):
                return None
        return Seen(f"{one.method} {target}", one.status, body, says)

    def _observed(self, seen: SeenCall, target: str, body: Json) -> Sequence[Event]:
        path, _, query = target.partition("?")
        asked = Call("", seen.call.partition(" ")[0], path, query, {}, Identity("", ""))
        found = self._events.observe(asked, HTTPStatus.OK, encoded(body).encode())
        return [msgspec.structs.replace(one, at=0.0) for one in found]


def anyones(one: Exchange) -> str:
    """The call of no cart and no customer in particular."""
    path = PARAMETER.sub(ANYONE, one.path)
    query = one.target.partition("?")[2]
    return f"{path}?{query}" if query else path


def invented(fields: Fields | EventFields, document: Json) -> bool:
    """Whether a fact that is read there is a schema's and nobody's."""
    told = [getattr(fields, name) for name in type(fields).model_fields]
    return any(made_up(path.of(document)) for path in told if isinstance(path, JsonPath))


def _facts_alone(seen: SeenCall, body: Json) -> Json:
    """The answer without all that is not read: an order names who bought."""
    found: Json = {}
    for path in (seen.product, seen.value, seen.currency, seen.reference):
        value = None if path is None else path.of(body)
        if path is seen.reference and seen.kind is not EventKind.ORDER_PLACED and value is not None:
            value = ANYONE
        if path is not None and value is not None:
            found = placed(found, path.text, value)
    return found
