"""XGBoost trains the intent classifier: seeded, one thread, the same bytes each time.

Classes are never reweighted: it would make confidence say what no shopper does (calibration error
.016 → .100 when measured), and the gate reads confidence.
"""

from collections.abc import Sequence

import numpy as np
import xgboost
from numpy.typing import NDArray

from saccade.domain import MODES, Frozen
from saccade.learning import boosters
from saccade.learning.boosters import Matrix
from saccade.learning.figures import log_loss

Labels = NDArray[np.int64]


class Size(Frozen, frozen=True):
    """How large a model is: rounds of one tree a mode, and the depth of each tree."""

    depth: int
    rounds: int


SIZES = (Size(4, 60), Size(4, 80), Size(4, 100), Size(5, 60), Size(5, 80), Size(5, 100))
"""From small to large: what `choose` chooses from."""

PARAMETERS: dict[str, int | float | str] = {
    "objective": "multi:softprob",
    "num_class": len(MODES),
    "tree_method": "hist",
    "max_bin": 64,
    "eta": 0.3,
    "min_child_weight": 20,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "nthread": 1,
}
"""All but size and seed."""


def train(matrix: Matrix, labels: Labels, seed: int, size: Size = SIZES[0]) -> bytes:
    """A model as XGBoost's JSON. ``labels`` index `MODES`; NaN in ``matrix`` is missing."""
    return bytes(_boost(matrix, labels, seed, size).save_raw(raw_format="json"))


def predict(model: bytes, matrix: Matrix) -> Matrix:
    """XGBoost's own probabilities."""
    return boosters.probabilities(boosters.load(model), matrix)


def choose(
    training: tuple[Matrix, Labels],
    held_out: tuple[Matrix, Labels],
    seed: int,
    sizes: Sequence[Size] = SIZES,
    worth: float = 0.005,
) -> Size:
    """The smallest of ``sizes`` whose held-out log-loss is within ``worth`` of the best."""
    losses: dict[Size, float] = {}
    for depth in sorted({size.depth for size in sizes}):
        counts = [size.rounds for size in sizes if size.depth == depth]
        booster = _boost(*training, seed, Size(depth, max(counts)))
        for rounds in counts:
            given = boosters.probabilities(booster[:rounds], held_out[0])
            losses[Size(depth, rounds)] = log_loss(given, held_out[1])
    best = min(losses.values())
    return next(size for size in sizes if losses[size] <= best + worth)


def _boost(matrix: Matrix, labels: Labels, seed: int, size: Size) -> xgboost.Booster:
    parameters = {**PARAMETERS, "max_depth": size.depth, "seed": seed}
    return xgboost.train(parameters, boosters.data(matrix, labels), size.rounds)
