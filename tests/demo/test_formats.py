"""Documents as bytes."""

import json

import pytest

from saccade.domain import JsonObject
from saccade_demo.occ.formats import as_json, as_xml, wants_xml


def test_json_is_indented_as_occ_does_it() -> None:
    document: JsonObject = {
        "a": [{"b": 1.0}, {"c": []}],
        "d": {},
        "e": ["x", True, None],
        "f": "ü\n",
    }
    assert as_json(document).decode() == (
        '{\n  "a" : [ {\n    "b" : 1.0\n  }, {\n    "c" : [ ]\n  } ],\n'
        '  "d" : { },\n  "e" : [ "x", true, null ],\n  "f" : "ü\\n"\n}'
    )
    assert json.loads(as_json(document)) == document


def test_xml_names_the_items_of_a_list_by_the_singular() -> None:
    document: JsonObject = {"categories": [{"code": "a&b"}], "images": [], "purchasable": True}
    assert as_xml("product", document).decode().partition("?>")[2] == (
        "<product><categories><category><code>a&amp;b</code></category></categories>"
        "<images></images><purchasable>true</purchasable></product>"
    )


def test_a_root_that_is_the_list_itself_is_not_doubled() -> None:
    text = as_xml("errors", {"errors": [{"type": "CartError"}]}).decode()
    assert text.endswith("<errors><error><type>CartError</type></error></errors>")


@pytest.mark.parametrize(
    ("accept", "xml"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/xml", True),
        ("text/xml;q=0.5", True),
        ("application/json, text/plain, */*", False),
        ("application/xml;q=0.9, application/json;q=0.8", True),
        ("application/xml;q=0.2, application/json", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
    ],
)
def test_the_better_quality_wins(accept: str, xml: bool) -> None:
    assert wants_xml(accept) is xml
