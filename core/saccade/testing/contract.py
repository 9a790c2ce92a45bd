"""The contract as a pytest class: one test a check. pytest itself is not imported."""

import asyncio
import unittest
from collections.abc import Sequence
from typing import Any, ClassVar

from saccade.testing.certificate import exemptions
from saccade.testing.checks import Check, Outcome, Result, examine, exemption
from saccade.testing.port_checks import PORT_CHECKS
from saccade.testing.subject import Subject


class AdapterContract:
    """What every adapter must do, whatever its platform (R35). Adopt it with a subject:

    class TestMyShop(AdapterContract):
        subject = Subject(factory, samples)

    A check that cannot hold is exempt in ``samples``, with the reason; checks may be added here,
    and none may be left out.
    """

    subject: ClassVar[Subject]
    checks: ClassVar[Sequence[Check]] = PORT_CHECKS

    def __init_subclass__(cls, **options: Any) -> None:
        """Raises TypeError where a subclass leaves out what it inherits."""
        super().__init_subclass__(**options)
        inherited = {one for parent in cls.__mro__[1:] for one in vars(parent).get("checks", ())}
        missing = sorted({one.id for one in inherited - set(cls.checks)})
        if missing:
            raise TypeError(
                f"{cls.__name__} leaves out or replaces {missing}: exempt them in samples, say why"
            )
        for name in ("test_check", "test_exemptions", "pytest_generate_tests"):
            if getattr(cls, name) is not vars(AdapterContract)[name]:
                raise TypeError(f"{cls.__name__} overrides the contract's own {name}")

    def pytest_generate_tests(self, metafunc: Any) -> None:  # Any: pytest is not imported here
        """One test a check."""
        if "contract_check" in metafunc.fixturenames:
            metafunc.parametrize("contract_check", self.checks, ids=[one.id for one in self.checks])

    def test_exemptions(self) -> None:
        """See `saccade.testing.certificate.exemptions`."""
        _hold(exemptions(self.subject, self.checks))

    def test_check(self, contract_check: Check) -> None:
        """The rule is kept, or the adapter says why it cannot be."""
        reason = exemption(self.subject, contract_check)
        if reason is not None:
            raise unittest.SkipTest(f"exempt: {reason}")
        _hold(asyncio.run(examine(self.subject, contract_check)))


def _hold(result: Result) -> None:
    if result.outcome is Outcome.BROKEN:
        raise AssertionError(
            f"{result.id} ({result.rule}): {result.title}\n"
            f"  request:  {result.request}\n"
            f"  expected: {result.expected}\n"
            f"  got:      {result.got}\n"
            f"  fix:      {result.fix}"
        )
