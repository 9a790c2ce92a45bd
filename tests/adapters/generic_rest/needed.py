"""What a mapping of each set in ``evidence`` needs, as ``evidence/needed.toml`` says it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EVIDENCE = Path(__file__).parent / "evidence"

Needed = Mapping[str, tuple[str, ...]]
"""By key, what is right: any of these."""

_SAID: dict[str, dict[str, Any]] = tomllib.loads((EVIDENCE / "needed.toml").read_text("utf-8"))


def _any(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


SETS: Mapping[str, Needed] = {
    name: {key: _any(value) for key, value in said["needed"].items()}
    for name, said in _SAID.items()
}
HELD_OUT = tuple(SETS)[-1]
"""What is right of this one was never worked on; how much of it is doubtful was."""
