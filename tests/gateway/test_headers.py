"""Header surgery on raw bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from saccade_gateway.headers import (
    asking_for_identity,
    chain,
    downstream,
    named_by_connection,
    personal,
    upstream,
    without_cookie,
)

NONE: frozenset[bytes] = frozenset()

NAMES = st.sampled_from(["a", "session", "saccade_sessions", "x-saccade_session", "JSESSIONID"])
VALUES = st.text(st.sampled_from('abc.%=- "'), max_size=8)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"a=1; saccade_session=x; b=2", b"a=1; b=2"),
        (b"saccade_session=x; a=1", b"a=1"),
        (b"a=1; saccade_session=x", b"a=1"),
        (b"saccade_session=x", b""),
        (b"a=1;saccade_session=x;b=2", b"a=1;b=2"),
        (b"saccade_session=x; a=1; saccade_session=y", b"a=1"),
        (b"saccade_sessions=1; xsaccade_session=2", b"saccade_sessions=1; xsaccade_session=2"),
        (b"a=saccade_session=1", b"a=saccade_session=1"),
        (b'a="q"; b=\xe9;  c=%3B', b'a="q"; b=\xe9;  c=%3B'),
    ],
)
def test_takes_our_cookie_out(sent: bytes, kept: bytes) -> None:
    assert without_cookie(sent) == kept


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5), st.integers(0, 5))
def test_every_other_cookie_keeps_its_bytes(pairs: list[tuple[str, str]], place: int) -> None:
    others = [f"{name}={value}".encode() for name, value in pairs]
    sent = b"; ".join([*others[:place], b"saccade_session=t", *others[place:]])
    assert without_cookie(sent) == b"; ".join(others)


def test_keeps_order_spelling_doubles_and_bytes() -> None:
    headers = ((b"X-One", b"1"), (b"x-TWO", b"Zo\xeb"), (b"X-One", b"2"), (b"Empty", b""))
    expected = [b"X-One: 1", b"x-TWO: Zo\xeb", b"X-One: 2", b"Empty: "]
    assert upstream(headers, NONE, trusted=False) == expected
    assert downstream(headers, NONE) == expected


def test_drops_what_is_of_one_hop_and_what_is_ours() -> None:
    headers = (
        (b"Host", b"shop"),
        (b"Connection", b"close, X-Private"),
        (b"connection", b"X-Also"),
        (b"X-Private", b"1"),
        (b"x-also", b"1"),
        (b"Keep-Alive", b"timeout=5"),
        (b"Upgrade", b"h2c"),
        (b"HTTP2-Settings", b"AA"),
        (b"TE", b"trailers"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Content-Length", b"3"),
        (b"Expect", b"100-continue"),
        (b"Proxy-Authorization", b"Basic eA=="),
        (b"X-Session-Id", b"token"),
        (b"X-Saccade-View", b"v"),
        (b"Authorization", b"Bearer t"),
        (b"Cookie", b"saccade_session=t"),
    )
    known = CIMultiDict((name.decode(), value.decode()) for name, value in headers)
    named = named_by_connection(known)
    assert named == {b"close", b"x-private", b"x-also"}
    assert upstream(headers, named, trusted=False) == [b"Authorization: Bearer t"]


FORWARDED = (
    (b"Host", b"shop.example"),
    (b"X-Forwarded-For", b"1.2.3.4"),
    (b"X-Forwarded-Host", b"evil.example"),
    (b"X-Forwarded-Proto", b"https"),
    (b"X-Forwarded-Prefix", b"/x"),
    (b"Forwarded", b"for=1.2.3.4"),
    (b"X-Real-IP", b"1.2.3.4"),
)


def test_a_stranger_may_not_say_who_forwarded() -> None:
    assert upstream(FORWARDED, NONE, trusted=False) == []
    assert chain(FORWARDED, peer="9.9.9.9", scheme="http", trusted=False) == [
        b"X-Forwarded-For: 9.9.9.9",
        b"X-Forwarded-Proto: http",
        b"X-Forwarded-Host: shop.example",
    ]


def test_a_trusted_hop_may() -> None:
    assert upstream(FORWARDED, NONE, trusted=True) == [
        b"X-Forwarded-Host: evil.example",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Prefix: /x",
        b"Forwarded: for=1.2.3.4",
        b"X-Real-IP: 1.2.3.4",
    ]
    assert chain(FORWARDED, peer="10.0.0.1", scheme="http", trusted=True) == [
        b"X-Forwarded-For: 1.2.3.4, 10.0.0.1"
    ]


def test_asks_for_identity_once() -> None:
    lines = [b"Accept: */*", b"accept-Encoding: gzip", b"Accept-Encoding: br", b"X: 1"]
    assert asking_for_identity(lines) == [b"Accept: */*", b"X: 1", b"Accept-Encoding: identity"]


def test_a_personal_answer_loses_validators_and_cache_rules() -> None:
    headers = (
        (b"Content-Type", b"application/json"),
        (b"ETag", b'"1"'),
        (b"Last-Modified", b"Thu, 01 Jan 1970 00:00:00 GMT"),
        (b"Content-MD5", b"x"),
        (b"Repr-Digest", b"x"),
        (b"Content-Encoding", b"gzip"),
        (b"Content-Length", b"9"),
        (b"Cache-Control", b"public, max-age=60"),
        (b"CDN-Cache-Control", b"max-age=60"),
        (b"Surrogate-Control", b"max-age=60"),
        (b"X-Accel-Expires", b"60"),
        (b"Pragma", b"cache"),
        (b"Expires", b"0"),
        (b"Age", b"3"),
        (b"Vary", b"Accept, Origin"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
    )
    assert personal(headers, NONE) == [
        b"Content-Type: application/json",
        b"Vary: Accept, Origin",
        b"Set-Cookie: a=1",
        b"Set-Cookie: b=2",
        b"Cache-Control: private, no-store",
    ]
