"""Rates: one a second with bursts of five, in bounded memory (security table: beacon floods)."""

from saccade_server.buckets import Buckets


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_of_five_then_one_a_second() -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)
    assert [buckets.take("s") for _ in range(5)] == [0.0] * 5
    assert buckets.take("s") == 1.0
    clock.now += 0.25
    assert buckets.take("s") == 0.75
    clock.now += 0.75
    assert buckets.take("s") == 0.0
    assert buckets.take("s") > 0.0


def test_rest_refills_to_the_burst_and_no_further() -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)
    for _ in range(5):
        buckets.take("s")
    clock.now += 3_600.0
    assert [buckets.take("s") for _ in range(6)] == [0.0] * 5 + [1.0]


def test_sessions_do_not_share() -> None:
    buckets = Buckets(clock=Clock())
    for _ in range(6):
        buckets.take("loud")
    assert buckets.take("quiet") == 0.0


def test_the_table_is_bounded_and_keeps_who_is_busy() -> None:
    buckets = Buckets(most=100, clock=Clock())
    for _ in range(6):
        buckets.take("loud")
    for number in range(10_000):
        buckets.take(number)
        buckets.take("loud")
    assert len(buckets) == 100
    assert buckets.take("loud") > 0.0
