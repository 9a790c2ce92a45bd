"""An XGBoost classifier as bit tables: the same probabilities at a fraction of the time.

For each feature the thresholds of all trees cut the number line into intervals; "missing" is one
more. For each interval a table holds, tree by tree, the set of leaves a row can still reach, as
bits. A row looks up one table line a feature and ANDs them: in each tree exactly one leaf is left.
The idea of leaf sets as bits is QuickScorer's (Lucchese et al., SIGIR 2015); deciding every
condition of a feature at once by its interval leaves no test and no branch on a row's way.

XGBoost's own rules hold: comparison in float32, ``x < threshold`` goes left, missing follows the
node's default direction.
"""

import sys
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saccade.xgboost_json import Tree, TreeModel

Masks = NDArray[np.unsignedinteger[Any]]  # Any: the width follows the largest tree
Integers = NDArray[np.int64]

_LOWEST, _MISSING = -(2**31), 2**31 - 1
"""Keys below every number and above infinity."""

_BLOCK = 256
"""Rows looked up at once: bounds memory where a caller brings a hundred thousand."""

_PLUS_ZERO = np.float32(0)


class Forest:
    """A multi-class model ready to serve. Immutable; safe to share between threads."""

    __slots__ = (
        "_base",
        "_edges",
        "_features",
        "_first_leaf",
        "_leaves",
        "_lines",
        "_ones",
        "_places",
        "_table",
        "classes",
    )

    def __init__(self, model: TreeModel) -> None:
        self.classes = model.classes
        # All trees of the first class, then of the second: sums then run over neighbours.
        trees = [
            tree for group in range(model.classes) for tree in model.trees[group :: model.classes]
        ]
        self._base = np.array(model.base, dtype=np.float32)
        self._leaves = np.array(
            [value for tree in trees for value in tree.leaves], dtype=np.float32
        )
        counts = [len(tree.leaves) for tree in trees]
        self._first_leaf = np.cumsum([0, *counts[:-1]], dtype=np.int64)
        self._features = np.arange(model.features, dtype=np.int64) << 32
        self._edges = _edges(trees, model.features)
        self._table = _table(trees, self._edges, max(counts))
        self._places = _places(trees, self._edges, model.features)
        self._lines = [_long(line) for line in self._table]
        self._ones = _long(np.ones(len(trees), dtype=self._table.dtype))

    def __len__(self) -> int:
        """How many trees, over all classes."""
        return len(self._first_leaf)

    def margins(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of features to rows of raw scores, one a class."""
        if len(matrix) > _BLOCK:
            blocks = range(0, len(matrix), _BLOCK)
            return np.concatenate([self.margins(matrix[at : at + _BLOCK]) for at in blocks])
        keys = _ordered(matrix) + self._features
        lines = self._edges.searchsorted(keys.T, side="right") - 1
        left: Masks = np.bitwise_and.reduce(self._table.take(lines, axis=0), axis=0)
        # One bit is left in each tree: the bits below it count its place.
        place: NDArray[np.uint8] = np.bitwise_count(left - left.dtype.type(1))
        values = self._leaves.take(place + self._first_leaf)
        by_class = values.reshape(len(matrix), self.classes, len(self) // self.classes)
        scores: NDArray[np.float32] = by_class.sum(axis=2)
        return scores + self._base

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of features (NaN is missing) to rows of probabilities, one a class."""
        if len(matrix) == 1:
            return self._of_one(matrix[0].tolist()).reshape(1, -1)
        scores = self.margins(matrix)
        scores -= np.maximum.reduce(scores, axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= np.add.reduce(scores, axis=1, keepdims=True)
        return scores

    def _of_one(self, row: Sequence[float]) -> NDArray[np.float32]:
        """The probabilities of a single row, a shop's most frequent batch.

        The same tables read as Python's long integers: one AND a feature, over all trees at once,
        costs half of what NumPy's calls do.
        """
        left = -1
        for value, (cuts, first, missing) in zip(row, self._places, strict=True):
            known = value == value  # noqa: PLR0124 - NaN is not itself
            left &= self._lines[first + bisect_right(cuts, value) if known else missing]
        # One bit is left in each tree, so no tree borrows from the next.
        below = (left - self._ones).to_bytes(self._table.itemsize * len(self), sys.byteorder)
        place: NDArray[np.uint8] = np.bitwise_count(np.frombuffer(below, self._table.dtype))
        values = self._leaves.take(place + self._first_leaf).reshape(self.classes, -1)
        scores: NDArray[np.float32] = np.add.reduce(values, axis=1) + self._base
        scores -= max(scores.tolist())
        np.exp(scores, out=scores)
        scores /= np.add.reduce(scores)
        return scores


def _long(line: Masks) -> int:
    """A table's line as one number, tree after tree."""
    return int.from_bytes(line.tobytes(), sys.byteorder)


def _ordered(values: NDArray[np.float32]) -> Integers:
    """Integers in the order of the numbers; NaN, of either sign, after infinity."""
    # Adding 0 turns -0.0 into 0.0, which compares alike but has other bits.
    bits = (values + _PLUS_ZERO).view(np.int32)
    keys = (bits ^ ((bits >> 31) & _MISSING)).astype(np.int64)
    keys[np.isnan(values)] = _MISSING
    return keys


def _edges(trees: Sequence[Tree], features: int) -> Integers:
    """Where intervals begin, in one sorted row over all features; each feature's first edge lies
    below every number, its last above infinity."""
    cuts = [(split.feature, split.threshold) for tree in trees for split in tree.splits]
    ends = [(feature << 32) + end for feature in range(features) for end in (_LOWEST, _MISSING)]
    return np.unique(np.concatenate((_keys(cuts), np.array(ends, dtype=np.int64))))


def _places(
    trees: Sequence[Tree], edges: Integers, features: int
) -> list[tuple[list[float], int, int]]:
    """For each feature its thresholds in order, its first line and that of missing."""
    cuts: list[set[float]] = [set() for _ in range(features)]
    for tree in trees:
        for split in tree.splits:
            # As the model compares: in float32, where -0.0 is 0.0.
            cuts[split.feature].add(float(np.float32(split.threshold)) + 0.0)
    ends = [((feature << 32) + _LOWEST, (feature << 32) + _MISSING) for feature in range(features)]
    return [
        (sorted(mine), int(edges.searchsorted(first)), int(edges.searchsorted(missing)))
        for mine, (first, missing) in zip(cuts, ends, strict=True)
    ]


def _keys(cuts: Sequence[tuple[int, float]]) -> Integers:
    columns = np.array([feature for feature, _ in cuts], dtype=np.int64)
    return _ordered(np.array([cut for _, cut in cuts], dtype=np.float32)) + (columns << 32)


def _table(trees: Sequence[Tree], edges: Integers, most: int) -> Masks:
    """One line an interval, one column a tree: the leaves still reachable, as bits."""
    width = next(kind for kind in (np.uint16, np.uint32, np.uint64) if most <= np.iinfo(kind).bits)
    every = np.iinfo(width).max
    columns = np.empty((len(trees), len(edges)), dtype=width)
    for tree, column in zip(trees, columns, strict=True):
        column[:] = (1 << len(tree.leaves)) - 1
        at = edges.searchsorted(_keys([(split.feature, split.threshold) for split in tree.splits]))
        ends = [split.feature << 32 for split in tree.splits]
        firsts = edges.searchsorted([end + _LOWEST for end in ends])
        missing = edges.searchsorted([end + _MISSING for end in ends])
        places = zip(tree.splits, firsts.tolist(), at.tolist(), missing.tolist(), strict=True)
        for split, first, cut, absent in places:
            not_left, not_right = width(every ^ split.left), width(every ^ split.right)
            column[first:cut] &= not_right
            column[cut:absent] &= not_left
            column[absent] &= not_right if split.missing_goes_left else not_left
    return np.ascontiguousarray(columns.T)
