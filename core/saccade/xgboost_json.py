"""XGBoost's JSON model text read without xgboost: checked, and as splits over sets of leaves.

Every fact that serving relies on is checked here, so a text that is read can be served; anything
else is a `TreeError` naming the path inside the JSON. Unknown keys are XGBoost's business.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from saccade.domain import Frozen

MOST_LEAVES = 64
"""A tree's leaves are the bits of one unsigned integer."""

_MOST = 10_000
"""More classes or features than this are damage, not a model."""


class TreeError(Exception):
    """A model text that cannot be served. ``key`` is the path inside the JSON."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key, self.problem = key, problem


class Split(Frozen, frozen=True):
    """An inner node: ``x < threshold`` leaves the row the left leaves, else the right ones.

    Leaves are bits, the leftmost leaf the lowest.
    """

    feature: int
    threshold: float
    missing_goes_left: bool
    left: int
    right: int


class Tree(Frozen, frozen=True):
    """Values of the leaves from left to right, and the splits that choose one."""

    leaves: tuple[float, ...]
    splits: tuple[Split, ...]


class TreeModel(Frozen, frozen=True):
    """A softmax classifier: trees take turns by class, margins start at ``base``."""

    made_by: str
    """XGBoost's version."""
    classes: int
    features: int
    feature_names: tuple[str, ...]
    base: tuple[float, ...]
    trees: tuple[Tree, ...]


class _Tree(msgspec.Struct, frozen=True):
    left_children: list[int]
    right_children: list[int]
    split_indices: list[int]
    split_conditions: list[float]
    """The threshold of an inner node, the value of a leaf."""
    default_left: list[int]
    split_type: list[int]


class _Trees(msgspec.Struct, frozen=True):
    trees: list[_Tree]
    tree_info: list[int]


class _Booster(msgspec.Struct, frozen=True):
    model: _Trees
    name: str


class _Parameters(msgspec.Struct, frozen=True):
    base_score: str
    num_class: str
    num_feature: str


class _Objective(msgspec.Struct, frozen=True):
    name: str


class _Learner(msgspec.Struct, frozen=True):
    gradient_booster: _Booster
    learner_model_param: _Parameters
    objective: _Objective
    feature_names: list[str] = []


class _Text(msgspec.Struct, frozen=True):
    learner: _Learner
    version: list[int]


def read(text: bytes) -> TreeModel:
    """The model in ``text``. Raises `TreeError` for whatever it does not understand."""
    try:
        model = msgspec.json.decode(text, type=_Text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TreeError("model", f"is not XGBoost's JSON: {error}") from None
    learner = model.learner
    if learner.objective.name != "multi:softprob":
        raise TreeError("learner.objective.name", "is not multi:softprob")
    if learner.gradient_booster.name != "gbtree":
        raise TreeError("learner.gradient_booster.name", "is not gbtree")
    parameters = learner.learner_model_param
    classes = _count("num_class", parameters.num_class)
    features = _count("num_feature", parameters.num_feature)
    _check_turns(learner.gradient_booster.model, classes)
    return TreeModel(
        ".".join(str(part) for part in model.version),
        classes,
        features,
        tuple(learner.feature_names),
        _base(parameters.base_score, classes),
        tuple(
            _tree(tree, f"learner.gradient_booster.model.trees[{number}]", features)
            for number, tree in enumerate(learner.gradient_booster.model.trees)
        ),
    )


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST))):
        raise TreeError(f"learner.learner_model_param.{name}", "is no count")
    if not 1 <= int(text) <= _MOST:
        raise TreeError(f"learner.learner_model_param.{name}", f"is not 1 to {_MOST}")
    return int(text)


def _check_turns(model: _Trees, classes: int) -> None:
    count = len(model.trees)
    if count == 0 or count % classes:
        raise TreeError("learner.gradient_booster.model.trees", "is not one a class and round")
    if model.tree_info != [number % classes for number in range(count)]:
        raise TreeError("learner.gradient_booster.model.tree_info", "does not count the classes")


def _base(text: str, classes: int) -> tuple[float, ...]:
    """The starting margins: since XGBoost 3.1 a JSON list inside a string."""
    key = "learner.learner_model_param.base_score"
    try:
        read = msgspec.json.decode(text, type=list[float] | float)
    except msgspec.DecodeError:
        raise TreeError(key, "is neither a number nor a list of numbers") from None
    base = [read] if isinstance(read, float) else read
    if len(base) not in {1, classes} or not np.isfinite(base).all():
        raise TreeError(key, f"is not one finite number for each of {classes} classes")
    return tuple(base) * (classes // len(base))


def _tree(tree: _Tree, key: str, features: int) -> Tree:
    size = len(tree.left_children)
    columns: tuple[Sequence[float], ...] = (
        *(tree.right_children, tree.split_indices, tree.split_conditions),
        *(tree.default_left, tree.split_type),
    )
    if size == 0 or any(len(column) != size for column in columns):
        raise TreeError(key, "is empty or has columns of different length")
    # As float32, because that is what is compared: 1e300 would become infinite.
    with np.errstate(over="ignore"):
        finite = np.isfinite(np.array(tree.split_conditions, dtype=np.float32))
    if not finite.all():
        raise TreeError(key, "has a threshold or a leaf that is no finite number")
    order = _order(tree, key)
    bits: dict[int, int] = {}
    leaves: list[float] = []
    splits: list[Split] = []
    for node in reversed(order):  # children before parents, so that a parent finds their leaves
        left, right = tree.left_children[node], tree.right_children[node]
        if left == -1:
            bits[node] = 1 << len(leaves)
            leaves.append(tree.split_conditions[node])
            continue
        if tree.split_type[node] != 0 or not 0 <= tree.split_indices[node] < features:
            raise TreeError(key, "splits by something other than a numeric feature it has")
        bits[node] = bits[left] | bits[right]
        splits.append(
            Split(
                tree.split_indices[node],
                tree.split_conditions[node],
                bool(tree.default_left[node]),
                bits[left],
                bits[right],
            )
        )
    if len(leaves) > MOST_LEAVES:
        raise TreeError(key, f"has more than {MOST_LEAVES} leaves")
    return Tree(tuple(leaves), tuple(splits))


def _order(tree: _Tree, key: str) -> list[int]:
    """The nodes from the root, parents before children. Each is met at most once."""
    size = len(tree.left_children)
    order: list[int] = []
    met = bytearray(size)
    stack = [0]
    while stack:
        node = stack.pop()
        if not 0 <= node < size or met[node]:
            raise TreeError(key, "does not have the shape of a tree")
        met[node] = 1
        order.append(node)
        if tree.left_children[node] != -1:
            stack += [tree.left_children[node], tree.right_children[node]]
    return order
