"""R38: one key more, every byte of the platform's kept."""

import json
import random
from typing import Any, cast

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saccade_gateway.splice import splice

VALUE = b'{"mode":"hesitating"}'

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner)
    ),
    max_leaves=12,
)
objects = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda k: k != "saccade"),
    values,
    max_size=6,
)


def spaced(value: object, rng: random.Random, *, ascii_only: bool) -> str:
    """JSON with random white space wherever the grammar allows it."""

    def gap() -> str:
        return "".join(rng.choices(" \t\n\r", k=rng.randrange(3)))

    def write(item: object) -> str:
        if isinstance(item, dict):
            fields = cast("dict[str, object]", item)
            pairs = [f"{gap()}{write(key)}{gap()}:{write(fields[key])}" for key in fields]
            inner = ",".join(pairs) or gap()
            return f"{gap()}{{{inner}}}{gap()}"
        if isinstance(item, list):
            inner = ",".join(write(one) for one in cast("list[object]", item)) or gap()
            return f"{gap()}[{inner}]{gap()}"
        return f"{gap()}{json.dumps(item, ensure_ascii=ascii_only)}{gap()}"

    return write(value)


@given(objects, st.integers(), st.booleans())
def test_adds_our_key_and_keeps_every_byte(
    document: dict[str, Any], seed: int, ascii_only: bool
) -> None:
    body = spaced(document, random.Random(seed), ascii_only=ascii_only).encode()
    merged = splice(body, "saccade", VALUE)
    parsed = json.loads(merged)
    assert parsed.pop("saccade") == json.loads(VALUE)
    assert parsed == json.loads(body)
    assert list(json.loads(merged)) == [*json.loads(body), "saccade"]
    inserted = (b"," if document else b"") + b'"saccade":' + VALUE
    assert merged.count(inserted) >= 1
    start = merged.rindex(inserted)
    assert merged[:start] + merged[start + len(inserted) :] == body


@given(st.binary(max_size=200))
def test_never_raises_whatever_comes(body: bytes) -> None:
    merged = splice(body, "saccade", VALUE)
    assert merged is body or msgspec.json.decode(merged)["saccade"] == {"mode": "hesitating"}


@example({"0": 1.7976931348600001e308}, 19, b"3")
@given(objects, st.integers(min_value=0), st.binary(min_size=1, max_size=1))
def test_a_damaged_body_is_left_or_is_still_json(
    document: dict[str, Any], position: int, byte: bytes
) -> None:
    whole = json.dumps(document).encode()
    at = position % len(whole)
    body = whole[:at] + byte + whole[at + 1 :]
    merged = splice(body, "saccade", VALUE)
    if merged is not body:
        # json, not msgspec: a number beyond what a float holds is JSON all the same
        assert set(json.loads(merged)) == set(json.loads(body)) | {"saccade"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"[]",
        b'"text"',
        b"null",
        b"12",
        b"{",
        b"}",
        b'{"a":1',
        b'{"a":1}}',
        b'{"a":1} x',
        b'{"a":1}{"b":2}',
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":{"b":Infinity}}',
        b'{"a":01}',
        b'{"a":"\\x"}',
        b'{"a":"\x01"}',
        b'{"a":1}\x00',
        b"\xef\xbb\xbf" + b'{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xff"}',
        b'{"a":{"b":"\xe9"}}',
        b'{"a":"\\ud800"}',
        b'{"saccade":1}',
        b'{"a":1,"saccade":{"mode":"default"}}',
        b'{"s\\u0061ccade":1}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_plain_object_passes_as_it_came(body: bytes) -> None:
    assert splice(body, "saccade", VALUE) is body  # F12


@pytest.mark.parametrize(
    ("body", "merged"),
    [
        (b"{}", b'{"k":1}'),
        (b" { } \n", b' { "k":1} \n'),
        (b'{"a":1}', b'{"a":1,"k":1}'),
        (b'{"a":1\n}\r\n', b'{"a":1\n,"k":1}\r\n'),
        (b'{"a":{"k":2}}', b'{"a":{"k":2},"k":1}'),
        (b'{"a":1e400}', b'{"a":1e400,"k":1}'),
        (b'{"a":' + b"9" * 500 + b"}", b'{"a":' + b"9" * 500 + b',"k":1}'),
        (b'{"a":0.10000000000000000001}', b'{"a":0.10000000000000000001,"k":1}'),
        (b'{"a":"}\\"}"}', b'{"a":"}\\"}","k":1}'),
        (b'{"a":1,"a":2}', b'{"a":1,"a":2,"k":1}'),
        ('{"ä":"€"}'.encode(), '{"ä":"€","k":1}'.encode()),
    ],
)
def test_places_the_key_before_the_last_brace(body: bytes, merged: bytes) -> None:
    assert splice(body, "k", b"1") == merged
