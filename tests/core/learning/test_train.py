"""Training: the same bytes each time, calibrated, no larger than it pays (R10, R47)."""

import numpy as np
import pytest

from saccade.learning.boosters import Matrix
from saccade.learning.figures import accuracy, calibration_error, log_loss
from saccade.learning.train import Labels, Size, choose, predict, train
from saccade.trees import Forest
from saccade.xgboost_json import read
from saccade_demo import shoppers
from saccade_demo.shoppers_world import draw_elapsed


def sample(count: int, seed: int) -> tuple[Matrix, Labels]:
    drawn = shoppers.draw(count, seed)
    elapsed_s = draw_elapsed(count, np.random.default_rng(seed + 1))
    table = shoppers.snapshots(drawn, elapsed_s, seed + 2)
    return shoppers.matrix_of(table), shoppers.modes_of(drawn.traits)


@pytest.fixture(scope="module")
def training() -> tuple[Matrix, Labels]:
    return sample(12_000, 100)


@pytest.fixture(scope="module")
def held_out() -> tuple[Matrix, Labels]:
    return sample(20_000, 200)


SMALL = Size(3, 40)


def test_the_same_seed_makes_the_same_bytes(training: tuple[Matrix, Labels]) -> None:
    first = train(*training, seed=7, size=SMALL)
    assert train(*training, seed=7, size=SMALL) == first
    assert train(*training, seed=8, size=SMALL) != first


def test_it_learns_and_stays_calibrated(
    training: tuple[Matrix, Labels], held_out: tuple[Matrix, Labels]
) -> None:
    matrix, labels = held_out
    given = predict(train(*training, seed=7, size=SMALL), matrix)
    shares = np.bincount(labels) / len(labels)
    assert accuracy(given, labels) > shares.max() + 0.08
    constant = np.tile(shares.astype(np.float32), (len(labels), 1))
    assert log_loss(given, labels) < log_loss(constant, labels) - 0.2
    assert calibration_error(given, labels) < 0.03
    # Reweighted classes would pull the mean probabilities toward a quarter each.
    np.testing.assert_allclose(given.mean(axis=0), shares, atol=0.015)


def test_the_size_asked_for_is_the_size_made(training: tuple[Matrix, Labels]) -> None:
    parsed = read(train(*training, seed=7, size=Size(2, 5)))
    assert len(parsed.trees) == 20
    assert max(len(tree.leaves) for tree in parsed.trees) == 4
    assert len(Forest(parsed)) == 20


def test_the_smallest_size_that_is_worth_it_is_chosen(
    training: tuple[Matrix, Labels], held_out: tuple[Matrix, Labels]
) -> None:
    sizes = (Size(1, 2), Size(2, 10), Size(3, 25))
    losses = [
        log_loss(predict(train(*training, seed=7, size=size), held_out[0]), held_out[1])
        for size in sizes
    ]
    assert losses == sorted(losses, reverse=True)
    chosen = [
        choose(training, held_out, 7, sizes, worth=worth)
        for worth in (0.0, losses[1] - losses[2] + 1e-6, losses[0] - losses[2] + 1e-6)
    ]
    assert chosen == list(reversed(sizes))
