"""The deadline ledger: one budget a decision, and where each millisecond of it went (R24, R26)."""

import time
from collections.abc import Callable

BUDGET_MS = 180.0
"""What a decision may take, so that the caller never waits 200 ms (R24)."""

STAGE_BUDGETS_MS = {
    "ingest": 10.0,
    "profile": 20.0,
    "scoring": 30.0,
    "selection": 30.0,
    "rendering": 10.0,
}
"""Expected share of each stage: measured and alarmed, never cut off (R26)."""


class Deadline:
    """Counts down from the moment the call was received.

    ``clock`` is monotonic, in seconds.
    """

    __slots__ = ("_clock", "_marked", "_started", "budget_ms", "ledger")

    def __init__(
        self, budget_ms: float = BUDGET_MS, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._clock = clock
        self._started = self._marked = clock()
        self.budget_ms = budget_ms
        self.ledger: dict[str, float] = {}

    def mark(self, stage: str) -> None:
        """Charge the time since the last mark to ``stage``."""
        now = self._clock()
        self.ledger[stage] = self.ledger.get(stage, 0.0) + (now - self._marked) * 1_000
        self._marked = now

    def charge(self, stage: str, milliseconds: float) -> None:
        """Charge time measured elsewhere; the next mark still counts from the last one."""
        self.ledger[stage] = self.ledger.get(stage, 0.0) + milliseconds

    def elapsed_ms(self) -> float:
        """Since the call was received."""
        return (self._clock() - self._started) * 1_000

    def remaining_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.budget_ms - self.elapsed_ms()) / 1_000

    @property
    def expired(self) -> bool:
        """True once the budget is spent."""
        return self.elapsed_ms() >= self.budget_ms

    def header(self) -> str:
        """The ledger as a ``Server-Timing`` value."""
        parts = [f"{stage};dur={spent:.2f}" for stage, spent in self.ledger.items()]
        return ", ".join([*parts, f"total;dur={self.elapsed_ms():.2f}"])
