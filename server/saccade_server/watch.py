"""Looks at the running server: the loop's lag, what is degraded, the journal's spool."""

import asyncio
import contextlib
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from types import FrameType

import structlog

from saccade.breaker import Circuit
from saccade_server.degradation import PARTS, degraded
from saccade_server.house import House
from saccade_server.pulse import Pulse

EVERY_S = 0.5
BLOCKED_S = 0.2
"""A loop this late kept some shopper waiting past the promise (R24)."""
CHECK_S = 0.05
QUIET_S = 5.0
"""At most one line in so long: a loop that is late again and again must not fill the log."""

_DEEPEST = 8

log = structlog.get_logger()


async def watch(house: House, every: float = EVERY_S) -> None:
    """Sample until cancelled."""
    down: frozenset[str] = frozenset()
    while True:
        await asyncio.sleep(every)
        house.metrics.settle()
        down = await _sampled(house, down)


@contextlib.contextmanager
def watchdog(pulse: Pulse, blocked: Callable[[], None]) -> Generator[None]:
    """While the block runs, tell of a loop that stands still (F22), and where it stands.

    From a thread, for the loop itself could say so only afterwards, and one that hangs never.
    ``blocked`` is called there, once for each time. A whole process that stood still, stopped or on
    a machine that slept, is told of only where its loop stands still when it goes on.
    """
    ended = threading.Event()
    looked_at = threading.get_ident()
    thread = threading.Thread(
        target=_look, args=(pulse, blocked, looked_at, ended), name="watchdog", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _look(
    pulse: Pulse, blocked: Callable[[], None], looked_at: int, ended: threading.Event
) -> None:
    told, quiet_until = 0.0, 0.0
    looked, used = time.monotonic(), time.process_time()
    while not ended.wait(CHECK_S):
        before, busy = looked, used
        looked, used = time.monotonic(), time.process_time()
        if looked - before > BLOCKED_S and used - busy < (looked - before) / 10:
            continue  # nor did this thread run: stopped, or a machine that slept, blocks no loop
        due, late = pulse.due, pulse.overdue_s
        if late <= BLOCKED_S or due == told:
            continue
        told = due
        blocked()
        if due >= quiet_until:
            quiet_until = due + QUIET_S
            frames = sys._current_frames()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # documented
            log.warning(
                "loop_blocked", lag_ms=round(late * 1_000), frames=_where(frames.get(looked_at))
            )


def _where(frame: FrameType | None) -> str:
    """The innermost frames of a thread as ``file:line function``, outermost first."""
    found = traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)
    innermost = reversed(found[:_DEEPEST])
    return " > ".join(f"{Path(at.filename).name}:{at.lineno} {at.name}" for at in innermost)


async def _sampled(house: House, before: frozenset[str]) -> frozenset[str]:
    now = frozenset(await degraded(house))
    for part in PARTS:
        house.metrics.degraded.labels(part).set(part in now)
    for part in sorted(now - before):
        log.warning("part_down", part=part)
    for part in sorted(before - now):
        log.info("part_back", part=part)
    house.metrics.circuit_open.set(house.state.state is not Circuit.CLOSED)
    house.metrics.journal_spool.set(house.journal.depth)
    house.metrics.journal_dropped.set(house.journal.dropped)
    house.metrics.buckets.set(len(house.buckets))
    return now
