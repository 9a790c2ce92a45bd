"""Pickle and its kin: none. Patterns: none that a merchant or a shopper wrote."""

import ast
from pathlib import Path

import pytest

from security.sources import ROOT, compiled, is_ours, known, sources, unsafe

REVIEWED = {
    "adapters/generic_rest/saccade_generic_rest/templates.py": (
        "segments: escaped text, and names in braces that hold small letters alone"
    ),
    "demo/saccade_demo/shopify/liquid.py": "tag: one of FORBIDDEN, which is of that file",
    "core/saccade/identity.py": "name: the two callers give constants of that file",
}
"""Files with a pattern made of an argument, and why it is ours all the same."""


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_nothing_turns_data_into_code() -> None:
    files = list(sources())
    assert len(files) > 80
    found = {relative(path): unsafe(path.read_text("utf-8")) for path in files}
    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.numpy_pickle",
        "x = eval(y)",
        "np.load(f, allow_pickle=True)",
        "np.load(f, allow_pickle=flag)",
        "import yaml\nyaml.load(text, yaml.Loader)",
        "from yaml import unsafe_load",
    ],
)
def test_it_would_be_found(text: str) -> None:
    assert unsafe(text)


def test_every_pattern_is_written_here() -> None:
    foreign: dict[str, list[str]] = {}
    for path in sources():
        text = path.read_text("utf-8")
        names = known(text)
        theirs = [ast.unparse(one) for one in compiled(text) if not is_ours(one, names)]
        if theirs and relative(path) not in REVIEWED:
            foreign[relative(path)] = theirs
    assert foreign == {}


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("re.compile('a+')", True),
        ("site = re.escape(given)\nre.compile(rf'/{site}/')", True),
        ("re.compile(rf'/{re.escape(given)}/')", True),
        ("re.compile(given)", False),
        ("re.search(tenant.pattern, text)", False),
        ("re.compile(rf'/{given}/')", False),
        ("re.match('a' + given, text)", False),
    ],
)
def test_a_foreign_pattern_would_be_found(text: str, ours: bool) -> None:
    (pattern,) = compiled(text)
    assert is_ours(pattern, known(text)) is ours
