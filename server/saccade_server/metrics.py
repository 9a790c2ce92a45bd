"""What is counted, in Prometheus' words. Every label has few values, none a shopper can choose."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from saccade import __version__
from saccade.deadline import STAGE_BUDGETS_MS
from saccade.domain import Reason, Served
from saccade_server.timers import Timer

SECONDS = (
    *(0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005),
    *(0.01, 0.02, 0.03, 0.05, 0.1, 0.18, 0.2, 0.5, 1.0),
)
OTHER_STAGE = "other"
Mode = Literal["livesum", "livemax"]
STAGES: Mapping[str, float] = {
    **{stage: budget_ms / 1_000 for stage, budget_ms in STAGE_BUDGETS_MS.items()},
    **dict.fromkeys(("platform", "page", OTHER_STAGE), float("inf")),
}
"""Each stage's share of the budget in seconds. ``platform`` and ``page``, from receipt to sent, are
the gateway's."""


class Metrics:
    """One process's figures.

    ``shared`` is the folder several workers write to; `prometheus_client` must then have been
    imported with ``PROMETHEUS_MULTIPROC_DIR`` naming it (`workers` sees to that).
    """

    def __init__(self, shared: Path | None = None) -> None:
        self._shared = shared
        self.registry = registry = CollectorRegistry()
        if shared is None:
            ProcessCollector(registry=registry)
        self._decisions = Counter(
            "saccade_decisions",
            "Decisions answered, repeats within a view among them",
            ("reason", "served"),
            registry=registry,
        )
        self._stages = Timer(
            "saccade_stage_seconds",
            "Time of a decision by stage (R26)",
            ("stage",),
            buckets=SECONDS,
            registry=registry,
        )
        self._over_budget = Counter(
            "saccade_stage_over_budget",
            "Stages that took longer than their share of the budget (R26)",
            ("stage",),
            registry=registry,
        )
        self._undelivered = Counter(
            "saccade_undelivered_decisions",
            "Decisions whose page went out without them",
            registry=registry,
        )
        self._shed = Counter(
            "saccade_shed_decisions",
            "Decisions not begun, the loop being too late to end them in time",
            registry=registry,
        )
        self._blocked = Counter(
            "saccade_loop_blocked",
            "Times the event loop stood still for longer than the page promise",
            registry=registry,
        )
        self._rejected = Counter(
            "saccade_rejected",
            "Calls refused, by what was wrong with them",
            ("route", "field_kind"),
            registry=registry,
        )
        self._page_refused = Counter(
            "saccade_page_refused",
            "Calls of the page path answered with a problem; 502: the platform gave no answer",
            ("status",),
            registry=registry,
        )
        self._requests = Timer(
            "saccade_request_seconds",
            "Time from a call's headers to its answer, by route",
            ("route",),
            buckets=SECONDS,
            registry=registry,
        )
        self._batches = Histogram(
            "saccade_batch_size",
            "Decisions asked by one read of the state store",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=registry,
        )
        self._lags = Histogram(
            "saccade_loop_lag_seconds",
            "How late the event loop ran a timer",
            buckets=SECONDS,
            registry=registry,
        )
        self.loop_lag = _gauge(registry, "saccade_loop_lag_now_seconds", "The last lag", "livemax")
        self.degraded = Gauge(
            "saccade_degraded",
            "Workers that work without this part",
            ("part",),
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.circuit_open = _gauge(
            registry,
            "saccade_state_circuit_open",
            "Workers that leave the state store alone",
            "livesum",
        )
        self.journal_spool = _gauge(
            registry, "saccade_journal_spool", "Decisions not durable yet", "livesum"
        )
        self.journal_dropped = _gauge(
            registry, "saccade_journal_dropped", "Decisions the journal gave up", "livesum"
        )
        self.catalog_synced = Gauge(
            "saccade_catalog_synced_timestamp_seconds",
            "When the catalog was last read to its end",
            ("tenant",),
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.catalog_skipped = Counter(
            "saccade_catalog_skipped",
            "Products and pages of the catalog that could not be read",
            ("tenant", "reason"),
            registry=registry,
        )
        self.buckets = _gauge(
            registry, "saccade_rate_buckets", "Sessions held to a rate", "livesum"
        )
        Gauge(
            "saccade_build_info",
            "The version that runs",
            ("version",),
            multiprocess_mode="livemax",
            registry=registry,
        ).labels(__version__).set(1)
        self._children_of_decisions: Mapping[tuple[Reason, Served], Counter] = {
            (reason, served): self._decisions.labels(reason, served)
            for reason in Reason
            for served in Served
        }
        self._children_of_stages = {
            stage: (self._stages.labels(stage), self._over_budget.labels(stage), budget_s)
            for stage, budget_s in STAGES.items()
        }
        self._children_of_routes: dict[str, Timer] = {}

    def decided(self, reason: Reason, served: Served) -> None:
        """Count an answer that was to carry a decision, and what its page got."""
        self._children_of_decisions[reason, served].inc()

    def observe(self, stage: str, seconds: float) -> None:
        """Time a stage; one the budget does not name has no share of it."""
        known = self._children_of_stages.get(stage) or self._children_of_stages[OTHER_STAGE]
        timer, over, budget_s = known
        timer.later(seconds)
        if seconds > budget_s:
            over.inc()

    def stages(self, ledger: Mapping[str, float]) -> None:
        """Time the stages of one call, in milliseconds."""
        known, other = self._children_of_stages, self._children_of_stages[OTHER_STAGE]
        for stage, spent_ms in ledger.items():
            timer, over, budget_s = known.get(stage, other)
            timer.later(spent_ms / 1_000)
            if spent_ms > budget_s * 1_000:
                over.inc()

    def page(self, ledger: Mapping[str, float], elapsed_ms: float) -> None:
        """Time a page's stages, and all of it."""
        self.stages(ledger)
        self.observe("page", elapsed_ms / 1_000)

    def settle(self) -> None:
        """Count what was timed since the last call: of several workers only one is scraped."""
        for timer, _, _ in self._children_of_stages.values():
            timer.settle()
        for timer in self._children_of_routes.values():
            timer.settle()

    def batched(self, asks: int) -> None:
        """Count one read of the state store, by how many decisions it carried."""
        self._batches.observe(asks)

    def undelivered(self) -> None:
        """Count a decision made whose page went out without it."""
        self._undelivered.inc()

    def shed(self) -> None:
        """Count a decision that was not begun."""
        self._shed.inc()

    def blocked(self) -> None:
        """Count a loop that stood still."""
        self._blocked.inc()

    def rejected(self, route: str, kind: str) -> None:
        """Count a refused call. ``route`` is a template, ``kind`` one of `problems.Kind`."""
        self._rejected.labels(route, kind).inc()

    def refused(self, status: int) -> None:
        """Count a call of the page path that was answered with a problem of our own."""
        self._page_refused.labels(status).inc()

    def answered(self, route: str, seconds: float) -> None:
        """Count a call of our own routes."""
        timer = self._children_of_routes.get(route)
        if timer is None:
            timer = self._children_of_routes[route] = self._requests.labels(route)
        timer.later(seconds)

    def lagged(self, seconds: float) -> None:
        """Count one sample of the loop's lag."""
        self._lags.observe(seconds)
        self.loop_lag.set(seconds)

    def exposition(self) -> bytes:
        """Prometheus' text format: of all workers where they share a folder."""
        self.settle()
        if self._shared is None:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=str(self._shared))  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
        return generate_latest(together)


def _gauge(registry: CollectorRegistry, name: str, text: str, mode: Mode) -> Gauge:
    return Gauge(name, text, multiprocess_mode=mode, registry=registry)
