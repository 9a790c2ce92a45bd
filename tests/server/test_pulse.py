"""The loop's lateness: felt by beats, seen in between, forgotten by halves (F23, F30)."""

import asyncio
import contextlib

from saccade_server.pulse import Pulse, beating
from server.shopfront import until


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Loop:
    """A pulse that is given turns of a loop, each so much longer than it may be."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pulse = Pulse(0.09, self.clock)
        self.pulse.beat()

    def turn(self, late_s: float) -> bool:
        """Run it, and say whether the loop is late after it."""
        self.clock.now = self.pulse.due + late_s
        assert abs(self.pulse.beat() - late_s) < 1e-9
        return self.pulse.late

    def wait(self, overdue_s: float) -> bool:
        """Stand in a turn until the beat has been due for so long, and say whether it is late."""
        self.clock.now = self.pulse.due + overdue_s
        return self.pulse.late


def test_one_long_turn_is_not_yet_late() -> None:
    loop = Loop()
    assert not loop.wait(5.0)
    assert not loop.turn(0.0)
    assert not loop.turn(5.0)
    assert not loop.turn(0.0)
    assert not loop.turn(5.0)


def test_a_second_one_is_and_before_it_has_ended() -> None:
    loop = Loop()
    loop.turn(0.2)
    assert not loop.wait(0.08)
    assert loop.wait(0.1)
    assert loop.turn(0.2)
    assert loop.turn(0.1)
    assert not loop.turn(0.08)


def test_before_the_first_beat_and_at_rest_nothing_is_late() -> None:
    clock = Clock()
    pulse = Pulse(0.09, clock)
    clock.now += 60
    assert pulse.beat() == 0.0
    assert not pulse.late
    loop = Loop()
    loop.turn(0.2)
    assert loop.turn(0.2)
    loop.pulse.rest()
    loop.clock.now += 60
    assert not loop.pulse.late


async def test_a_loop_beats_until_it_is_cancelled() -> None:
    pulse, felt = Pulse(), list[float]()
    task = asyncio.create_task(beating(pulse, felt.append))
    await until(lambda: len(felt) >= 3)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert pulse.due == float("inf")
