"""The deadline ledger (R24, R26), on a clock of the test's own."""

from saccade.deadline import Deadline


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_stage_is_charged_what_passed_since_the_last() -> None:
    clock = Clock()
    deadline = Deadline(180, clock)
    clock.now += 0.004
    deadline.mark("profile")
    clock.now += 0.001
    deadline.mark("scoring")
    clock.now += 0.002
    deadline.mark("profile")
    assert {stage: round(spent, 6) for stage, spent in deadline.ledger.items()} == {
        "profile": 6.0,
        "scoring": 1.0,
    }
    assert deadline.header() == "profile;dur=6.00, scoring;dur=1.00, total;dur=7.00"


def test_the_budget_runs_out_and_never_goes_below_nothing() -> None:
    clock = Clock()
    deadline = Deadline(180, clock)
    clock.now += 0.1
    assert not deadline.expired
    assert round(deadline.remaining_s(), 6) == 0.08
    clock.now += 0.1
    assert deadline.expired
    assert deadline.remaining_s() == 0.0


def test_time_measured_elsewhere_can_be_charged() -> None:
    deadline = Deadline(180, Clock())
    deadline.charge("platform", 12.5)
    assert deadline.ledger == {"platform": 12.5}
