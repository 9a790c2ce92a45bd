"""docs/write-an-adapter.md as a program: its commands, and the code it fills templates with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "write-an-adapter.md"

_BLOCK = re.compile(
    r"^(?:In `(?P<file>[^`\n]+)`(?:, \*(?P<region>\w+)\*)?:\n\n)?"
    r"```(?P<kind>python|json|console)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_FAILS = re.compile(r"# exits with (\d)")


@dataclass(frozen=True, slots=True)
class Command:
    """A line that is typed, and the exit code the guide says it has."""

    line: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class Fill:
    """Code for one region of a file."""

    file: str
    region: str
    code: str

    def apply(self, package: Path) -> None:
        """Put it in the place of what stands there."""
        path = package / self.file
        before = path.read_text("utf-8")
        region = re.compile(rf"# --- fill in: {self.region} ---\n.*?# --- end ---\n", re.DOTALL)
        after, count = region.subn(lambda _: self.code, before)
        assert count == 1, f"{self.file} has {count} regions called {self.region}"
        path.write_text(after, "utf-8")

    @property
    def lines(self) -> int:
        """Of code, without blank lines and docstrings of a line."""
        kept = [line.strip() for line in self.code.splitlines()]
        return sum(bool(line) and not line.startswith('"""') for line in kept)


@dataclass(frozen=True, slots=True)
class Save:
    """A file of the reader's own."""

    file: str
    text: str

    def apply(self, folder: Path) -> None:
        """Write it there."""
        (folder / self.file).write_text(self.text, "utf-8")


def steps() -> Iterator[Command | Fill | Save]:
    """What the guide does, in its order."""
    for block in _BLOCK.finditer(GUIDE.read_text("utf-8")):
        if block["kind"] == "console":
            for line in block["text"].splitlines():
                assert line.startswith("$ "), line
                says = _FAILS.search(line)
                yield Command(line[2:], int(says[1]) if says else 0)
        elif block["kind"] == "json":
            yield Save(block["file"], block["text"])
        elif block["file"]:
            yield Fill(block["file"], block["region"], block["text"])


def fills() -> list[Fill]:
    """The code alone."""
    return [step for step in steps() if isinstance(step, Fill)]
