"""Our token inside ``fields``, wherever it is nested, raw or encoded (sap-occ 2)."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade_sap_occ.fields import without_token

KEY = "saccade"

names = st.sampled_from(["code", "name", "price", "saccades", "FULL", "DEFAULT"])
items = st.recursive(
    names,
    lambda inner: st.tuples(names, st.lists(inner, min_size=1, max_size=3)).map(
        lambda pair: f"{pair[0]}({','.join(pair[1])})"
    ),
    max_leaves=8,
)
lists = st.lists(items, min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("fields=code,saccade", "fields=code"),
        ("fields=saccade,code&lang=en", "fields=code&lang=en"),
        ("fields=code,saccade,name", "fields=code,name"),
        ("fields=saccade", ""),
        ("lang=en&fields=saccade&curr=USD", "lang=en&curr=USD"),
        ("fields=code,saccade(FULL)", "fields=code"),
        ("fields=code,saccade(mode,instructions(op)),name", "fields=code,name"),
        ("fields=products(code,saccade),pagination", "fields=products(code),pagination"),
        ("fields=products(saccade),pagination", "fields=products,pagination"),
        ("fields=a(b(saccade,c),d)", "fields=a(b(c),d)"),
        ("fields=code%2Csaccade%2cname", "fields=code%2cname"),
        (
            "fields=products%28code%2Csaccade%29%2Cpagination",
            "fields=products%28code%29%2Cpagination",
        ),
        ("fields=code,%73accade", "fields=code"),
        ("%66ields=code,saccade", "%66ields=code"),
        ("lang=en&field%73=%73accade", "lang=en"),
        ("fields=DEFAULT,+saccade", "fields=DEFAULT"),
        ("fields=DEFAULT,%20saccade", "fields=DEFAULT"),
        # not ours, or not to be understood: as it came
        ("fields=saccades,xsaccade", "fields=saccades,xsaccade"),
        ("fields=a(saccade", "fields=a(saccade"),
        ("fields=a)saccade", "fields=a)saccade"),
        ("fields=a(saccade)b", "fields=a(saccade)b"),
        ("query=saccade&fields=code", "query=saccade&fields=code"),
        ("myfields=saccade", "myfields=saccade"),
        ("fields=", "fields="),
        ("", ""),
    ],
)
def test_the_token_goes_and_the_rest_keeps_its_spelling(query: str, kept: str) -> None:
    assert without_token(query, KEY) == kept


@given(lists, st.integers(0, 4), st.booleans())
def test_anywhere_in_the_list(others: list[str], place: int, encoded: bool) -> None:
    spell = quote if encoded else str
    value = ",".join([*others[:place], KEY, *others[place:]])
    assert without_token(f"fields={spell(value)}", KEY) == f"fields={spell(','.join(others))}"


@given(lists, st.booleans())
def test_nested_anywhere(others: list[str], encoded: bool) -> None:
    spell = quote if encoded else str
    value = spell(f"outer({','.join([*others, KEY])}),last")
    expected = spell(f"outer({','.join(others)}),last")
    assert without_token(f"x=1&fields={value}", KEY) == f"x=1&fields={expected}"


@given(st.text(st.sampled_from("ab,()%2C8 9saccade"), max_size=60))
def test_never_raises(value: str) -> None:
    without_token(f"fields={value}", KEY)


def test_a_list_nested_beyond_sense_is_the_platforms_to_refuse() -> None:
    value = "a(" * 50_000 + KEY
    assert without_token(f"fields={value}", KEY) == f"fields={value}"
