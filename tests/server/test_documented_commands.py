"""Every command of ours that a document names is one, and has the options it is given there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from saccade_server.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "deploy").glob("*.md")),
    *(
        one
        for one in sorted((ROOT / "adapters").glob("**/*.md"))
        if "node_modules" not in one.parts
    ),
)
_NAMED = re.compile(
    r"^(?:\$ )?(?:[A-Z_]+=\S+ )*saccade ([a-z].*)$|`saccade ([a-z][^`]*)`", re.MULTILINE
)


def named(text: str) -> Iterator[list[str]]:
    """The words of each, up to a comment or another program."""
    for typed, quoted in _NAMED.findall(text):
        yield re.split(r" [#&|>\\]| *$", typed or quoted)[0].split()


def wrong(words: list[str]) -> str | None:
    """What of it there is not."""
    command = get_command(app)
    while words and (inner := getattr(command, "commands", None)):
        for name in words[0].split("|"):
            if name not in inner:
                return name
        command, words = inner[words[0].split("|")[0]], words[1:]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    given = {word.split("=")[0] for word in words if word.startswith("--")}
    return next(iter(sorted(given - options - {"--help"})), None)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_commands_there_are(path: Path) -> None:
    found = [(words, wrong(words)) for words in named(path.read_text("utf-8"))]
    assert [one for one in found if one[1] is not None] == []


def test_commands_are_found_in_documents() -> None:
    found = [" ".join(one) for one in named("$ saccade serve --x   # y\n`saccade tenant add a`\n")]
    assert found == ["serve --x", "tenant add a"]
    assert [wrong(one.split()) for one in (*found, "explain ID")] == ["--x", None, "explain"]
