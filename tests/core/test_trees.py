"""Bit tables against XGBoost itself, at the thresholds most of all (R10)."""

from typing import Any

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray

from saccade.registry import FileModels
from saccade.trees import Forest
from saccade.xgboost_json import read

Matrix = NDArray[np.float32]
COLUMNS = 9


def rows(count: int, seed: int, missing: float = 0.1) -> Matrix:
    """Numbers of both signs, a tenth missing, many of them equal and many of them 0."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(0, 3, (count, COLUMNS)).astype(np.float32)
    matrix[:, :4] = np.round(matrix[:, :4])
    matrix[rng.random(matrix.shape) < missing] = np.nan
    return matrix


def trained(depth: int, *, classes: int = 4, rounds: int = 12, count: int = 3_000) -> bytes:
    """A model of signal and noise; missing values mean something, so both directions are learnt."""
    matrix = rows(count, 1)
    rng = np.random.default_rng(2)
    score = np.nan_to_num(matrix[:, 0], nan=2.0) + 0.5 * np.nan_to_num(matrix[:, 5], nan=-3.0)
    labels = np.digitize(score + rng.normal(0, 1, count), [-2, 0, 2][: classes - 1])
    parameters: dict[str, Any] = {
        "objective": "multi:softprob",
        "num_class": classes,
        "max_depth": depth,
        "nthread": 1,
        "seed": 3,
    }
    data = xgboost.DMatrix(matrix, labels, nthread=1)
    return bytes(xgboost.train(parameters, data, rounds).save_raw("json"))


def by_xgboost(model: bytes, matrix: Matrix, names: list[str] | None = None) -> Matrix:
    booster = xgboost.Booster(params={"nthread": 1})
    booster.load_model(bytearray(model))  # pyright: ignore[reportUnknownMemberType]  # xgboost leaves PathLike open
    return booster.predict(xgboost.DMatrix(matrix, feature_names=names, nthread=1))


@pytest.mark.parametrize(("depth", "bits"), [(1, 16), (4, 16), (5, 32), (6, 64)])
def test_equal_to_xgboost_on_ten_thousand_rows(depth: int, bits: int) -> None:
    model = trained(depth)
    parsed = read(model)
    most = max(len(tree.leaves) for tree in parsed.trees)
    assert bits // 2 < most <= bits or depth == 1  # each width of the tables is met
    matrix = rows(10_000, 4)
    np.testing.assert_allclose(
        Forest(parsed).probabilities(matrix), by_xgboost(model, matrix), rtol=0, atol=1e-6
    )


def test_the_committed_model_is_equal_on_ten_thousand_rows() -> None:
    published = FileModels.packaged().current()
    assert published is not None
    rng = np.random.default_rng(5)
    names = list(published.manifest.feature_names)
    matrix = (10 ** rng.uniform(-1, 5.5, (10_000, len(names)))).astype(np.float32)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    expected = by_xgboost(published.text, matrix, names)
    np.testing.assert_allclose(published.probabilities(matrix), expected, rtol=0, atol=1e-6)


def test_equal_on_and_beside_every_threshold() -> None:
    model = trained(4)
    parsed = read(model)
    splits = {(split.feature, split.threshold) for tree in parsed.trees for split in tree.splits}
    lines: list[Matrix] = []
    for feature, threshold in sorted(splits):
        at = np.float32(threshold)
        for value in (
            at,
            np.nextafter(at, np.float32(-np.inf)),
            np.nextafter(at, np.float32(np.inf)),
        ):
            line = np.zeros(COLUMNS, dtype=np.float32)
            line[feature] = value
            lines.append(line)
    matrix = np.array(lines)
    assert len(matrix) > 300
    np.testing.assert_allclose(
        Forest(parsed).probabilities(matrix), by_xgboost(model, matrix), rtol=0, atol=1e-6
    )


def test_zeros_of_both_signs_infinities_and_nans_of_both_signs() -> None:
    model = trained(5)
    special = np.array([0.0, -0.0, 3.4e38, -3.4e38, 1e-45, -1e-45], dtype=np.float32)
    matrix = np.random.default_rng(6).choice(special, (2_000, COLUMNS))
    forest = Forest(read(model))
    np.testing.assert_allclose(
        forest.probabilities(matrix), by_xgboost(model, matrix), rtol=0, atol=1e-6
    )
    np.testing.assert_array_equal(forest.margins(matrix), forest.margins(matrix + np.float32(0)))
    nan, other = (
        np.full((1, COLUMNS), np.nan, np.float32),
        np.full((1, COLUMNS), -np.nan, np.float32),
    )
    assert nan.tobytes() != other.tobytes()
    np.testing.assert_array_equal(forest.margins(nan), forest.margins(other))
    top, infinite = np.full_like(nan, 3.4e38), np.full_like(nan, np.inf)
    np.testing.assert_array_equal(forest.margins(top), forest.margins(infinite))
    np.testing.assert_array_equal(forest.margins(-top), forest.margins(-infinite))


def row_by_row(forest: Forest, matrix: Matrix) -> Matrix:
    return np.concatenate([forest.probabilities(matrix[i : i + 1]) for i in range(len(matrix))])


def test_a_row_alone_is_the_row_in_its_batch_bit_for_bit() -> None:
    parsed = read(trained(5))
    forest = Forest(parsed)
    cuts = np.array([split.threshold for tree in parsed.trees for split in tree.splits])
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1e-45, -1e-45])
    beside = np.concatenate([np.nextafter(cuts.astype(np.float32), np.float32(0)), cuts, special])
    matrix = np.random.default_rng(8).choice(beside.astype(np.float32), (1_500, COLUMNS))
    np.testing.assert_array_equal(forest.probabilities(matrix), row_by_row(forest, matrix))


def test_a_batch_is_its_rows_also_beyond_one_block() -> None:
    forest = Forest(read(trained(3)))
    matrix = rows(700, 7)
    together = forest.probabilities(matrix)
    np.testing.assert_array_equal(together, row_by_row(forest, matrix))
    assert forest.probabilities(matrix[:0]).shape == (0, 4)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-6)


def test_trees_that_are_a_single_leaf() -> None:
    data = xgboost.DMatrix(np.zeros((8, COLUMNS), np.float32), np.arange(8) % 3, nthread=1)
    parameters: dict[str, Any] = {"objective": "multi:softprob", "num_class": 3, "nthread": 1}
    model = bytes(xgboost.train(parameters, data, 2).save_raw("json"))
    parsed = read(model)
    assert all(len(tree.leaves) == 1 for tree in parsed.trees)
    matrix = rows(10, 8)
    np.testing.assert_allclose(
        Forest(parsed).probabilities(matrix), by_xgboost(model, matrix), rtol=0, atol=1e-6
    )


def test_two_classes_and_three() -> None:
    for classes in (2, 3):
        model = trained(3, classes=classes)
        forest = Forest(read(model))
        assert (forest.classes, len(forest)) == (classes, 12 * classes)
        matrix = rows(500, 9)
        np.testing.assert_allclose(
            forest.probabilities(matrix), by_xgboost(model, matrix), rtol=0, atol=1e-6
        )
