"""Looks at the running server: the loop's lag, what is degraded, the journal's spool."""

import asyncio

import structlog

from saccade.breaker import Circuit
from saccade_server.degradation import PARTS, degraded
from saccade_server.house import House

EVERY_S = 0.5
BLOCKED_S = 0.2
"""A loop this late kept some shopper waiting past the promise (R24)."""

log = structlog.get_logger()


async def watch(house: House, every: float = EVERY_S) -> None:
    """Sample until cancelled."""
    loop = asyncio.get_running_loop()
    down: frozenset[str] = frozenset()
    while True:
        due = loop.time() + every
        await asyncio.sleep(every)
        house.metrics.settle()
        lag = max(0.0, loop.time() - due)
        house.metrics.lagged(lag)
        if lag > BLOCKED_S:
            log.warning("loop_blocked", lag_ms=round(lag * 1_000))
        down = await _sampled(house, down)


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
