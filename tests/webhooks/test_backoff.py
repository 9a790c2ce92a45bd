"""When a delivery is tried again."""

from saccade_webhooks.backoff import ATTEMPTS, JITTER_S, Backoff
from saccade_webhooks.claiming import LONGEST_WAIT_S


def test_waits_double_up_to_the_longest_and_end() -> None:
    backoff = Backoff()
    waits = [backoff.after(attempt) for attempt in range(1, ATTEMPTS)]
    for number, wait in enumerate(waits):
        assert wait is not None
        shortest = min(LONGEST_WAIT_S, 2.0 * 2**number)
        assert shortest <= wait <= min(LONGEST_WAIT_S, shortest + JITTER_S)
    assert 3_600 < sum(wait or 0.0 for wait in waits) < 5_400
    assert backoff.after(ATTEMPTS) is None
