"""A crew and its places: a death at start is waited out ever longer, and no signal stops it."""

import errno
import itertools
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator
from io import StringIO
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest

from saccade_server import logs, workers
from saccade_server.workers import FIRST_REST_S, LONGEST_REST_S, PROVEN_S, Crew, Worker


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


# --- a crew whose parent is this process --------------------------------------------------------

PATIENCE_S = 30.0
TAKEN_AT_ONCE = 4_096
HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch, logging_restored: None) -> Generator[StringIO]:  # noqa: ARG001 - a fixture for its effect
    """What is logged, with short rests and this process's own signals afterwards."""
    before = {number: signal.getsignal(number) for number in HANDLED}
    monkeypatch.setattr(workers, "FIRST_REST_S", 0.05)
    stream = StringIO()
    logs.configure("json", "info", stream)
    yield stream
    for number, handler in before.items():
        signal.signal(number, handler)


class Places:
    """Starts workers that only sleep, after so many starts that the system refuses."""

    def __init__(self, refusals: int = 0) -> None:
        self.processes: list[SpawnProcess] = []
        self._refusals = itertools.repeat(None, refusals)

    def start(self, index: int) -> SpawnProcess:
        for _ in self._refusals:
            raise OSError(errno.EAGAIN, "no process is left")
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=time.sleep, args=(600,), name=f"worker-{index}")
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        self.processes.append(process)
        return process


def run(crew: Crew, holds: Callable[[], bool]) -> int:
    """Its exit code; SIGTERM comes as soon as it ``holds``, at the latest when patience ends."""

    def look() -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds() and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        return crew.run()
    finally:
        thread.join()


def test_a_reload_asked_for_at_the_worst_moment_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: StringIO
) -> None:
    """A second SIGHUP comes while the parent takes the first one's byte from its pipe: both bytes
    are gone then, and a parent that waited for another would look after nobody."""
    places, taken, turns, plainly = Places(), list[int](), list[None](), os.read
    crew = Crew(1, places.start, tmp_path)

    def read(descriptor: int, size: int) -> bytes:
        if size == TAKEN_AT_ONCE:  # the parent's pipe
            taken.append(descriptor)
            if len(taken) == 1:
                os.kill(os.getpid(), signal.SIGHUP)
        return plainly(descriptor, size)

    def waited(*given: Any, **more: Any) -> list[Any]:  # Any: as the function has them
        turns.append(None)
        return wait(*given, **more)

    def replaced() -> bool:
        if len(places.processes) < 2:
            if taken:
                places.processes[0].kill()
            elif places.processes:  # its parent listens to signals by now
                os.kill(os.getpid(), signal.SIGHUP)
            return False
        turns.clear()
        time.sleep(0.3)
        return True

    monkeypatch.setattr("os.read", read)
    monkeypatch.setattr(workers, "wait", waited)
    assert run(crew, replaced) == 0
    assert len(places.processes) == 2, "the worker that died was not replaced"
    assert len(turns) < 10, "what woke the parent once wakes it for ever"
    (line,) = (json.loads(text) for text in out.getvalue().splitlines())
    assert (line["event"], line["status"]) == ("worker_died", -signal.SIGKILL)


def test_a_worker_that_cannot_be_started_is_tried_again(tmp_path: Path, out: StringIO) -> None:
    places = Places(refusals=3)
    assert run(Crew(2, places.start, tmp_path), lambda: len(places.processes) == 2) == 0
    lines = [json.loads(text) for text in out.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["worker_not_started"] * 3
    assert {line["error"] for line in lines} == {"BlockingIOError"}
