"""What a mapping is guessed from: calls and their answers, of an OpenAPI document or of samples.

A sample is a JSON file of one recorded call, or a list of them: ``{"call": "GET /items?page=1",
"headers": {…}, "body": …}``, the headers those of the answer. An OpenAPI document's schemas become
documents that look like its answers: their examples, or a value of the type.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from saccade.strict import ConfigurationError
from saccade_generic_rest.paths import Json, rows, table

LARGEST = 16_777_216
_DEEPEST = 12
_METHODS = ("get", "post", "put", "patch")
_VALUES: Mapping[str, Json] = {
    "string": "text", "number": 1.5, "integer": 1, "boolean": True, "null": None,
}  # fmt: skip
_FORMATS = {"uri": "https://shop.example/x", "date-time": "2026-01-01T00:00:00Z", "uuid": "0-1-2"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and its answer."""

    method: str
    path: str
    """Its parameters in braces; of a sample, as it was called."""
    body: Json
    query: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Parameters it may have, with a value where one is known."""
    link: str = ""
    made_up: bool = False
    """The body's values are of a schema and say nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a platform."""

    exchanges: Sequence[Exchange]
    url: str = ""
    """Its origin, where the evidence says it."""
    auth: Sequence[str] = ()
    """Kinds of `authentication` that fit, with a header's name behind a colon."""


def of_openapi(path: Path) -> Evidence:
    """Raises `ConfigurationError`."""
    document = table(_loaded(path))
    if document is None or table(document.get("paths")) is None:
        fix = "name an OpenAPI 3 document, as JSON or YAML"
        raise ConfigurationError(str(path), "paths", "is missing", fix)
    reader = _OpenApi(document)
    return Evidence(tuple(reader.exchanges()), reader.origin, tuple(reader.auth()))


