"""Our own query parameters, taken out of raw queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade_gateway.query import site_key, without_ours

PARTS = st.text(st.sampled_from("ab%2C=+;()site"), max_size=10).filter(
    lambda part: part.partition("=")[0] != "site"
)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("", ""),
        ("fields=FULL", "fields=FULL"),
        ("saccade_session=x", ""),
        ("a=1&saccade_session=x&b=2", "a=1&b=2"),
        ("saccade_session=x&a=%2f", "a=%2f"),
        ("a=1&saccade_view=v", "a=1"),
        ("saccade%5Fsession=x&a=1", "a=1"),
        ("%73accade_view=x&a=%zz", "a=%zz"),
        ("site=lab&a=1", "a=1"),
        ("a=1&site=other", "a=1&site=other"),
        ("website=lab", "website=lab"),
        ("a=1&&b=&c", "a=1&&b=&c"),
        ("saccade_sessions=1", "saccade_sessions=1"),
    ],
)
def test_only_ours_go(raw: str, kept: str) -> None:
    assert without_ours(raw, {"lab"}) == kept


@given(st.lists(PARTS, max_size=6), st.integers(0, 6))
def test_every_other_byte_stays(parts: list[str], place: int) -> None:
    ours = [*parts[:place], "saccade_session=abc.def", "site=lab", *parts[place:]]
    assert without_ours("&".join(ours), {"lab"}) == "&".join(parts)


def test_finds_the_site_key() -> None:
    assert site_key("a=1&site=l%61b") == "lab"
    assert site_key("website=1") is None
    assert site_key("") is None
