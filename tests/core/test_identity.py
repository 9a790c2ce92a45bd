"""The identity token: found in the documented order, never accepted malformed or unsigned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade import identity
from saccade.domain import Identity

SECRET = b"a key of the test's own"
ANY = st.characters() | st.characters(categories=["Cs"])
"""Halves of surrogates too: what a byte that is no UTF-8 becomes in a header."""


def test_header_wins_over_query_over_cookie() -> None:
    query, cookie = "a=1&saccade_session=of-query&b=2", "x=1; saccade_session=of-cookie; y=2"
    assert identity.find({"x-session-id": "of-header"}, query, cookie) == "of-header"
    assert identity.find({}, query, cookie) == "of-query"
    assert identity.find({}, "a=1", cookie) == "of-cookie"
    assert identity.find({}, "a=1", "x=1") is None


@pytest.mark.parametrize(
    ("query", "cookie"),
    [
        ("not_saccade_session=x", "not_saccade_session=x"),
        ("a=saccade_session", "a=saccade_session"),
        ("SACCADE_SESSION=x", ""),
    ],
)
def test_names_alike_are_not_ours(query: str, cookie: str) -> None:
    assert identity.find({}, query, cookie) is None


@pytest.mark.parametrize(
    ("header", "query", "cookie"),
    [
        ("", "", "saccade_session=s1"),
        ("a b", "", "saccade_session=s1"),
        ("\udcff", "", "saccade_session=s1"),
        (None, "saccade_session=", "saccade_session=s1"),
        (None, "saccade_session=&saccade_session=s1", ""),
        (None, "saccade_session=%00&x=1", "saccade_session=s1"),
        (None, "saccade_session=a.b.c.d", "saccade_session=s1"),
        (None, "", "saccade_session=; saccade_session=s1"),
        (None, "", "saccade_session=a!b; x=1;saccade_session=s1 ; y=2"),
        (None, "", 'saccade_session="s1"'),
        ("", "saccade_session=s1", "saccade_session=s2"),
    ],
)
def test_what_is_no_token_hides_none(header: str | None, query: str, cookie: str) -> None:
    headers = {} if header is None else {"x-session-id": header}
    assert identity.find(headers, query, cookie) == "s1"


def test_a_bare_session_is_its_own_visitor() -> None:
    assert identity.parse("laptop-7", None, open_site=True) == Identity("laptop-7", "laptop-7")


def test_visitor_and_session() -> None:
    assert identity.parse("v1.s1", None, open_site=True) == Identity("v1", "s1")


def test_an_issued_token_is_read_back_and_names_a_returning_visitor() -> None:
    token = identity.issue(SECRET)
    first = identity.parse(token, SECRET, open_site=False)
    assert first is not None
    again = identity.parse(identity.issue(SECRET, first.visitor), SECRET, open_site=False)
    assert again is not None
    assert again.visitor == first.visitor
    assert again.session != first.session


@pytest.mark.parametrize("token", ["bare", "v1.s1", "a.b.c.d", "", ".", "..", "a..b", "é.b", "a b"])
def test_a_site_that_is_not_open_takes_signed_tokens_only(token: str) -> None:
    assert identity.parse(token, SECRET, open_site=False) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a..b", "é.b", "a b", "x" * 65, "a\n", "a.b.c"])
def test_malformed_tokens_are_refused_on_open_sites_too(token: str) -> None:
    assert identity.parse(token, SECRET, open_site=True) is None


@given(position=st.integers(0, 97), flip=st.integers(1, 255))
def test_no_changed_byte_of_a_signed_token_passes(position: int, flip: int) -> None:
    token = identity.issue(SECRET)
    changed = token[:position] + chr(ord(token[position]) ^ flip) + token[position + 1 :]
    assert identity.parse(changed, SECRET, open_site=False) is None


@given(token=st.text(ANY), open_site=st.booleans())
def test_any_text_is_read_without_raising(token: str, open_site: bool) -> None:
    found = identity.parse(token, SECRET, open_site=open_site)
    assert found is None or open_site


@given(signature=st.text(ANY, max_size=40))
def test_no_other_signature_passes_whatever_it_is_made_of(signature: str) -> None:
    visitor, session, _ = identity.issue(SECRET).split(".")
    token = f"{visitor}.{session}.{signature}"
    assert identity.parse(token, SECRET, open_site=False) is None


@pytest.mark.parametrize("tail", ["\udcff", "é", "\x00", ""])
def test_a_signature_that_is_no_text_is_wrong(tail: str) -> None:
    visitor, session, _ = identity.issue(SECRET).split(".")
    assert identity.parse(f"{visitor}.{session}.{tail}", SECRET, open_site=True) is None


def test_another_key_signs_for_another_site() -> None:
    assert identity.parse(identity.issue(b"other"), SECRET, open_site=False) is None


def test_views_are_found_in_header_then_query_and_bounded() -> None:
    assert identity.find_view({"x-saccade-view": "h1"}, "saccade_view=q1") == "h1"
    assert identity.find_view({}, "a=1&saccade_view=q1") == "q1"
    assert identity.find_view({}, "saccade_view=" + "x" * 65) is None
    assert identity.find_view({}, "a=1") is None
    assert identity.find_view({"x-saccade-view": ""}, "saccade_view=&saccade_view=q1") == "q1"
