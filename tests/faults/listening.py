"""A listener of the suite's own: the conformance kit's, by the name tests know it by."""

from saccade_gateway.testing.listening import (
    Serve,
    listening,
)

__all__ = [
    "Serve",
    "listening",
]
