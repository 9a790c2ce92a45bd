"""Shopify's checklist has 24 points: each has tests that say which, themselves and not their file.

A number counts where it stands in a test's name, in its docstring or in a comment inside it.
"""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[2]
NAMED = re.compile(r"test_shopify((?:_\d+)+)_")
TOLD = re.compile(r"Shopify ((?:\d+(?:, )?)+)")


def cited(source: str) -> set[int]:
    """The points that tests of a file cite."""
    found: set[int] = set()
    if "shopify" not in source.lower():
        return found
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name[:5] == "test_":
            numbers = NAMED.findall(node.name)
            numbers += TOLD.findall("\n".join(lines[node.lineno - 1 : node.end_lineno]))
            found.update(int(one) for some in numbers for one in re.findall(r"\d+", some))
    return found


def test_every_point_is_cited() -> None:
    files = [path for path in TESTS.rglob("test_*.py") if path != Path(__file__)]
    found = set[int]().union(*(cited(path.read_text("utf-8")) for path in files))
    assert sorted(set(range(1, 25)) - found) == []


def test_a_citation_is_a_tests_own() -> None:
    said = '''"""Shopify 1."""
# Shopify 2
async def test_shopify_12_15_x() -> None:  # R1; Shopify 3, 24
    """Shopify 5: x."""
def helper() -> None:
    """Shopify 7."""
def test_shopify_x() -> None: ...
'''
    assert cited(said) == {3, 5, 12, 15, 24}
