"""The contract class: nothing of it can be left out in silence."""

import dataclasses
import unittest

import pytest

from saccade.testing import PORT_CHECKS, AdapterContract, Samples, Subject
from saccade.testing.checks import Check
from saccade_gateway.testing import CHECKS, ServedContract
from saccade_sap_occ import factory
from saccade_sap_occ.samples import samples

BY_ID = {one.id: one for one in CHECKS}


class Good(AdapterContract):
    """Not collected by its name."""

    subject = Subject(factory, samples)


class Empty(AdapterContract):
    """It shows nothing of its platform."""

    subject = Subject(
        factory,
        lambda _: Samples(tenant={"platform_site": "x"}, exempt={"merge.*": ""}),
    )


def test_a_check_that_is_kept_passes_and_one_that_is_exempt_says_why() -> None:
    Good().test_exemptions()
    Good().test_check(BY_ID["merge.superset"])
    with pytest.raises(unittest.SkipTest, match="exempt: Commerce signs no webhook"):
        Good().test_check(BY_ID["delivery.forged"])


def test_a_check_that_breaks_says_what_to_mend() -> None:
    with pytest.raises(AssertionError, match=r"(?s)call\.decided \(R35\).*fix:\s+add it"):
        Empty().test_check(BY_ID["call.decided"])
    with pytest.raises(AssertionError, match=r"samples\.exempt\['merge\.\*'\]"):
        Empty().test_exemptions()


def test_the_served_contract_is_the_whole_certificate() -> None:
    assert tuple(ServedContract.checks) == CHECKS
    assert set(PORT_CHECKS) < set(CHECKS)


def test_a_contract_that_leaves_a_check_out_is_no_contract() -> None:
    fewer: tuple[Check, ...] = tuple(one for one in CHECKS if one.id != "merge.superset")
    with pytest.raises(TypeError, match=r"leaves out or replaces \['merge.superset'\]"):
        type("Fewer", (ServedContract,), {"checks": fewer})


def test_a_contract_that_replaces_a_check_is_no_contract() -> None:
    async def runs(_: Subject) -> None:
        """It looks at nothing."""

    easy = dataclasses.replace(BY_ID["merge.superset"], run=runs)
    checks = tuple(easy if one.id == easy.id else one for one in CHECKS)
    with pytest.raises(TypeError, match=r"leaves out or replaces \['merge.superset'\]"):
        type("Easy", (ServedContract,), {"checks": checks})


@pytest.mark.parametrize("name", ["test_check", "test_exemptions", "pytest_generate_tests"])
def test_a_contract_that_overrides_the_test_is_no_contract(name: str) -> None:
    with pytest.raises(TypeError, match=f"overrides the contract's own {name}"):
        type("Other", (AdapterContract,), {name: lambda: None})
    mixed_in = type("MixedIn", (), {name: lambda: None})
    with pytest.raises(TypeError, match=f"overrides the contract's own {name}"):
        type("Other", (mixed_in, ServedContract), {})


class TestAsPytestRunsIt(Good):
    """Collected: one test a check, under the check's id."""

    def test_it_is_named_after_its_check(self, request: pytest.FixtureRequest) -> None:
        ids = [item.name for item in request.session.items if item.parent is request.node.parent]
        assert "test_check[merge.superset]" in ids
        assert len([name for name in ids if name.startswith("test_check[")]) == len(PORT_CHECKS)
