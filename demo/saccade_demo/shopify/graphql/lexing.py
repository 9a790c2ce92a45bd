"""GraphQL text to tokens (specification of October 2021, section 2.1)."""

import json
import re
from collections.abc import Generator
from typing import Literal, NamedTuple

from saccade.domain import JsonObject

Kind = Literal["punctuator", "name", "int", "float", "string", "block", "end"]
_KINDS: dict[str, Kind] = {
    "punctuator": "punctuator",
    "name": "name",
    "int": "int",
    "float": "float",
    "string": "string",
    "block": "block",
}

_TOKEN = re.compile(
    r"""
    (?P<ignored>[\s,\ufeff]+|\#[^\n\r]*)
  | (?P<punctuator>\.\.\.|[!$&()\[\]{}:=@|])
  | (?P<name>[_A-Za-z][_0-9A-Za-z]*)
  | (?P<float>-?(?:0|[1-9]\d*)(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+))
  | (?P<int>-?(?:0|[1-9]\d*))
  | \"\"\"(?P<block>(?:\\\"\"\"|(?!\"\"\").)*)\"\"\"
  | (?P<string>"(?:[^"\\\n\r]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*")
    """,
    re.VERBOSE | re.DOTALL,
)


class GraphqlError(Exception):
    """A document, a variable or a field that cannot be used, as the API would tell it."""

    def __init__(self, message: str, code: str = "", **extensions: object) -> None:
        super().__init__(message)
        self.message = message
        self.extensions: JsonObject = {"code": code, **extensions} if code else extensions

    def document(self) -> JsonObject:
        """As it stands in ``errors``."""
        found: JsonObject = {"message": self.message}
        if self.extensions:
            found["extensions"] = self.extensions
        return found


class Token(NamedTuple):
    """A lexeme and where it begins."""

    kind: Kind
    text: str
    place: int


def tokens(text: str) -> Generator[Token]:
    """Every token and one that says the end. Raises `GraphqlError`."""
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise GraphqlError(f"syntax error, unexpected {text[place]!r} at {place}")
        place = match.end()
        kind = _KINDS.get(match.lastgroup or "")
        if kind is not None:
            yield Token(kind, _text(kind, match[kind]), match.start())
    yield Token("end", "end of document", len(text))


def _text(kind: Kind, raw: str) -> str:
    """Strings unescaped: GraphQL's escapes are JSON's; a block's common indentation goes."""
    if kind == "string":
        return str(json.loads(raw))
    if kind != "block":
        return raw
    lines = raw.replace('\\"""', '"""').splitlines()
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    common = min(indents, default=0)
    return "\n".join([*lines[:1], *(line[common:] for line in lines[1:])]).strip("\n")
