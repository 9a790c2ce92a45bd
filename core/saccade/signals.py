"""The fourteen behaviour signals (R2): names, types, bounds and scope, stated once.

A batch is partial: a field present replaces what was known, an absent one leaves it. Signals of
page scope describe the product now on screen and are forgotten when the session's subject changes;
those of session scope last as long as the session.
"""

from enum import StrEnum
from operator import attrgetter
from typing import Annotated

import msgspec

Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Visits = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Speed = Annotated[float, msgspec.Meta(ge=0.0, le=100_000.0)]
Percent = Annotated[float, msgspec.Meta(ge=0.0, le=100.0)]


class Scope(StrEnum):
    """How long a signal is kept: while the page shows one product, or for the whole session."""

    PAGE = "page"
    SESSION = "session"


class Signals(
    msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True
):
    """What the tracker measured; ``None`` is missing, which is not 0."""

    spec_hover_ms: Milliseconds | None = None
    scroll_reversals: Count | None = None
    compare_tool_opened: bool | None = None
    visit_count: Visits | None = None
    review_dwell_ms: Milliseconds | None = None
    negative_review_dwell_ms: Milliseconds | None = None
    checkout_clicked: bool | None = None
    add_to_cart_clicked: bool | None = None
    session_duration_ms: Milliseconds | None = None
    scroll_speed_px_sec: Speed | None = None
    max_scroll_depth_pct: Percent | None = None
    variant_switches: Count | None = None
    products_viewed: Count | None = None
    exit_intent_count: Count | None = None


SIGNAL_NAMES: tuple[str, ...] = Signals.__struct_fields__

PAGE_SCOPED: frozenset[str] = frozenset(
    {
        "spec_hover_ms",
        "scroll_reversals",
        "review_dwell_ms",
        "negative_review_dwell_ms",
        "scroll_speed_px_sec",
        "max_scroll_depth_pct",
        "variant_switches",
    }
)

IDLE: frozenset[str] = frozenset({"session_duration_ms"})
"""Signals that grow on an idle open page: alone they neither start nor extend a session (R43)."""


def scope(name: str) -> Scope:
    """Scope of a signal by name."""
    return Scope.PAGE if name in PAGE_SCOPED else Scope.SESSION


_busy = attrgetter(*(name for name in SIGNAL_NAMES if name not in IDLE))
_NOTHING_BUSY = _busy(Signals())


def is_activity(signals: Signals) -> bool:
    """True where a batch says more than that time passed."""
    return bool(_busy(signals) != _NOTHING_BUSY)


def merged(known: Signals, batch: Signals, *, same_subject: bool) -> Signals:
    """``batch`` over ``known``; page-scoped signals of another subject are dropped first."""
    values: dict[str, object] = {}
    for name in SIGNAL_NAMES:
        new = getattr(batch, name)
        if new is not None:
            values[name] = new
        elif same_subject or name not in PAGE_SCOPED:
            old = getattr(known, name)
            if old is not None:
                values[name] = old
    return msgspec.convert(values, Signals)