def of_samples(paths: Sequence[Path]) -> Evidence:
    """Raises `ConfigurationError`."""
    found: list[Exchange] = []
    for path in paths:
        loaded = _loaded(path)
        for said in rows(loaded) or [loaded]:
            one = table(said) or {}
            call = one.get("call")
            method, _, target = call.partition(" ") if isinstance(call, str) else ("", "", "")
            if not target.startswith("/"):
                fix = 'write {"call": "GET /items?page=1", "body": …}, or a list of such'
                raise ConfigurationError(str(path), "call", "is missing, or no call", fix)
            parts = urlsplit(target)
            told = table(one.get("headers")) or {}
            headers = {name.lower(): str(value) for name, value in told.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            link = headers.get("link", "")
            found.append(Exchange(method, parts.path, one.get("body"), query, link))
    return Evidence(_templated(found))


def _loaded(path: Path) -> Any:  # Any: JSON or YAML of whatever shape
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigurationError(str(path), "file", "is too large", "name a smaller one")
        text = path.read_text("utf-8-sig")
        return json.loads(text) if text.lstrip()[:1] in {"{", "["} else yaml.safe_load(text)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise ConfigurationError(str(path), "file", problem, "name a file that can") from None
    except (ValueError, yaml.YAMLError, RecursionError):
        fix = "name a file of JSON, or an OpenAPI document of YAML"
        raise ConfigurationError(str(path), "file", "is neither JSON nor YAML", fix) from None


def _templated(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Segments that are a list's values become ``{id}``, as an OpenAPI document has them."""
    values = {
        str(value)
        for exchange in exchanges
        for value in _scalars(exchange.body, 0)
        if isinstance(value, (str, int)) and not isinstance(value, bool)
    }

    def template(path: str) -> str:
        return "/".join(
            "{id}" if segment in values and re.search(r"\d|-", segment) else segment
            for segment in path.split("/")
        )

    return tuple(
        Exchange(one.method, template(one.path), one.body, one.query, one.link) for one in exchanges
    )


def _scalars(value: Json, depth: int) -> Iterator[Json]:
    named, listed = table(value), rows(value)
    if named is None and listed is None:
        yield value
    elif depth < _DEEPEST:
        for one in (*(named or {}).values(), *(listed or ())[:100]):
            yield from _scalars(one, depth + 1)


class _OpenApi:
    """Reads one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        servers = rows(document.get("servers")) or [{}]
        parts = urlsplit(str((table(servers[0]) or {}).get("url", "")))
        self.origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        self._prefix = parts.path.rstrip("/")

    def exchanges(self) -> Iterator[Exchange]:
        for path, one in (table(self._document["paths"]) or {}).items():
            operations = table(one) or {}
            for method in _METHODS:
                operation = table(operations.get(method))
                if operation is not None:
                    shared = rows(operations.get("parameters")) or []
                    own = rows(operation.get("parameters")) or []
                    responses = table(operation.get("responses")) or {}
                    yield Exchange(
                        method.upper(),
                        self._prefix + path,
                        self._answer(responses),
                        dict(self._query([*shared, *own])),
                        'rel="next"' if self._has_link(responses) else "",
                        made_up=True,
                    )

    def auth(self) -> Iterator[str]:
        schemes = self._document.get("components", {}).get("securitySchemes", {})
        for scheme in schemes.values():
            kind = (scheme.get("type"), scheme.get("in"), str(scheme.get("scheme", "")).lower())
            if kind[:2] == ("apiKey", "header"):
                yield f"header:{scheme['name']}"
            elif kind[0] == "http":
                yield kind[2]
            elif kind[0] == "oauth2" and "clientCredentials" in scheme.get("flows", {}):
                yield f"oauth:{scheme['flows']['clientCredentials'].get('tokenUrl', '')}"

    def _query(self, parameters: Sequence[Json]) -> Iterator[tuple[str, Json]]:
        for one in parameters:
            found = self._resolved(one)
            if found.get("in") == "query":
                schema = self._resolved(found.get("schema", {}))
                told = schema.get("default", schema.get("minimum"))
                yield str(found["name"]), told

    def _has_link(self, responses: dict[str, Json]) -> bool:
        headers = [table(self._resolved(one).get("headers")) or {} for one in responses.values()]
        return any("link" in {name.lower() for name in some} for some in headers)

    def _answer(self, responses: dict[str, Json]) -> Json:
        for status, response in sorted(responses.items(), key=lambda item: str(item[0])):
            if str(status).startswith("2"):
                content = self._resolved(response).get("content", {})
                for kind, media in content.items():
                    if "json" in kind:
                        told = media.get("example")
                        return told if told is not None else self._made(media.get("schema", {}), 0)
        return None

    def _made(self, schema: Json, depth: int) -> Json:
        """A document that fits a schema."""
        schema = self._resolved(schema)
        if depth > _DEEPEST:
            return None
        told = [schema[key] for key in ("example", "const", "default") if key in schema]
        told += [schema[key][0] for key in ("examples", "enum") if schema.get(key)]
        if told:
            return told[0]
        if "allOf" in schema:
            parts = [table(self._made(one, depth + 1)) or {} for one in schema["allOf"]]
            return {name: value for part in parts for name, value in part.items()}
        for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
            if self._resolved(one).get("type") != "null":
                return self._made(one, depth + 1)
        if "properties" in schema:
            named = schema["properties"].items()
            return {name: self._made(one, depth + 1) for name, one in named}
        if "items" in schema:
            return [self._made(schema["items"], depth + 1)]
        return _FORMATS.get(schema.get("format", ""), _VALUES.get(_type(schema)))

    def _resolved(self, schema: Json) -> dict[str, Json]:
        """Without references, as far as they lead within the document."""
        found = table(schema) or {}
        for _ in range(_DEEPEST):
            reference = found.get("$ref")
            if not isinstance(reference, str):
                break
            found = self._document
            for name in reference.removeprefix("#/").split("/"):
                found = table(found.get(name)) or {}
        return found


def _type(schema: dict[str, Json]) -> str:
    """Its type; of several the first that is not null."""
    told = schema.get("type", "null")
    several = rows(told)
    return str(told if several is None else next((x for x in several if x != "null"), "null"))
