"""``/openapi.json``: written from the very structs that read and write the bodies."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from saccade import __version__
from saccade_server.operations import JSON, OPERATIONS, Answer, Operation, Parameter
from saccade_server.problems import CONTENT_TYPE, ProblemDocument

REFERENCE = "#/components/schemas/{name}"

_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Worth another try."""


def document(operations: tuple[Operation, ...] = OPERATIONS) -> dict[str, Any]:
    """OpenAPI 3.1 of ``operations``."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Saccade", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": _components(operations),
            "securitySchemes": {"server_key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _components(operations: tuple[Operation, ...]) -> Mapping[str, Any]:
    bodies = [operation.body for operation in operations if operation.body]
    answers = [body for one in operations for answer in one.answers for body in answer.bodies]
    _, components = msgspec.json.schema_components(
        [*bodies, *answers, ProblemDocument], ref_template=REFERENCE
    )
    return components


def _schema(wanted: Any) -> Any:
    (schema,), _ = msgspec.json.schema_components([wanted], ref_template=REFERENCE)
    return schema


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.text,
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": {
            **{str(int(answer.status)): _answer(answer) for answer in operation.answers},
            **{str(int(status)): _problem(status) for status in operation.problems},
        },
    }
    if operation.body:
        schema = {"schema": _schema(operation.body)}
        content = dict.fromkeys(operation.takes, schema)
        described["requestBody"] = {"required": True, "content": content}
    if operation.needs_key:
        described["security"] = [{}, {"server_key": []}]
    return described


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.where == "path",
        "description": parameter.text,
        "schema": _schema(parameter.wanted),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.text}
    schemas = [_schema(body) for body in answer.bodies]
    if schemas:
        schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        described["content"] = {JSON: {"schema": schema}}
    return described


def _problem(status: HTTPStatus) -> dict[str, Any]:
    schema = {"schema": _schema(ProblemDocument)}
    described: dict[str, Any] = {"description": status.phrase, "content": {CONTENT_TYPE: schema}}
    if status in _LATER:
        described["headers"] = {
            "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}
        }
    return described
