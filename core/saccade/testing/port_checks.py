"""Every check that needs no platform: the ports are pure, so nothing is called."""

from saccade.testing.apart import APART
from saccade.testing.calls import CALLS
from saccade.testing.checks import Check
from saccade.testing.consenting import CONSENTING
from saccade.testing.delivering import DELIVERING
from saccade.testing.merging import MERGING
from saccade.testing.observing import OBSERVING

PORT_CHECKS: tuple[Check, ...] = (
    *CALLS,
    *MERGING,
    *CONSENTING,
    *OBSERVING,
    *DELIVERING,
    *APART,
)
