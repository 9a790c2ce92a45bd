"""The engine, measured: stages of every decision, and the answers of ``/v1``.

The gateway counts its own answers, for it alone knows what its pages got and when.
"""

import time
from collections.abc import Callable, Mapping

from saccade.actions import TenantRuntime
from saccade.deadline import Deadline
from saccade.domain import Decision, DecisionRequest
from saccade.engine import Engine
from saccade.ports import JournalPort, ModelPort, StatePort
from saccade.signals import Signals
from saccade.state import NOTHING_HEARD, Heard
from saccade_server.metrics import Metrics


class MeteredEngine(Engine):
    """`Engine`, its answers in `Metrics`."""

    def __init__(
        self,
        metrics: Metrics,
        tenants: Mapping[str, TenantRuntime],
        state: StatePort,
        journal: JournalPort,
        models: ModelPort,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(tenants, state, journal, models, clock=clock)
        self.metrics = metrics

    async def decide(self, request: DecisionRequest, deadline: Deadline) -> Decision:
        """As `Engine.decide`."""
        return self._counted(await super().decide(request, deadline))

    async def flush(
        self,
        request: DecisionRequest,
        signals: Signals,
        deadline: Deadline,
        heard: Heard = NOTHING_HEARD,
    ) -> Decision:
        """As `Engine.flush`."""
        return self._counted(await super().flush(request, signals, deadline, heard))

    def settle(self, decision: Decision, *, delivered: bool) -> None:
        """As `Engine.settle`; every decision that was waited for passes here, repeats too."""
        if not delivered:
            self.metrics.undelivered()
        super().settle(decision, delivered=delivered)

    def batched(self, asks: int) -> None:
        """As `Engine.batched`."""
        self.metrics.batched(asks)

    def _counted(self, decision: Decision) -> Decision:
        if decision.request.preview is None:  # which is out of all data (R88)
            self.metrics.decided(decision.experience.reason, decision.experience.served)
            self.metrics.stages(decision.timings_ms)
        return decision
