"""The versioned feature set (R46): what a model reads, made by one code in training and serving.

Version 1 is the fourteen signals as numbers and one share derived from two of them. Booleans are
0 and 1; a signal that is missing is NaN, which is not 0.
"""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from operator import attrgetter

import msgspec
import numpy as np
from numpy.typing import NDArray

from saccade.domain import SESSION_LIFE_S, Frozen
from saccade.signals import SIGNAL_NAMES, Scope, Signals, scope
from saccade.state import PROFILE_LIFE_S, Profile, State


class FeatureType(StrEnum):
    """What the number means, and so its unit."""

    FLAG = "flag"
    COUNT = "count"
    MILLISECONDS = "milliseconds"
    SPEED = "pixels_per_second"
    PERCENT = "percent"
    SHARE = "share"


class Feature(Frozen, frozen=True):
    """One named, typed value a model reads."""

    name: str
    type: FeatureType
    source: str
    """Where it comes from, or the formula that makes it: part of the version."""
    retention_s: float
    """How long what it is made of is kept without activity."""
    default: float = float("nan")
    owner: str = "saccade"


class FeatureSet(Frozen, frozen=True):
    """Features in the order of a row's columns. Any change to one of them changes the version."""

    name: str
    features: tuple[Feature, ...]
    version: str = ""
    """``NAME-HASH``, the hash over everything the features say; computed, not given."""

    def __post_init__(self) -> None:
        """Compute the version."""
        digest = hashlib.sha256(msgspec.json.encode(self.features)).hexdigest()
        msgspec.structs.force_setattr(self, "version", f"{self.name}-{digest[:12]}")

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in order."""
        return tuple(feature.name for feature in self.features)


_TYPES = {
    "compare_tool_opened": FeatureType.FLAG,
    "checkout_clicked": FeatureType.FLAG,
    "add_to_cart_clicked": FeatureType.FLAG,
    "scroll_speed_px_sec": FeatureType.SPEED,
    "max_scroll_depth_pct": FeatureType.PERCENT,
}


def _of_signal(name: str) -> Feature:
    fallback = FeatureType.MILLISECONDS if name.endswith("_ms") else FeatureType.COUNT
    kind = _TYPES.get(name, fallback)
    if name == "visit_count":
        source = "profile.visits; signals.visit_count while the server has counted none"
        return Feature(name, kind, source, PROFILE_LIFE_S)
    kept = "page" if scope(name) is Scope.PAGE else "session"
    return Feature(name, kind, f"signals.{name} ({kept})", SESSION_LIFE_S)


FEATURES = FeatureSet(
    "behaviour-1",
    (
        *(_of_signal(name) for name in SIGNAL_NAMES),
        Feature(
            "negative_review_share",
            FeatureType.SHARE,
            "signals.negative_review_dwell_ms / signals.review_dwell_ms (page), missing at 0",
            SESSION_LIFE_S,
        ),
    ),
)
"""What the first model reads."""

_NOTHING = Signals()
_VISITS = SIGNAL_NAMES.index("visit_count")
_values = attrgetter(*SIGNAL_NAMES)

Row = list[float | int | bool | None]


def matrix(states: Sequence[State], now: float) -> NDArray[np.float32]:
    """One row a state, one column a feature of `FEATURES`; NaN is missing.

    ``now`` is the time the decision is asked for: a session that has lapsed by then says nothing.
    """
    rows = [_row(state, now) for state in states]
    # NumPy reads None as NaN, which its stubs do not know.
    return np.array(rows, dtype=np.float32).reshape(-1, len(FEATURES.features))


def _row(state: State, now: float) -> Row:
    session = state.session
    lapsed = session is None or now - session.seen >= SESSION_LIFE_S
    signals = _NOTHING if session is None or lapsed else session.signals
    row: Row = list(_values(signals))
    row[_VISITS] = _visits(state.profile, signals)
    row.append(_share(signals.negative_review_dwell_ms, signals.review_dwell_ms))
    return row


def _visits(profile: Profile | None, signals: Signals) -> int | None:
    """The server's count wins; the client's serves only while the server has counted none."""
    if profile is None or profile.sessions == 0:
        return signals.visit_count
    return profile.visits


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None
