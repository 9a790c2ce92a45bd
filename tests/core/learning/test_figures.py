"""Accuracy, log-loss and calibration error against figures worked out by hand (R47)."""

import math

import numpy as np
import pytest

from saccade.learning.figures import accuracy, calibration_error, log_loss, majority

GIVEN = np.array(
    [[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.3, 0.7], [0.3, 0.7]], dtype=np.float32
)
TRUE = np.array([0, 0, 0, 1, 1, 0])


def test_accuracy_and_majority() -> None:
    assert accuracy(GIVEN, TRUE) == pytest.approx(4 / 6)
    assert majority(TRUE) == pytest.approx(4 / 6)
    assert majority(np.array([3, 3, 3, 1])) == 0.75


def test_log_loss() -> None:
    by_hand = -(3 * math.log(0.9) + math.log(0.1) + math.log(0.7) + math.log(0.3)) / 6
    assert log_loss(GIVEN, TRUE) == pytest.approx(by_hand, rel=1e-6)
    certain = np.array([[1.0, 0.0]], dtype=np.float32)
    assert math.isfinite(log_loss(certain, np.array([1])))


def test_calibration_error() -> None:
    # At 0.9 three of four are right, at 0.7 one of two.
    by_hand = (4 * abs(0.9 - 0.75) + 2 * abs(0.7 - 0.5)) / 6
    assert calibration_error(GIVEN, TRUE) == pytest.approx(by_hand, abs=1e-6)
    sure = np.array([[1.0, 0.0], [1.0, 0.0]], dtype=np.float32)
    assert calibration_error(sure, np.array([0, 0])) == 0
