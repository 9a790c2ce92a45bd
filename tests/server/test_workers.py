"""A worker's place in the crew: a death at start is waited out ever longer."""

from saccade_server.workers import FIRST_REST_S, LONGEST_REST_S, PROVEN_S, Worker


def rests(*lives_s: float) -> list[float]:
    """How long the place rests after each life."""
    worker, now = Worker(0), 0.0
    found: list[float] = []
    for life in lives_s:
        worker.since = now
        now += life
        worker.died(now)
        assert worker.due == now + worker.rest
        assert worker.process is None
        found.append(worker.rest)
    return found


def test_rests_double_up_to_a_bound() -> None:
    assert rests(*[0.1] * 4) == [0.5, 1.0, 2.0, 4.0]
    assert rests(*[0.1] * 20)[-1] == LONGEST_REST_S


def test_a_worker_that_lived_long_is_replaced_soon() -> None:
    assert rests(0.1, 0.1, 0.1, PROVEN_S, 0.1)[3:] == [FIRST_REST_S, 2 * FIRST_REST_S]
