"""The reference: every route is in it, every body is the struct that reads it."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from saccade.signals import SIGNAL_NAMES
from saccade_server.app import ENDPOINTS
from saccade_server.openapi import document
from saccade_server.pages import PROBLEMS, docs_page
from saccade_server.problems import Kind
from saccade_server.routes.webhooks import ROUTE, ROUTE_OF_TENANT


def references(document: Any) -> set[str]:
    return set(re.findall(r'"\$ref":"([^"]*)"', msgspec.json.encode(document).decode()))


def test_every_route_is_described() -> None:
    paths = document()["paths"]
    for route, (method, _) in ENDPOINTS.items():
        assert method.lower() in paths[route], route


@pytest.mark.parametrize("route", [ROUTE, ROUTE_OF_TENANT])
def test_webhooks_are_described_for_any_platform(route: str) -> None:
    """Bytes of any kind, and every status the route answers with."""
    operation = document()["paths"][route]["post"]
    assert operation["requestBody"] == {"required": True, "content": {"*/*": {"schema": {}}}}
    assert set(operation["responses"]) == {"200", "401", "404", "408", "413", "415", "503"}
    assert "Retry-After" in operation["responses"]["503"]["headers"]
    headers = [one for one in operation["parameters"] if one["in"] == "header"]
    assert [one["name"] for one in headers] == ["Content-Encoding"]
    assert headers[0]["schema"] == {"enum": ["identity"]}


def test_signals_are_described_by_their_struct() -> None:
    schema = document()["components"]["schemas"]["SignalsBody"]
    assert set(SIGNAL_NAMES) < set(schema["properties"])
    assert schema["required"] == ["session_id"]
    assert schema["additionalProperties"] is False


def test_every_reference_resolves_and_path_parameters_are_declared() -> None:
    spec = document()
    known = {f"#/components/schemas/{name}" for name in spec["components"]["schemas"]}
    assert references(spec) <= known
    for path, methods in spec["paths"].items():
        for operation in methods.values():
            declared = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_patterns_are_ones_that_programs_of_other_languages_read() -> None:
    patterns = re.findall(
        r'"pattern":"((?:[^"\\\\]|\\\\.)*)"', json.dumps(document(), separators=(",", ":"))
    )
    assert len(patterns) >= 8
    for pattern in patterns:
        assert pattern.startswith("^")
        assert pattern.endswith("$(?!\\\\n)")
        assert "\\Z" not in pattern  # ECMA-262, which JSON Schema follows, has none


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.anchors: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in {"src", "href"} and not str(value).startswith("/"):
                self.outside.append(str(value))
            if name == "id":
                self.anchors.add(str(value))


def test_the_page_shows_every_path_and_problem_and_loads_nothing() -> None:
    text = docs_page(document())
    page = Page()
    page.feed(text)
    assert page.outside == []
    assert "script" not in page.tags
    assert page.anchors == {f"problem-{kind}" for kind in Kind}
    assert set(PROBLEMS) == set(Kind)
    for path in document()["paths"]:
        assert f"<code>{path}</code>" in text
    for name in SIGNAL_NAMES:
        assert f"<code>{name}</code>" in text
