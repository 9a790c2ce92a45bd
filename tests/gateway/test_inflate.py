"""F13: gzip is taken apart under a cap."""

import gzip
import tracemalloc
import zlib

import pytest

from saccade_gateway.inflate import inflated

BODY = b'{"code":"816324"}'


def test_unfolds_one_member() -> None:
    assert inflated(gzip.compress(BODY, mtime=0), 1_000) == BODY
    assert inflated(gzip.compress(b"", mtime=0), 1_000) == b""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        BODY,
        gzip.compress(BODY, mtime=0)[:-3],
        gzip.compress(BODY, mtime=0) + b"x",
        gzip.compress(BODY, mtime=0) + gzip.compress(BODY, mtime=0),
        gzip.compress(BODY, mtime=0)[:-8] + b"\0" * 8,
        zlib.compress(BODY),
    ],
)
def test_anything_else_is_broken(body: bytes) -> None:
    assert inflated(body, 1_000) is None


def test_the_limit_is_exact() -> None:
    assert inflated(gzip.compress(b"x" * 1_000, mtime=0), 1_000) == b"x" * 1_000
    assert inflated(gzip.compress(b"x" * 1_001, mtime=0), 1_000) is None


@pytest.mark.parametrize("said", [64 << 20, 1])
def test_a_bomb_costs_no_more_than_the_limit(said: int) -> None:
    # Whatever length it says it has: one that says a small one is taken apart up to the limit.
    bomb = gzip.compress(bytes(64 << 20))[:-4] + said.to_bytes(4, "little")
    limit = 2 << 20
    tracemalloc.start()
    try:
        assert inflated(bomb, limit) is None
        assert tracemalloc.get_traced_memory()[1] < 3 * limit
    finally:
        tracemalloc.stop()


def test_a_member_that_says_it_is_too_long_is_not_taken_apart() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    tracemalloc.start()
    try:
        assert inflated(bomb, 2 << 20) is None
        assert tracemalloc.get_traced_memory()[1] < 64 << 10
    finally:
        tracemalloc.stop()
