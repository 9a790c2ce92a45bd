"""Densities of what is seen of a shopper, given their tendencies (see `shoppers_ceiling`).

Rows are seen values of shape (rows, 1), tendencies are draws of shape (draws,): each function
gives logarithms of shape (rows, draws), 0 where the value is missing. Factors that no draw
changes are left out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saccade_demo import shoppers_world as world
from saccade_demo.shoppers_world import Numbers

Rows = Mapping[str, Numbers]


def count(seen: Numbers, name: str, own: Rows, seconds: Numbers | float) -> Numbers:
    """Negative binomial of mean rate × seconds: Poisson around a shopper's own gamma rate."""
    shape, mean = world.SHAPES[name], own[name] * seconds
    log = seen * np.log(mean) - (seen + shape) * np.log(shape + mean)
    return np.where(np.isnan(seen), 0.0, log)


def flag(seen: Numbers, expected: Numbers) -> Numbers:
    """Whether the first happening of a Poisson process came in time."""
    log = np.where(seen == 1, np.log(-np.expm1(-expected)), -expected)
    return np.where(np.isnan(seen), 0.0, log)


def level(seen: Numbers, name: str, own: Rows) -> Numbers:
    """Normal in the logarithm, which is what ``seen`` is."""
    log = -0.5 * ((seen - np.log(own[name])) / world.SPREADS[name]) ** 2
    return np.where(np.isnan(seen), 0.0, log)


@dataclass(frozen=True, slots=True)
class Glances:
    """Dwell times as whole glances, by `world.AREAS` but the first; NaN where not told apart."""

    specifications: Numbers
    reviews: Numbers
    """All of them."""
    negative: Numbers

    @classmethod
    def of(cls, rows: Rows) -> "Glances":
        """From rows of `shoppers.snapshots`."""
        reviews = np.ceil(rows["review_dwell_ms"] / (world.GLANCE_S * 1_000))
        share = rows["negative_review_dwell_ms"] / np.maximum(rows["review_dwell_ms"], 1)
        specifications = np.ceil(rows["spec_hover_ms"] / (world.GLANCE_S * 1_000))
        return cls(specifications, reviews, np.round(share * reviews))

    @property
    def least(self) -> Numbers:
        """How many there must have been."""
        return np.nan_to_num(self.specifications) + np.nan_to_num(self.reviews)

    def areas(self) -> NDArray[np.bool_]:
        """Which areas each row's page has; the last axis is `world.AREAS`."""
        return world.has_areas(~np.isnan(self.specifications), ~np.isnan(self.reviews))


def attention(
    seen: Glances, parameters: Numbers, first: NDArray[np.int64], total: Numbers
) -> Numbers:
    """The glances after orientation: Dirichlet-multinomial over the areas the page has.

    ``first`` are the glances that orientation drew, shape (rows, draws, areas); ``total`` all
    glances on the page. Where orientation is all there was, its own density stands instead.
    """
    there = np.where(seen.areas(), parameters, 0.0)
    sums: Numbers = there.sum(axis=-1)
    later = np.maximum(total - world.ORIENTATION, 0)
    log = log_gamma(sums) - log_gamma(sums + later) + _log_factorial(later)
    for left, weight in _cells(seen, there, first, total):
        possible = np.maximum(left, 0)
        rising = log_gamma(weight + possible) - log_gamma(weight) - _log_factorial(possible)
        log = log + np.where(left >= 0, rising, -np.inf)
    return np.where(total <= world.ORIENTATION, _orientation(seen, total), log)


def _cells(
    seen: Glances, there: Numbers, first: NDArray[np.int64], total: Numbers
) -> list[tuple[Numbers, Numbers]]:
    """Glances left for attention in each area, beside the area's parameter.

    An area the page lacks is an empty cell, whatever its parameter; negative reviews not told
    apart from the others are one cell with them.
    """
    told = ~np.isnan(seen.negative)
    specifications, reviews = np.nan_to_num(seen.specifications), np.nan_to_num(seen.reviews)
    negative = np.nan_to_num(seen.negative)
    weights = np.where(there > 0, there, 1.0)
    other = weights[..., 2] + np.where(told, 0.0, weights[..., 3])
    first_negative = np.where(told, first[..., 3], 0)
    first_other = first[..., 2] + first[..., 3] - first_negative
    return [
        (total - specifications - reviews - first[..., 0], weights[..., 0]),
        (specifications - first[..., 1], weights[..., 1]),
        (reviews - negative - first_other, other),
        (negative - first_negative, weights[..., 3]),
    ]


def _orientation(seen: Glances, total: Numbers) -> Numbers:
    """Multinomial. No trait changes it, but the time on the page may be unknown."""
    nothing = np.zeros((*total.shape, len(world.AREAS)), dtype=np.int64)
    shares = np.where(seen.areas(), world.ORIENTATION_SHARES, 0.0)
    sums: Numbers = shares.sum(axis=-1)
    log = _log_factorial(total)
    for seen_here, share in _cells(seen, shares, nothing, total):
        glances = np.maximum(seen_here, 0)
        log = log + glances * np.log(share / sums) - _log_factorial(glances)
    return log


def log_gamma(values: Numbers) -> Numbers:
    """Stirling's series above 6, reached by recurrence; error below 1e-8 for positive values."""
    shift = np.ones_like(values)
    for step in range(6):
        shift = shift * (values + step)
    high = values + 6
    series = 1 / (12 * high) - 1 / (360 * high**3) + 1 / (1260 * high**5)
    log: Numbers = (high - 0.5) * np.log(high) - high + series - np.log(shift)
    return log + 0.5 * math.log(2 * math.pi)


_LOG_FACTORIALS = log_gamma(np.arange(world.LONGEST_S / world.GLANCE_S + 1) + 1)


def _log_factorial(glances: Numbers) -> Numbers:
    return _LOG_FACTORIALS[glances.astype(np.int64)]
