"""Which mode a shopper is in, and how sure that is (R9, R10): by the model, else by rules (R22).

The rules count signs. Each mode has its own; the mode with the most is named where `CONFIDENCE`
has its count and no other mode has as many. A veto rules a mode out: whoever put something in the
cart is past hesitating. Everything else is default.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from saccade.domain import MODES, Frozen, Intent, Mode, Reason
from saccade.features import FEATURES
from saccade.ports import IntentModel


class Sign(Frozen, frozen=True):
    """Held where the feature is known and at least so large."""

    feature: str
    at_least: float


SIGNS: Mapping[Mode, tuple[Sign, ...]] = MappingProxyType(
    {
        Mode.ANALYTICAL: (
            Sign("spec_hover_ms", 15_000),
            Sign("spec_hover_ms", 40_000),
            Sign("compare_tool_opened", 1),
            Sign("variant_switches", 2),
            Sign("visit_count", 2),
        ),
        Mode.OVERWHELMED: (
            Sign("scroll_reversals", 7),
            Sign("scroll_reversals", 14),
            Sign("variant_switches", 4),
            Sign("products_viewed", 4),
            Sign("scroll_speed_px_sec", 900),
            Sign("exit_intent_count", 2),
        ),
        Mode.HESITATING: (
            Sign("visit_count", 3),
            Sign("review_dwell_ms", 20_000),
            Sign("review_dwell_ms", 40_000),
            Sign("negative_review_dwell_ms", 10_000),
            Sign("scroll_reversals", 5),
            Sign("exit_intent_count", 1),
        ),
    }
)
"""What speaks for each mode. A second, higher threshold counts a strong sign twice."""

VETOES: Mapping[Mode, tuple[Sign, ...]] = MappingProxyType(
    {
        Mode.ANALYTICAL: (
            Sign("negative_review_dwell_ms", 8_000),
            Sign("review_dwell_ms", 40_000),
            Sign("scroll_reversals", 10),
        ),
        Mode.HESITATING: (
            Sign("add_to_cart_clicked", 1),
            Sign("checkout_clicked", 1),
            Sign("spec_hover_ms", 30_000),
        ),
    }
)
"""What rules a mode out."""

CONFIDENCE: Mapping[int, float] = MappingProxyType({3: 0.45, 4: 0.6, 5: 0.7, 6: 0.8})
"""By the number of signs held: no more than how often the rules are right at that count among
simulated shoppers (docs/first-model.md). Fewer signs name no mode."""

UNNAMED = 0.5
"""Confidence of default, where no mode is named; measured alike."""

_OUT = 100
"""More than any count of signs."""

_NAMED: tuple[Mode, ...] = tuple(SIGNS)
_ALL = [(mode, sign, 1) for mode in _NAMED for sign in SIGNS[mode]] + [
    (mode, sign, -_OUT) for mode in VETOES for sign in VETOES[mode]
]
_COLUMNS = np.array([FEATURES.names.index(sign.feature) for _, sign, _ in _ALL])
_AT_LEAST = np.array([sign.at_least for _, sign, _ in _ALL], dtype=np.float32)
_COUNTS = np.array([[worth * (mode is named) for named in _NAMED] for mode, _, worth in _ALL])


def classify(matrix: NDArray[np.float32], model: IntentModel | None) -> list[Intent]:
    """One intent a row of `features.matrix`. Confidence is not rounded (R11)."""
    if model is None:
        return [_intent(row, Reason.RULE) for row in rules(matrix)]
    return [_intent(row, Reason.MODEL) for row in model.probabilities(matrix).tolist()]


def _intent(probabilities: Sequence[float], by: Reason) -> Intent:
    confidence = max(probabilities)
    mode = MODES[probabilities.index(confidence)]
    return Intent(mode, confidence, tuple(probabilities), by)


def rules(matrix: NDArray[np.float32]) -> list[list[float]]:
    """Rows of features to rows of stated probabilities, in the order of `MODES`."""
    counts = (matrix[:, _COLUMNS] >= _AT_LEAST) @ _COUNTS  # NaN is never at least
    return [_stated(row) for row in counts.tolist()]


def _stated(counts: list[int]) -> list[float]:
    """The named mode gets its confidence, the others share the rest evenly."""
    most = max(counts)
    clear = most in CONFIDENCE and counts.count(most) == 1
    mode = _NAMED[counts.index(most)] if clear else Mode.DEFAULT
    confidence = CONFIDENCE[most] if clear else UNNAMED
    rest = (1 - confidence) / (len(MODES) - 1)
    return [confidence if mode is other else rest for other in MODES]


def held(mode: Mode, values: Mapping[str, float | None]) -> list[Sign]:
    """The signs for ``mode`` that these feature values show."""
    shown: list[Sign] = []
    for sign in SIGNS.get(mode, ()):
        value = values.get(sign.feature)
        if value is not None and value >= sign.at_least:
            shown.append(sign)
    return shown
