"""docs/certificate.md: every check there is, as its code says it, and no other."""

import re
from pathlib import Path

import msgspec

from saccade.testing import Certificate
from saccade.testing.checks import PATIENCE_S, Outcome, Result
from saccade_gateway.testing import CHECKS

PAGE = (Path(__file__).parents[3] / "docs" / "certificate.md").read_text("utf-8")


def test_every_check_is_told_in_its_own_words() -> None:
    told = re.findall(r"^\| `([\w.]+)` \| (.*?) \| (.*?) \| (.*) \|$", PAGE, re.MULTILINE)
    assert told == [(one.id, one.rule, one.title, one.fix) for one in CHECKS]
    assert f"## The {len(CHECKS)} checks\n" in PAGE


def test_every_field_of_the_json_and_every_outcome_is_told() -> None:
    fields = [one.name for kind in (Certificate, Result) for one in msgspec.structs.fields(kind)]
    for name in fields:
        assert f"`{name}`" in PAGE, name
    for outcome in Outcome:
        assert outcome.value in PAGE
    assert f"more than {PATIENCE_S:.0f} s" in PAGE
