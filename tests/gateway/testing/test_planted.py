"""The kit finds what it is meant to find: every planted bug fails one check, and no other.

Bugs that show on the ports are looked for by the checks over ports, here and at once; all of them
by the whole kit in the full run.
"""

from collections.abc import Sequence

import pytest

from gateway.testing.corner import Corner, corner
from gateway.testing.planted import PLANTED, Planted, as_it_is, by_its_topic, planted
from saccade.testing import PORT_CHECKS, Subject, certify
from saccade.testing.certificate import Certificate
from saccade.testing.checks import Check, Outcome
from saccade_gateway.testing import CHECKS
from saccade_gateway.testing.catalogs import CATALOGS


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """The adapter of the guide."""
    return corner(tmp_path_factory.mktemp("corner"))


def broken(found: Certificate) -> dict[str, str]:
    """Ids of the checks that broke, and what was got."""
    return {one.id: one.got for one in found.results if one.outcome is Outcome.BROKEN}


async def test_the_good_adapter_breaks_nothing(good: Corner) -> None:
    found = await certify(Subject(good.factory, good.samples), CHECKS)
    assert broken(found) == {}
    assert found.counts == {Outcome.KEPT: len(CHECKS) + 1}


@pytest.mark.parametrize(
    ("checks", "name"),
    [
        (checks, name)
        for name, (id_, _) in PLANTED.items()
        for checks in (PORT_CHECKS, CATALOGS)
        if id_ in {one.id for one in checks}
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_bug_on_the_ports_fails_its_check_alone(
    good: Corner, checks: Sequence[Check], name: str
) -> None:
    expected, _ = PLANTED[name]
    found = await certify(Subject(planted(good.factory, name), good.samples), checks)
    assert list(broken(found)) == [expected], broken(found)
    assert not found.passed


@pytest.mark.full
@pytest.mark.parametrize("name", PLANTED)
async def test_a_bug_fails_its_check_alone(good: Corner, name: str) -> None:
    expected, _ = PLANTED[name]
    found = await certify(Subject(planted(good.factory, name), good.samples), CHECKS)
    assert list(broken(found)) == [expected], broken(found)
    result = next(one for one in found.results if one.id == expected)
    assert result.rule
    assert result.request
    assert result.expected
    assert result.got
    assert result.fix


async def test_who_is_claimed_may_not_raise(good: Corner) -> None:
    factory = Planted(good.factory, as_it_is, by_its_topic)
    found = await certify(Subject(factory, good.samples), PORT_CHECKS)
    assert list(broken(found)) == ["delivery.claimed"]


def test_every_family_has_a_bug() -> None:
    families = {one.id.partition(".")[0] for one in CHECKS}
    assert {id_.partition(".")[0] for id_, _ in PLANTED.values()} == families
    assert len(PLANTED) >= 12
