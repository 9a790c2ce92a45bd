"""JSON, zip and regex bombs: caps before parsing, and no pattern that a stranger can slow down."""

import ast
import gzip
import importlib
import inspect
import itertools
import pkgutil
import re
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

import saccade
import saccade_gateway
import saccade_generic_rest
import saccade_sap_occ
import saccade_server
from faults import upstream as up
from faults.bombs import bomb
from faults.page import page_path
from security.controls import proves

UNFOLDED = 64 << 20
BOMB = bomb(b'{"a":"', b"a" * (1 << 20), UNFOLDED >> 20, b'"}')


async def test_a_small_answer_does_not_unfold_to_gigabytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # F13
    async with page_path(up.json(BOMB, (b"Content-Encoding", b"gzip"))) as page:

        async def run() -> bool:
            tracemalloc.start()
            try:
                await page.get()
                return tracemalloc.get_traced_memory()[1] > 32 << 20
            finally:
                tracemalloc.stop()

        def whole(body: bytes, limit: int) -> bytes:
            del limit
            return gzip.decompress(body)

        await proves(monkeypatch, run, ("saccade_gateway.collecting.inflated", whole))


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_large_answer_is_not_parsed(chunked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"a":"' + b"a" * (5 << 20) + b'"}'
    script = up.chunked(body) if chunked else up.json(body)
    async with page_path(script) as page:

        async def run() -> bool:
            answer = await page.get()
            assert answer.complete
            return answer.body != body

        await proves(monkeypatch, run, ("saccade_gateway.collecting.MERGE_LIMIT", 1 << 40))


async def test_deep_json_passes_as_it_came() -> None:  # F12
    body = b"[" * 100_000 + b"]" * 100_000
    for deep in (body, b'{"a":' + body + b"}"):
        async with page_path(up.json(deep)) as page:
            answer = await page.get()
            assert (answer.status, answer.body) == (200, deep)


# --- patterns -----------------------------------------------------------------------------------

LONG = 32_768
"""Bytes of the longest line anybody may send (`saccade_gateway.serving`)."""

UNITS = (
    *("a", " ", ";", "&", "=", "%", ",", ".", "/", "-", "0", '"', "\t", "(", "a=", "; ", "a,"),
    *("saccade_session=", ";saccade_session=", "; ", "%2", "%28", "fields=", "&fields=", "lang="),
)
TAILS = ("", "!", "\x00", "=", "\n")
PATIENCE_S = 0.25


SEARCHING = frozenset({"search", "findall", "finditer", "sub", "subn", "split"})
"""Methods that begin at every place of a text; the others begin at its first."""

OURS = (saccade, saccade_gateway, saccade_generic_rest, saccade_sap_occ, saccade_server)

Pattern = re.Pattern[Any]  # Any: of text or of bytes


def patterns() -> Iterator[tuple[str, Pattern, bool]]:
    """Every pattern our modules keep, and whether it is searched for or matched from the start."""
    for package in OURS:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            uses = called(inspect.getsource(module))
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    methods = uses.get(name, set())
                    yield f"{found.name}.{name}", value, not methods or bool(methods & SEARCHING)


def called(source: str) -> dict[str, set[str]]:
    """Methods called on plain names."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return found


def slowest(pattern: Pattern, length: int, *, searched: bool) -> float:
    """Seconds of the worst use on a line of one repeated unit; ends at the first too slow one."""
    worst = 0.0
    for unit, tail in itertools.product(UNITS, TAILS):
        text = (unit * length)[:length] + tail
        given = text.encode() if isinstance(pattern.pattern, bytes) else text
        started = time.process_time()
        if searched:
            pattern.search(given)
        else:
            pattern.match(given)
        worst = max(worst, time.process_time() - started)
        if worst > PATIENCE_S:
            break
    return worst


@pytest.mark.parametrize("length", [LONG // 32, pytest.param(LONG, marks=pytest.mark.full)])
def test_no_pattern_of_ours_is_slow_on_a_long_line(length: int) -> None:
    """No use of one costs more than `PATIENCE_S`."""
    found = list(patterns())
    assert len(found) > 15
    slow = {
        name: took
        for name, pattern, searched in found
        if (took := slowest(pattern, length, searched=searched)) > PATIENCE_S
    }
    assert slow == {}


def test_a_slow_pattern_would_be_found() -> None:
    assert slowest(re.compile(r"\s+x"), 16_000, searched=True) > PATIENCE_S
