"""An OpenAPI document as exchanges: what its examples say, and values made up of its schemas."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from saccade.strict import ConfigurationError
from saccade_generic_rest.inferring_exchanges import (
    DEEPEST,
    Evidence,
    Exchange,
    MadeUpInteger,
    MadeUpNumber,
    MadeUpText,
)
from saccade_generic_rest.inferring_files import loaded
from saccade_generic_rest.paths import Json, rows, table

_METHODS = ("get", "post", "put", "patch")
_VALUES: Mapping[str, Json] = {
    "string": MadeUpText("text"), "number": MadeUpNumber(1.5), "integer": MadeUpInteger(1),
    "boolean": True, "null": None,
}  # fmt: skip
_FORMATS: Mapping[str, Json] = {
    "uri": MadeUpText("https://shop.example/x"),
    "date-time": MadeUpText("2026-01-01T00:00:00Z"),
    "uuid": MadeUpText("0-1-2"),
}


def of_openapi(path: Path) -> Evidence:
    """Raises `ConfigurationError`."""
    document = table(loaded(path))
    if document is not None and str(document.get("swagger", "")).startswith("2"):
        fix = "convert it (npx swagger2openapi FILE), or name recorded calls with --sample"
        raise ConfigurationError(str(path), "swagger", "is 2.0, OpenAPI 3 is wanted", fix)
    if document is None or table(document.get("paths")) is None:
        fix = "name an OpenAPI 3 document, as JSON or YAML; recorded calls go to --sample"
        raise ConfigurationError(str(path), "paths", "is missing", fix)
    reader = _OpenApi(document)
    try:
        return Evidence(tuple(reader.exchanges()), reader.origin, tuple(reader.auth()))
    except (AttributeError, KeyError, TypeError, IndexError, RecursionError) as error:
        problem = f"does not hold what OpenAPI 3 says ({type(error).__name__}: {error})"
        fix = "have it checked by an OpenAPI validator, or record calls instead (--sample)"
        raise ConfigurationError(str(path), "paths", problem, fix) from None


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
                        return self._media(media)
        return None

    def _media(self, media: Json) -> Json:
        examples = [self._resolved(one) for one in media.get("examples", {}).values()]
        told = [media, *examples]
        shown = [one[key] for one in told for key in ("example", "value") if key in one]
        return shown[0] if shown else self._made(media.get("schema", {}), 0)

    def _made(self, schema: Json, depth: int) -> Json:
        """A document that fits a schema."""
        schema = self._resolved(schema)
        if depth > DEEPEST:
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
        for _ in range(DEEPEST):
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
