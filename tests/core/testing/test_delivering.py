"""What the kit makes of a good delivery is always another one."""

import hashlib

import pytest

from making import tenant
from saccade.testing.delivering import _altered, _forgeries
from saccade.testing.samples import Sent


@pytest.mark.parametrize("number", range(64))
def test_a_forgery_is_one_in_whatever_case_hexadecimal_is_read(number: int) -> None:
    digest = hashlib.sha256(bytes([number])).hexdigest()
    assert all(value.lower() != digest for _, value in _altered(digest))


def test_each_part_that_is_signed_is_forged() -> None:
    sent = Sent(
        headers={"x-sig": "ab", "x-time": "1", "x-free": "y"},
        body=b"{}",
        signed=("x-sig", "x-time"),
    )
    made = [one for _, one in _forgeries(tenant(), (sent,))]
    assert all((one.headers, one.body) != (sent.headers, sent.body) for one in made)
    assert {one.body for one in made} > {b"", b"{} ", b"{}"}
    for name in sent.signed:
        assert any(name not in one.headers for one in made)
        assert any(one.headers.get(name) not in {None, sent.headers[name]} for one in made)
    assert all(one.headers["x-free"] == "y" for one in made if one.headers)
    assert [one.body for one in made if not one.headers] == [sent.body]
