"""The ``fields`` grammar against the document types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade_demo import catalog
from saccade_demo.occ.document_types import TYPES
from saccade_demo.occ.errors import OccError
from saccade_demo.occ.fields import field_set, pick

LAPTOP = catalog.load().products[catalog.LAPTOP]


def _picked(fields: str) -> dict[str, object]:
    return pick(LAPTOP, field_set("product", fields))


def test_a_list_gives_exactly_what_it_names() -> None:
    assert _picked("code,name") == {"code": "816324", "name": "Kestrel Aero 14"}


def test_nesting_goes_as_deep_as_the_document() -> None:
    found = _picked("classifications(features(featureValues(value),featureUnit(symbol)))")
    (only,) = found
    assert only == "classifications"
    first = LAPTOP["classifications"][0]["features"][0]
    assert found["classifications"][0]["features"][0] == {  # type: ignore[index]  # JSON
        "featureValues": [{"value": first["featureValues"][0]["value"]}]
    }


def test_levels_contain_one_another() -> None:
    basic, default, full = (set(_picked(level)) for level in ("BASIC", "DEFAULT", "FULL"))
    assert basic < default < full


def test_levels_and_names_add_up() -> None:
    assert _picked("BASIC,description") == _picked("BASIC") | {"description": LAPTOP["description"]}
    assert len(_picked("variantOptions(BASIC,url)")["variantOptions"][0]) == 2  # type: ignore[index]  # JSON


def test_a_nested_field_without_brackets_is_basic() -> None:
    assert _picked("price") == _picked("price(BASIC)") != _picked("price(FULL)")


def test_nothing_asked_is_default() -> None:
    assert _picked("") == _picked("DEFAULT")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ("code,saccade", "saccade"),
        ("FULL,price(colour)", "colour"),
        ("code(name)", "code"),
        ("price(", ""),
        ("price(value", "price"),
        ("code)", ")"),
        ("code,,name", ","),
        ("code name", "name"),
        ("code;name", ";name"),
        ("full", "full"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(fields: str, named: str) -> None:
    with pytest.raises(OccError) as refused:
        field_set("product", fields)
    assert refused.value.status == 400
    assert str(refused.value) == f"Incorrect field:'{named}'"


def test_endless_nesting_is_refused() -> None:
    deep = "productReferences(target(" * 40
    with pytest.raises(OccError):
        field_set("product", deep)


@given(st.text(alphabet="codenamprice(),FUL BASI", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = field_set("product", text)
    except OccError:
        return
    assert found.keys() <= TYPES["product"].fields.keys()
    assert pick(LAPTOP, found).keys() <= LAPTOP.keys()


def test_every_level_of_every_type_can_be_read() -> None:
    for kind, described in TYPES.items():
        for level in described.levels:
            assert field_set(kind, level).keys() <= described.fields.keys()
