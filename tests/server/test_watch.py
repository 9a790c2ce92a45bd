"""The watchdog: tells of a loop that stands still while it does, once, and where (F22)."""

import json
import signal
import subprocess
import sys
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


SLEEPER = """
import threading, time
from saccade_server.pulse import EVERY_S, Pulse
from saccade_server.watch import watchdog

pulse, told = Pulse(), []
with watchdog(pulse, lambda: told.append(None)):
    for _ in range(10):
        pulse.beat()
        time.sleep(EVERY_S)
    print("beats", flush=True)
    for _ in range(40):
        pulse.beat()
        time.sleep(EVERY_S)
print("told", len(told), flush=True)
"""


@pytest.mark.full
def test_a_process_that_stood_still_blames_no_loop() -> None:
    """As on a laptop that is shut and opened again: no thread of it ran."""
    with subprocess.Popen(  # noqa: S603 - our own lines
        [sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"beats\n"
        for _ in range(2):
            process.send_signal(signal.SIGSTOP)
            time.sleep(3 * watch.BLOCKED_S)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.1)
        assert process.stdout.readline() == b"told 0\n"


def test_a_loop_that_holds_all_threads_up_is_told_of(out: StringIO) -> None:
    """Work in C that keeps the interpreter to itself: the watchdog did not run either."""
    pulse, blocked = Pulse(), list[None]()
    pulse.beat()
    with watchdog(pulse, lambda: blocked.append(None)):
        time.sleep(2 * watch.CHECK_S)
        pulse.beat()
        end = time.monotonic() + 3 * watch.BLOCKED_S
        while time.monotonic() < end:
            sum(range(40_000_000))
        await_true(blocked, 1)
    assert "loop_blocked" in out.getvalue()
