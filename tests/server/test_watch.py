"""The watchdog: tells of a loop that stands still while it does, once, and where (F22)."""

import json
import time
from io import StringIO
from pathlib import Path

import pytest

from saccade_server import logs, watch
from saccade_server.pulse import Pulse
from saccade_server.watch import watchdog

PATIENCE_S = 20.0


def await_true(condition: "list[None]", count: int) -> None:
    """Stand still, as a loop that is blocked does."""
    end = time.monotonic() + PATIENCE_S
    while len(condition) < count:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def out(logging_restored: None) -> StringIO:  # noqa: ARG001 - a fixture for its effect
    stream = StringIO()
    logs.configure("json", "info", stream)
    return stream


def test_it_tells_where_the_loop_stands(out: StringIO) -> None:
    pulse, blocked = Pulse(), list[None]()
    pulse.beat()
    with watchdog(pulse, lambda: blocked.append(None)):
        await_true(blocked, 1)
        for _ in range(10):
            time.sleep(watch.CHECK_S)
    assert len(blocked) == 1  # not once for each look
    (line,) = (json.loads(text) for text in out.getvalue().splitlines())
    assert line["event"] == "loop_blocked"
    assert line["lag_ms"] >= watch.BLOCKED_S * 1_000
    assert Path(__file__).name in line["frames"]


def test_a_loop_that_is_late_again_and_again_does_not_fill_the_log(out: StringIO) -> None:
    pulse, blocked = Pulse(), list[None]()
    with watchdog(pulse, lambda: blocked.append(None)):
        for times in range(1, 4):
            pulse.beat()
            await_true(blocked, times)
    assert len(blocked) == 3
    assert len(out.getvalue().splitlines()) == 1


def test_before_the_first_beat_it_is_silent(out: StringIO) -> None:
    with watchdog(Pulse(), lambda: pytest.fail("told of a loop that has not begun")):
        time.sleep(watch.BLOCKED_S + 3 * watch.CHECK_S)
    assert out.getvalue() == ""
