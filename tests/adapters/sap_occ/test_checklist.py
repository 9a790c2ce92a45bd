"""The checklist of a middleware before OCC has 24 points: each has a test that cites its number."""

import re
from pathlib import Path

HERE = Path(__file__).parent
CITED = re.compile(r"def test_occ_(\d+)_|OCC (\d+)\b")


def cited(text: str) -> set[int]:
    """The points a test file cites: in a test's name, its docstring or beside it."""
    return {int(name or told) for name, told in CITED.findall(text)}


def test_every_point_is_cited() -> None:
    files = [path for path in HERE.glob("test_*.py") if path != Path(__file__)]
    found = set[int]().union(*(cited(path.read_text("utf-8")) for path in files))
    assert set(range(1, 25)) - found == set()


def test_a_citation_is_read_by_its_whole_number() -> None:
    assert cited("async def test_occ_12_hops(): ...\n    # OCC 2, R60") == {12, 2}
    assert cited("def test_occ_x(): 'OCC twelve'") == set()
