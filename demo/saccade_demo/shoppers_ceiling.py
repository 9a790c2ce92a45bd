"""How right the best possible reader of the signals can be: the Bayes ceiling, by Monte Carlo.

Given the traits, the signals of `shoppers.snapshots` have densities in closed form
(`shoppers_likelihood`). Averaging the likelihood over draws of the traits, and of what else a row
does not show, gives each mode's posterior probability; choosing the greatest is the Bayes
classifier, up to the noise of the draws.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saccade.domain import MODES
from saccade.signals import SIGNAL_NAMES
from saccade_demo import shoppers_world as world
from saccade_demo.shoppers import modes_of
from saccade_demo.shoppers_likelihood import Glances, Rows, attention, count, flag, level
from saccade_demo.shoppers_world import Numbers

_CELLS = 50_000
"""Rows × draws weighed at once: few enough to stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Accuracy of the Bayes classifier on labelled rows."""

    accuracy: float
    standard_error: float
    """Of ``accuracy``, by the number of rows."""
    chosen: NDArray[np.int64]
    """The mode it names for each row."""


def ceiling(table: Numbers, labels: NDArray[np.int64], draws: int, seed: int) -> Ceiling:
    """Measured on rows of `shoppers.snapshots`.

    Few draws make the classifier a little worse than the true optimum, never better.
    """
    chosen = posterior(table, draws, seed).argmax(axis=1)
    accuracy = float((chosen == labels).mean())
    error = float(np.sqrt(accuracy * (1 - accuracy) / len(labels)))
    return Ceiling(accuracy, error, chosen)


def posterior(table: Numbers, draws: int, seed: int) -> Numbers:
    """Rows of `shoppers.snapshots` to probabilities in the order of `MODES`."""
    drawn = _Draws(draws, np.random.default_rng(seed))
    rows = max(1, _CELLS // draws)
    chunks = [drawn.posterior(table[at : at + rows]) for at in range(0, len(table), rows)]
    return np.concatenate(chunks)


class _Draws:
    """Traits drawn from the world, with the chance that rows do not show."""

    def __init__(self, draws: int, rng: np.random.Generator) -> None:
        traits = world.draw_traits(draws, rng)
        self._tendency = world.tendencies(traits)
        self._attention = world.attention(self._tendency)
        self._mode = np.eye(len(MODES))[modes_of(traits)]
        shape = world.SHAPES["products"]
        self._products = self._tendency["products"] * rng.gamma(shape, 1 / shape, draws)
        self._when, self._last = rng.random((2, draws))
        self._looked = _looked(draws, rng)
        self._rng = rng

    def posterior(self, table: Numbers) -> Numbers:
        """For each row the weight of the draws of each mode."""
        rows = dict(zip(SIGNAL_NAMES, table.T[:, :, None], strict=True))
        seen = Glances.of(rows)
        elapsed_s, page_s, log = self._times(rows, seen.least * world.GLANCE_S)
        total = np.maximum(np.floor(page_s / world.GLANCE_S), seen.least)
        log = log + attention(seen, self._attention, self._first(seen, total), total)
        log = log + self._levels(rows, page_s) + self._counts(rows, elapsed_s, page_s)
        log = log + self._flags(rows, elapsed_s)
        weights = np.exp(log - log.max(axis=1, keepdims=True))
        sums: Numbers = weights.sum(axis=1, keepdims=True)
        shares: Numbers = weights @ self._mode / sums
        return shares

    def _times(self, rows: Rows, least_s: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Seconds of the visit and of the page, as the row says, else drawn; and their weight.

        What is drawn leaves room for the dwell times seen (``least_s``), and the weight is the
        probability of that, so that no draw is wasted.
        """
        duration_ms = rows["session_duration_ms"]
        low = np.log(np.maximum(least_s, world.SHORTEST_S))
        drawn_s = np.exp(low + self._when * (np.log(world.LONGEST_S) - low))
        elapsed_s = np.where(np.isnan(duration_ms), drawn_s, duration_ms / 1_000)
        others = rows["products_viewed"] - 1
        unknown = np.isnan(others)
        if unknown.any():
            others = np.where(unknown, self._rng.poisson(self._products * elapsed_s), others)
        # The last of n uniform moments leaves Beta(1, n) of the time: the inverse of its CDF.
        room = 1 - least_s / elapsed_s
        left = 1 - room * (1 - self._last) ** (1 / np.maximum(others, 1))
        page_s = elapsed_s * np.where(others > 0, left, 1.0)
        return elapsed_s, page_s, others * np.log(np.maximum(room, 1e-300))

    def _first(self, seen: Glances, total: Numbers) -> NDArray[np.int64]:
        """The glances of orientation that were drawn for pages like these."""
        there = seen.areas()[:, 0]
        kind = (2 * there[:, 1] + there[:, 2])[:, None]
        length = np.minimum(total, world.ORIENTATION).astype(np.int64)
        first: NDArray[np.int64] = self._looked[kind, np.arange(len(self._last)), length]
        return first

    def _counts(self, rows: Rows, elapsed_s: Numbers, page_s: Numbers) -> Numbers:
        own = self._tendency
        return (
            count(rows["scroll_reversals"], "scroll_reversals", own, page_s)
            + count(rows["variant_switches"], "variant_switches", own, page_s)
            + count(rows["exit_intent_count"], "exit_intents", own, elapsed_s)
            + count(rows["products_viewed"] - 1, "products", own, elapsed_s)
            + count(rows["visit_count"] - 1, "earlier_visits", own, 1.0)
        )

    def _flags(self, rows: Rows, elapsed_s: Numbers) -> Numbers:
        own = self._tendency
        return (
            flag(rows["compare_tool_opened"], own["compare_tool"] * elapsed_s)
            + flag(rows["add_to_cart_clicked"], own["add_to_cart"] * elapsed_s)
            + flag(rows["checkout_clicked"], own["checkout"] * elapsed_s)
        )

    def _levels(self, rows: Rows, page_s: Numbers) -> Numbers:
        speed = np.log(rows["scroll_speed_px_sec"])
        unseen = -np.log1p(-np.clip(rows["max_scroll_depth_pct"], 1e-9, 100 - 1e-9) / 100)
        depth = np.log(unseen) - np.log(page_s)
        return level(speed, "scroll_speed", self._tendency) + level(
            depth, "scroll_depth", self._tendency
        )


def _looked(draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Glances of orientation, for each kind of page, draw, number of glances so far, and area.

    The kind is 2 where there are specifications, plus 1 where there are reviews.
    """
    chances = rng.random((draws, world.ORIENTATION, 1))
    kinds: list[NDArray[np.int64]] = []
    for kind in range(4):
        there = world.has_areas(np.array(kind >= 2), np.array(kind % 2 == 1))  # noqa: PLR2004 - the bit
        ends = np.cumsum(np.where(there, world.ORIENTATION_SHARES, 0.0))
        fell = (chances < ends / ends[-1]).argmax(axis=-1)
        each = np.eye(len(world.AREAS), dtype=np.int64)[fell]
        kinds.append(np.concatenate([np.zeros_like(each[:, :1]), each.cumsum(axis=1)], axis=1))
    return np.stack(kinds)
