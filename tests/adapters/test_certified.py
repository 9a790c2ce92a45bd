"""Every adapter that is installed is certified, and so are the lab's (R35, R36).

The reasons for what is exempt are the adapters' own, in their ``samples``.
"""

import pytest

from saccade.testing import Subject, certify
from saccade.testing.certificate import Certificate
from saccade_demo.storefronts.platform import factory as page_factory
from saccade_demo.storefronts.samples import samples as page_samples
from saccade_gateway.testing import CHECKS
from saccade_server.certifying import subject
from saccade_server.tenancy import adapter_names


def told(found: Certificate) -> str:
    """What broke, as a failing test shows it."""
    return "\n".join(
        f"{one.id} ({one.rule}) {one.request}: expected {one.expected}, got {one.got}{one.reason}"
        for one in found.results
        if one.outcome in {"broken", "blocked"}
    )


def test_there_are_adapters() -> None:
    assert "sap_occ" in adapter_names()


@pytest.mark.parametrize("name", adapter_names())
async def test_an_installed_adapter_is_certified(name: str) -> None:
    found = await certify(subject(name), CHECKS)
    assert found.passed, told(found)
    assert found.adapter == name
    assert len(found.results) == len(CHECKS) + 1


async def test_the_labs_page_is_certified() -> None:
    found = await certify(Subject(page_factory, page_samples), CHECKS)
    assert found.passed, told(found)
