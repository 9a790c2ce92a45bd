"""Simulated shoppers: hidden traits, behaviour that comes from them, and the mode beside it.

The mode follows from the traits alone (`modes_of`), the behaviour from the traits and chance
(`draw`, `snapshots`): the mode never drives the behaviour, so a classifier has to read traits
through noise, and the best possible accuracy is far below 1 (`saccade_demo.shoppers_ceiling`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saccade import features
from saccade.domain import MODES, Mode
from saccade.signals import SIGNAL_NAMES, Signals
from saccade.state import Session, State
from saccade_demo import shoppers_world as world
from saccade_demo.shoppers_world import Numbers

DOMINANT = 0.75
"""A trait above this, and above the other two, makes the mode; otherwise it is default."""

_AREA_SIGNALS = ("spec_hover_ms", "review_dwell_ms")
_FLAGS = frozenset({"compare_tool_opened", "checkout_clicked", "add_to_cart_clicked"})
_REAL = frozenset({"scroll_speed_px_sec", "max_scroll_depth_pct"})


@dataclass(frozen=True, slots=True)
class Shoppers:
    """A population, one row a shopper."""

    traits: Numbers
    orientation: Numbers
    """Shares of `world.AREAS` in the first glances on a page; rows sum to 1."""
    attention: Numbers
    """Own shares in all later glances; rows sum to 1."""
    rates: Mapping[str, Numbers]
    """Own happenings a second, and the levels, by the names of `world.TENDENCIES`."""
    visits: NDArray[np.int64]
    measured: NDArray[np.bool_]

    def __len__(self) -> int:
        """How many."""
        return len(self.traits)


@dataclass(frozen=True, slots=True)
class Shopper:
    """One of them, to be followed through a visit (`shoppers_timeline.timeline`)."""

    mode: Mode
    orientation: tuple[float, ...]
    attention: tuple[float, ...]
    rates: Mapping[str, float]
    visits: int
    measured: frozenset[str]
    seed: int


def modes_of(traits: Numbers) -> NDArray[np.int64]:
    """Index into `MODES` of each row: the dominant trait above `DOMINANT`, else default."""
    rivals = traits[:, :3]
    default = MODES.index(Mode.DEFAULT)
    return np.where(rivals.max(axis=1) > DOMINANT, rivals.argmax(axis=1), default).astype(np.int64)


def draw(count: int, seed: int) -> Shoppers:
    """A seeded population."""
    rng = np.random.default_rng(seed)
    traits = world.draw_traits(count, rng)
    measured = world.draw_measured(count, rng)
    own = world.tendencies(traits)
    there = world.has_areas(*(measured[:, SIGNAL_NAMES.index(name)] for name in _AREA_SIGNALS))
    # A Dirichlet draw is gamma draws over their sum.
    attention = _shares(rng.standard_gamma(world.attention(own)), there)
    orientation = _shares(np.broadcast_to(world.ORIENTATION_SHARES, there.shape), there)
    for name, shape in world.SHAPES.items():
        own[name] = own[name] * rng.gamma(shape, 1 / shape, count)
    for name, spread in world.SPREADS.items():
        own[name] = own[name] * np.exp(spread * rng.standard_normal(count))
    visits = 1 + rng.poisson(own["earlier_visits"])
    return Shoppers(traits, orientation, attention, own, visits, measured)


def _shares(weights: Numbers, there: NDArray[np.bool_]) -> Numbers:
    present = np.where(there, weights, 0.0)
    shares: Numbers = present / present.sum(axis=1, keepdims=True)
    return shares


def snapshots(shoppers: Shoppers, elapsed_s: Numbers, seed: int) -> Numbers:
    """What has been measured of each after ``elapsed_s``: columns as `SIGNAL_NAMES`, NaN missing.

    Page signals count from the opening of the product now on screen, which, given how many were
    opened, is the last of that many uniform moments.
    """
    rng = np.random.default_rng(seed)
    rates, count = shoppers.rates, len(shoppers)
    others = rng.poisson(rates["products"] * elapsed_s)
    page_s = elapsed_s * np.where(others > 0, rng.beta(1, np.maximum(others, 1)), 1.0)
    total = (page_s / world.GLANCE_S).astype(np.int64)
    first = np.minimum(total, world.ORIENTATION)
    glances = rng.multinomial(first, shoppers.orientation)
    glances += rng.multinomial(total - first, shoppers.attention)
    reviews = glances[:, 2] + glances[:, 3]
    review_ms = dwell_ms(reviews, rng.random(count))
    columns: dict[str, Numbers] = {
        "spec_hover_ms": dwell_ms(glances[:, 1], rng.random(count)),
        "review_dwell_ms": review_ms,
        "negative_review_dwell_ms": np.floor(review_ms * glances[:, 3] / np.maximum(reviews, 1)),
        "scroll_reversals": rng.poisson(rates["scroll_reversals"] * page_s).astype(float),
        "variant_switches": rng.poisson(rates["variant_switches"] * page_s).astype(float),
        "scroll_speed_px_sec": rates["scroll_speed"],
        "max_scroll_depth_pct": depth_pct(rates["scroll_depth"], page_s),
        "compare_tool_opened": _happened(rates["compare_tool"] * elapsed_s, rng),
        "add_to_cart_clicked": _happened(rates["add_to_cart"] * elapsed_s, rng),
        "checkout_clicked": _happened(rates["checkout"] * elapsed_s, rng),
        "exit_intent_count": rng.poisson(rates["exit_intents"] * elapsed_s).astype(float),
        "products_viewed": (1 + others).astype(float),
        "session_duration_ms": np.floor(elapsed_s * 1_000),
        "visit_count": shoppers.visits.astype(float),
    }
    table = np.column_stack([columns[name] for name in SIGNAL_NAMES])
    return np.where(shoppers.measured, table, np.nan)


def dwell_ms(glances: NDArray[np.int64], unfinished: Numbers) -> Numbers:
    """Whole glances as measured time: of the last one only a part in (0, 1] has passed."""
    return np.where(glances > 0, np.ceil((glances - unfinished) * world.GLANCE_S * 1_000), 0.0)


def depth_pct(speed: Numbers, page_s: Numbers) -> Numbers:
    """The share of the page seen approaches 100 %, ever more slowly."""
    return -100.0 * np.expm1(-np.minimum(speed * page_s, 30.0))


def _happened(expected: Numbers, rng: np.random.Generator) -> Numbers:
    return (rng.random(len(expected)) < -np.expm1(-expected)).astype(float)


def signals_of(row: Numbers) -> Signals:
    """One row of `snapshots` as the tracker would send it."""
    values: dict[str, float | int | bool] = {}
    for name, value in zip(SIGNAL_NAMES, row.tolist(), strict=True):
        if value == value:  # noqa: PLR0124 - NaN, the missing one, is not itself
            values[name] = value if name in _REAL else bool(value) if name in _FLAGS else int(value)
    return Signals(**values)  # type: ignore[arg-type]  # the names are the struct's own


def matrix_of(table: Numbers) -> NDArray[np.float32]:
    """Rows of `snapshots` as features, by the code that serves (R46)."""
    states = [State(session=Session(0.0, 0.0, signals=signals_of(row))) for row in table]
    return features.matrix(states, now=0.0)


def one(shoppers: Shoppers, index: int, seed: int) -> Shopper:
    """A member of a population; ``seed`` is for what chance still decides in their visit."""
    mode = int(modes_of(shoppers.traits[index : index + 1])[0])
    names = zip(SIGNAL_NAMES, shoppers.measured[index].tolist(), strict=True)
    return Shopper(
        MODES[mode],
        tuple(shoppers.orientation[index].tolist()),
        tuple(shoppers.attention[index].tolist()),
        {name: float(values[index]) for name, values in shoppers.rates.items()},
        int(shoppers.visits[index]),
        frozenset(name for name, there in names if there),
        seed,
    )
