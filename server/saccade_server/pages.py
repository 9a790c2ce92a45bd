"""``/docs``: the OpenAPI document as one page of HTML, without script and without other assets."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from saccade_server.problems import Kind

Node = Mapping[str, Any]

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

STYLE = """
body{font:16px/1.55 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1b2430;background:#fff}
code,pre{font:14px/1.5 ui-monospace,monospace}pre{background:#f3f5f8;padding:.8rem;overflow:auto}
article{border-top:1px solid #d6dce4;padding:1rem 0}h2{font-size:1.1rem}
b.method{display:inline-block;min-width:3.6rem;color:#0b57d0;text-transform:uppercase}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
padding:.25rem .8rem .25rem 0;border-bottom:1px solid #eaeef3}
@media(prefers-color-scheme:dark){body{color:#dde4ee;background:#11161d}
pre{background:#1b222c}article,td,th{border-color:#2d3744}b.method{color:#8ab4f8}}
"""

PROBLEMS: Mapping[Kind, str] = {
    Kind.UNKNOWN_FIELD: "A field that is not declared. Correct its spelling or leave it out.",
    Kind.MISSING_FIELD: "A field that is required is not there.",
    Kind.FORBIDDEN_NAME: "A name such as __proto__, which no honest body holds.",
    Kind.WRONG_TYPE: "A field of another type than the schema's.",
    Kind.PREVIEW: "A preview's token is forged, over, or of another site.",
    Kind.SIGNATURE: "A webhook's signature or credential is wrong or missing.",
    Kind.UNKNOWN_KIND: "An event is of no kind that pages tell of; /docs lists those there are.",
    Kind.OUT_OF_RANGE: "A value outside the schema's bounds or pattern.",
    Kind.MALFORMED: "The body is not JSON. NaN and Infinity are not JSON.",
    Kind.ENCODING: "The body is not UTF-8.",
    Kind.TOO_LARGE: "The body is larger than this route reads.",
    Kind.MEDIA_TYPE: "The body's Content-Type or Content-Encoding is not one this route reads.",
    Kind.SITE: "The site key is missing or unknown.",
    Kind.ORIGIN: "The page's origin is not among those of the site.",
    Kind.SESSION: "The session is not one of this site's, or its signature is wrong.",
    Kind.PERMISSION: "This needs the site's server key.",
    Kind.RATE: "One session sends too often. Wait as long as Retry-After says.",
    Kind.NOT_FOUND: "There is no such path, or no such decision of this site or session.",
    Kind.METHOD: "The path does not serve this method; Allow names those it does.",
    Kind.UNAVAILABLE: "A store is down. Nothing was stored; send it again.",
    Kind.OVERLOAD: "There is more to do than time for it. Nothing was stored; send it again.",
    Kind.SLOW: "The body did not arrive in time.",
    Kind.INTERNAL: "A fault of ours; it is in the log.",
}


def docs_page(document: Node) -> str:
    """The whole page."""
    operations = "".join(
        _operation(method, path, operation, document)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    problems = "".join(
        f'<tr id="problem-{kind}"><td><code>{kind}</code></td><td>{escape(text)}</td></tr>'
        for kind, text in PROBLEMS.items()
    )
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style><h1>{title}</h1>"
        '<p>For programs: <a href="/openapi.json">/openapi.json</a>. The tracker is '
        '<a href="/tracker.js">/tracker.js</a>, figures are at <a href="/metrics">/metrics</a>.</p>'
        f"{operations}<h2>Problems</h2><table>{problems}</table></html>"
    )


def _operation(method: str, path: str, operation: Node, document: Node) -> str:
    rows = [
        _row(one["name"], one["in"], one["schema"], one["description"])
        for one in operation["parameters"]
    ]
    if "requestBody" in operation:
        schema = next(iter(operation["requestBody"]["content"].values()))["schema"]
        rows += _fields(_resolved(schema, document))
    answers = "".join(
        _row(status, "", _answer_schema(answer), answer["description"])
        for status, answer in operation["responses"].items()
    )
    return (
        f'<article><h2><b class="method">{method}</b> <code>{escape(path)}</code></h2>'
        f"<p>{escape(operation['summary'])}.</p>"
        f"<table>{''.join(rows)}</table><h3>Answers</h3><table>{answers}</table></article>"
    )


def _fields(schema: Node) -> Iterator[str]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        place = "body, required" if name in required else "body"
        yield _row(name, place, field, field.get("description", ""))


def _row(name: str, place: str, schema: Node, text: str) -> str:
    return (
        f"<tr><td><code>{escape(name)}</code><td>{escape(place)}"
        f"<td><code>{escape(_type(schema))}</code><td>{escape(text)}"
    )


def _type(schema: Node) -> str:
    """A schema in a few words; ``null`` is left out, for it says what leaving out says."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    bounds = {
        key: value
        for key, value in schema.items()
        if key in {"minimum", "maximum", "pattern", "maxLength", "enum"}
    }
    told = str(schema.get("type", "any")) if schema else ""
    return f"{told} {json.dumps(bounds)}" if bounds else told


def _resolved(schema: Node, document: Node) -> Node:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: Node = document["components"]["schemas"].get(name, schema)
    return found


def _answer_schema(answer: Node) -> Node:
    content: Node = answer.get("content", {})
    for one in content.values():
        found: Node = one["schema"]
        return found
    return {}
