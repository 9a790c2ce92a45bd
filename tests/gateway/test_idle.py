"""Wires between two calls: which is used again, and which is closed."""

from typing import Any, cast

from saccade_gateway.idle import KEEP_S, Idle
from saccade_gateway.wire import Wire


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Kept:
    """A wire as `Idle` knows it."""

    def __init__(self) -> None:
        self.usable = True
        self.closed = False

    def close(self) -> None:
        self.usable = False
        self.closed = True


class Lab:
    def __init__(self) -> None:
        self.clock = Clock()
        self.idle = Idle(self.clock)

    def keeps(self) -> Kept:
        one = Kept()
        self.idle.keep(cast("Wire", one))
        return one

    def takes(self) -> Any:
        return self.idle.take()


def test_the_last_used_is_used_next() -> None:
    lab = Lab()
    first, second = lab.keeps(), lab.keeps()
    assert (lab.takes(), lab.takes(), lab.takes()) == (second, first, None)


def test_one_that_was_left_too_long_is_closed_not_used() -> None:  # F17
    lab = Lab()
    old = lab.keeps()
    lab.clock.now = KEEP_S
    assert lab.takes() is None
    assert old.closed


def test_what_a_busy_time_needed_grows_old_and_is_closed() -> None:
    lab = Lab()
    crowd = [lab.keeps() for _ in range(5)]
    lab.clock.now = KEEP_S / 2
    busy = lab.takes()
    lab.clock.now = KEEP_S
    lab.idle.keep(busy)
    assert [one.closed for one in crowd] == [True] * 4 + [False]


def test_what_cannot_be_used_is_closed_and_passed_over() -> None:  # F17
    lab = Lab()
    whole, gone = lab.keeps(), lab.keeps()
    gone.usable = False
    assert lab.takes() is whole
    assert gone.closed


def test_an_answer_that_ends_its_connection_leaves_none() -> None:
    lab = Lab()
    one = Kept()
    one.usable = False
    lab.idle.keep(cast("Wire", one))
    assert one.closed
    assert lab.takes() is None


def test_closing_closes_all() -> None:
    lab = Lab()
    kept = [lab.keeps() for _ in range(3)]
    lab.idle.close()
    assert all(one.closed for one in kept)
    assert lab.takes() is None
