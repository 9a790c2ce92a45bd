"""What the fault tests saw: `fault_report` collects it, `dev.py bench faults` prints the table.

A record travels as a property of its test, which pytest carries from its workers into its JUnit
file; nothing here asserts anything.
"""

import json
from typing import Protocol

import pytest

PROPERTY = "fault"


class FaultReport(Protocol):
    """Keeps what a test saw of one fault."""

    def __call__(
        self, fault: str, *, broken: int, added_ms: float | None, runs: int, load: bool = False
    ) -> None:
        """``runs`` pages asked, ``broken`` of them against the page contract (FAULTS.md, P).

        ``added_ms``: the worst wait a page had beyond the same call made directly; ``None``
        where that call would never end. ``load``: whether others were asked for at the same time.
        """


@pytest.fixture
def fault_report(request: pytest.FixtureRequest) -> FaultReport:
    """Called as often as a test likes; a folder gets it by importing it into its conftest.py."""

    def report(
        fault: str, *, broken: int, added_ms: float | None, runs: int, load: bool = False
    ) -> None:
        assert runs > 0, "a fault nobody met tells nothing"
        added = None if added_ms is None else round(added_ms, 1)
        record = {"broken": broken, "added_ms": added, "runs": runs, "load": load}
        request.node.user_properties.append((PROPERTY, json.dumps({"fault": fault, **record})))

    return report
