"""Observations counted together give the figures they give one by one."""

import random

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from saccade_server.timers import MOST_WAITING, Timer

BOUNDS = (0.001, 0.01, 0.1, 1.0)


def _figures(registry: CollectorRegistry) -> list[str]:
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if line.startswith("stage_") and "_created" not in line]


def test_what_is_counted_later_is_counted_as_it_would_be_at_once() -> None:
    one, other = CollectorRegistry(), CollectorRegistry()
    at_once = Histogram("stage", "x", ("name",), buckets=BOUNDS, registry=one).labels("a")
    later = Timer("stage", "x", ("name",), buckets=BOUNDS, registry=other).labels("a")
    draws = random.Random(7)
    # Dyadic fractions add up alike in any order; the bounds themselves belong below.
    amounts = [draws.randrange(0, 2_048) / 1_024 for _ in range(MOST_WAITING + 100)]
    for amount in (*amounts, *BOUNDS):
        at_once.observe(amount)
        later.later(amount)
    before, after = _figures(one), _figures(other)
    assert [line.rpartition(" ")[0] for line in after] == [
        line.rpartition(" ")[0] for line in before
    ]
    numbers = [[float(line.rpartition(" ")[2]) for line in lines] for lines in (before, after)]
    assert [round(number, 9) for number in numbers[0]] == [
        round(number, 9) for number in numbers[1]
    ]


def test_a_scrape_leaves_nothing_out() -> None:
    registry = CollectorRegistry()
    timer = Timer("stage", "x", buckets=BOUNDS, registry=registry)
    timer.later(0.5)
    assert 'stage_bucket{le="1.0"} 1.0' in _figures(registry)
    assert "stage_count 1.0" in _figures(registry)
