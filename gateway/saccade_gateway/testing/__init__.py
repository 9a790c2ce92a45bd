"""The conformance kit's other half: what needs the page path, run by the real gateway.

A scripted platform on loopback stands in for the real one; see `saccade.testing` for the rest.
"""

from collections.abc import Sequence
from typing import ClassVar

from saccade.testing import PORT_CHECKS, AdapterContract
from saccade.testing.checks import Check
from saccade_gateway.testing.catalogs import CATALOGS
from saccade_gateway.testing.chaos import CHAOS
from saccade_gateway.testing.pages import PAGES

__all__ = ["CHECKS", "ServedContract"]

CHECKS: tuple[Check, ...] = (*PORT_CHECKS, *CATALOGS, *PAGES, *CHAOS)
"""All of them, in the order in which one rests on another."""


class ServedContract(AdapterContract):
    """The whole certificate as a pytest class: `AdapterContract`, and pages on real sockets."""

    checks: ClassVar[Sequence[Check]] = CHECKS
