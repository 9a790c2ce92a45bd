"""The simulated world: which hidden traits shoppers have, and how traits tend to show.

Nothing here knows a mode. A tendency is a positive number (a rate, a weight, a level) whose
logarithm is linear in the traits; each shopper then behaves around their tendencies at random.
All of it is invented: plausible, seeded, and overlapping enough that no reader of signals can be
right every time (docs/first-model.md states how right one can be).
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from saccade.signals import SIGNAL_NAMES

Numbers = NDArray[np.float64]

TRAITS = (
    "need_for_information",
    "choice_overload",
    "risk_aversion",
    "decisiveness",
    "patience",
)
"""Hidden, standard normal each; the first three may dominate, the other two only blur."""

CORRELATION: Numbers = np.array(
    [
        [1.00, 0.00, 0.10, 0.00, 0.30],
        [0.00, 1.00, 0.20, -0.35, -0.20],
        [0.10, 0.20, 1.00, -0.35, 0.10],
        [0.00, -0.35, -0.35, 1.00, -0.10],
        [0.30, -0.20, 0.10, -0.10, 1.00],
    ]
)

TENDENCIES: Mapping[str, tuple[float, tuple[float, float, float, float, float]]] = MappingProxyType(
    {
        # Attention, as a weight beside 1 for all that is no signal of ours.
        "specifications": (0.22, (1.10, 0.00, 0.55, 0.00, 0.00)),
        "reviews": (0.20, (0.20, 0.00, 1.00, -0.10, 0.10)),
        "negative_reviews": (0.06, (0.00, 0.00, 1.55, -0.10, 0.00)),
        # Happenings a second on a page.
        "scroll_reversals": (0.030, (0.05, 0.90, 0.50, -0.15, 0.00)),
        "variant_switches": (0.010, (0.40, 0.95, 0.00, 0.00, 0.00)),
        # Happenings a second of a session.
        "products": (0.006, (0.25, 0.85, 0.00, -0.30, 0.00)),
        "exit_intents": (0.003, (0.00, 0.50, 0.55, -0.20, -0.50)),
        "compare_tool": (0.002, (1.05, 0.40, 0.60, 0.00, 0.10)),
        "add_to_cart": (0.002, (0.00, -0.50, -0.70, 0.70, 0.00)),
        "checkout": (0.001, (0.00, -0.50, -0.95, 0.80, 0.00)),
        # Levels: earlier visits, pixels a second, share of the unseen page seen a second.
        "earlier_visits": (0.60, (0.30, 0.00, 0.80, -0.45, 0.10)),
        "scroll_speed": (420.0, (-0.35, 0.40, -0.25, 0.00, -0.30)),
        "scroll_depth": (0.012, (0.30, 0.35, 0.10, 0.00, 0.10)),
    }
)
"""A typical value, and how its logarithm moves with each of `TRAITS`."""

GLANCE_S = 2.0
"""Attention rests for one glance, then is drawn anew."""

AREAS = ("elsewhere", "specifications", "reviews", "negative_reviews")
"""Where attention may rest; ``reviews`` are those of three stars and more."""

ORIENTATION = 6
"""The first glances on a page only find their way: they fall alike for everybody."""

ORIENTATION_SHARES: Numbers = np.array([0.67, 0.15, 0.13, 0.05])
"""Where they fall, by `AREAS`."""

CONSTANCY = 7.0
"""Concentration of a shopper's own attention around the tendency: low is erratic."""

SHAPES: Mapping[str, float] = MappingProxyType(
    {
        "scroll_reversals": 3.0,
        "variant_switches": 2.0,
        "products": 2.0,
        "exit_intents": 2.0,
        "earlier_visits": 3.0,
    }
)
"""Gamma shape of a shopper's own rate around the tendency: low is erratic."""

SPREADS: Mapping[str, float] = MappingProxyType({"scroll_speed": 0.45, "scroll_depth": 0.60})
"""Standard deviation of a shopper's own level around the tendency, in its logarithm."""

BARE_SHARE = 0.4
"""Share of shops whose pages lack much: there each signal is missing with `MISSING_BARE`."""

MISSING_BARE = 0.45

MISSING_RICH: Mapping[str, float] = MappingProxyType(
    {
        "spec_hover_ms": 0.03,
        "scroll_reversals": 0.01,
        "compare_tool_opened": 0.10,
        "visit_count": 0.02,
        "review_dwell_ms": 0.05,
        "negative_review_dwell_ms": 0.10,
        "checkout_clicked": 0.03,
        "add_to_cart_clicked": 0.01,
        "session_duration_ms": 0.01,
        "scroll_speed_px_sec": 0.02,
        "max_scroll_depth_pct": 0.02,
        "variant_switches": 0.10,
        "products_viewed": 0.02,
        "exit_intent_count": 0.05,
    }
)
"""Probability that a well-equipped shop's page does not measure a signal (no compare tool …)."""

SHORTEST_S, LONGEST_S = 5.0, 300.0
"""A shopper is looked at after a time between these, uniform in its logarithm."""

_TYPICAL = np.log([typical for typical, _ in TENDENCIES.values()])
_LOADINGS = np.array([loadings for _, loadings in TENDENCIES.values()])
_ROOT = np.linalg.cholesky(CORRELATION)
_RICH = np.array([MISSING_RICH[name] for name in SIGNAL_NAMES])


def draw_traits(count: int, rng: np.random.Generator) -> Numbers:
    """``count`` rows of `TRAITS`."""
    independent: Numbers = rng.standard_normal((count, len(TRAITS)))
    traits: Numbers = independent @ _ROOT.T
    return traits


def tendencies(traits: Numbers) -> dict[str, Numbers]:
    """Rows of traits to one column each of `TENDENCIES`."""
    values = np.exp(_TYPICAL + traits @ _LOADINGS.T)
    return dict(zip(TENDENCIES, values.T, strict=True))


def attention(tendency: Mapping[str, Numbers]) -> Numbers:
    """Dirichlet parameters of a shopper's own attention, by `AREAS`."""
    areas = [tendency[name] for name in AREAS[1:]]
    weights = np.stack([np.ones_like(areas[0]), *areas], axis=-1)
    shares: Numbers = weights / weights.sum(axis=-1, keepdims=True)
    return CONSTANCY * shares


def draw_measured(count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which signals each shopper's page measures, in the order of `SIGNAL_NAMES`.

    Independent of the traits. Negative reviews cannot be measured where reviews are not.
    """
    bare = rng.random((count, 1)) < BARE_SHARE
    missing = rng.random((count, len(SIGNAL_NAMES))) < np.where(bare, MISSING_BARE, _RICH)
    reviews = SIGNAL_NAMES.index("review_dwell_ms")
    missing[:, SIGNAL_NAMES.index("negative_review_dwell_ms")] |= missing[:, reviews]
    return ~missing


def has_areas(specifications: NDArray[np.bool_], reviews: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of `AREAS` a page has; what it lacks leaves its attention to the others."""
    return np.stack([np.ones_like(reviews), specifications, reviews, reviews], axis=-1)


def draw_elapsed(count: int, rng: np.random.Generator) -> Numbers:
    """Seconds into the visit at which each shopper is looked at."""
    return np.exp(rng.uniform(np.log(SHORTEST_S), np.log(LONGEST_S), count))
