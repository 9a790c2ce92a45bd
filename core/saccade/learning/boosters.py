"""XGBoost's Booster over one feature set. Importing this imports xgboost, which takes a second."""

import numpy as np
import xgboost
from numpy.typing import NDArray

from saccade.features import FEATURES

Matrix = NDArray[np.float32]


def load(model: bytes) -> xgboost.Booster:
    """From XGBoost's JSON; one thread."""
    booster = xgboost.Booster(params={"nthread": 1})
    booster.load_model(bytearray(model))  # pyright: ignore[reportUnknownMemberType]  # xgboost leaves PathLike open
    return booster


def data(matrix: Matrix, labels: NDArray[np.int64] | None = None) -> xgboost.DMatrix:
    """Rows of `FEATURES`; NaN is missing."""
    return xgboost.DMatrix(matrix, labels, feature_names=list(FEATURES.names), nthread=1)


def probabilities(booster: xgboost.Booster, matrix: Matrix) -> Matrix:
    """One row a row, one column a class."""
    return np.asarray(booster.predict(data(matrix)), dtype=np.float32)


def contributions(booster: xgboost.Booster, matrix: Matrix) -> Matrix:
    """TreeSHAP: row, class, feature; after the features the bias. They add up to the margins."""
    return np.asarray(booster.predict(data(matrix), pred_contribs=True), dtype=np.float32)
