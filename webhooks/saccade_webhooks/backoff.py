"""When a delivery is tried again, and when it is given up."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tenacity import RetryCallState, Retrying, wait_exponential, wait_random

from saccade_webhooks.claiming import LONGEST_WAIT_S

FIRST_S, JITTER_S = 2.0, 2.0
ATTEMPTS = 12
"""Over about 70 minutes; then it is a dead letter, to be replayed (F29)."""
SOON_S = 5.0
"""A store of our own that is away is asked again after about this time, for as long as it is."""

Wait = Callable[[RetryCallState], float]


def _doubling() -> Wait:
    return wait_exponential(FIRST_S, LONGEST_WAIT_S) + wait_random(0.0, JITTER_S)


@dataclass(frozen=True, slots=True)
class Backoff:
    """``wait`` is tenacity's; the state it looks at is kept with the delivery, not in a loop."""

    attempts: int = ATTEMPTS
    wait: Wait = field(default_factory=_doubling)
    soon_s: float = SOON_S

    def after(self, attempt: int) -> float | None:
        """Seconds until the next try after this many failed; ``None``: no more."""
        if attempt >= self.attempts:
            return None
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        return min(float(self.wait(state)), LONGEST_WAIT_S)
