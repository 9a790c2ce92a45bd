"""How good probabilities are: accuracy, log-loss, calibration error."""

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float32]
Labels = NDArray[np.int64]

BINS = 15


def accuracy(probabilities: Probabilities, labels: Labels) -> float:
    """Share of rows whose most probable class is the true one."""
    return float((probabilities.argmax(axis=1) == labels).mean())


def log_loss(probabilities: Probabilities, labels: Labels) -> float:
    """Mean of -ln p of the true class."""
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(given, 1e-15)).mean())


def calibration_error(probabilities: Probabilities, labels: Labels) -> float:
    """Expected calibration error of the top class over bins of equal width (Guo et al., 2017)."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gap = np.bincount(bins, weights=confidence - right, minlength=BINS)
    return float(np.abs(gap).sum() / len(labels))


def majority(labels: Labels) -> float:
    """Accuracy of always naming the commonest class."""
    return float(np.bincount(labels).max() / len(labels))
