"""What the inbox counts, in Prometheus' words. No label holds what a sender can choose."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge


class Counted(StrEnum):
    """What became of a delivery at the door, and behind it."""

    RECEIVED = "received"
    DUPLICATES = "duplicates"
    STALE = "stale"
    DONE = "done"
    RETRIED = "retried"
    DEAD = "dead"
    PASSED_OVER = "passed_over"


_TEXTS = {
    Counted.RECEIVED: "Verified deliveries that were kept",
    Counted.DUPLICATES: "Verified deliveries that were there already",
    Counted.STALE: "Deliveries without effect, a newer state of their resource being there",
    Counted.DONE: "Deliveries that took effect",
    Counted.RETRIED: "Attempts that failed and are made again",
    Counted.DEAD: "Deliveries given up, kept for a replay",
    Counted.PASSED_OVER: "Deliveries that said nothing of use here, such as topics not known",
}


class Counters:
    """One process's figures, in the server's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counters = {
            what: Counter(f"saccade_webhooks_{what}", text, ("adapter",), registry=registry)
            for what, text in _TEXTS.items()
        }
        self._refused = Counter(
            "saccade_webhooks_refused",
            "Deliveries that were not kept, by the status they were answered with",
            ("adapter", "status"),
            registry=registry,
        )
        self.backlog = Gauge(
            "saccade_webhooks_backlog",
            "Deliveries that wait for their effect",
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.oldest = Gauge(
            "saccade_webhooks_oldest_seconds",
            "How long the oldest of them has waited",
            multiprocess_mode="livemax",
            registry=registry,
        )

    def count(self, what: Counted, adapter: str, many: int = 1) -> None:
        """Count deliveries of an adapter there is."""
        self._counters[what].labels(adapter).inc(many)

    def refused(self, adapter: str, status: int) -> None:
        """Count one that was not kept; ``adapter`` is one there is, or ``other``."""
        self._refused.labels(adapter, status).inc()
