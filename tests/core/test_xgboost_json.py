"""Model texts that must be refused, each by the path of what is wrong (F21)."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost

from saccade.xgboost_json import TreeError, read

Json = dict[str, Any]


def trained(depth: int = 3) -> bytes:
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(2_000, 5)).astype(np.float32)
    labels = rng.integers(0, 4, 2_000)
    parameters: dict[str, Any] = {
        "objective": "multi:softprob",
        "num_class": 4,
        "max_depth": depth,
        "min_child_weight": 0,
        "nthread": 1,
    }
    names = ["a", "b", "c", "d", "e"]
    data = xgboost.DMatrix(matrix, labels, feature_names=names, nthread=1)
    return bytes(xgboost.train(parameters, data, 2).save_raw("json"))


TEXT = trained()


def test_what_is_read() -> None:
    model = read(TEXT)
    assert model.made_by == xgboost.__version__
    assert (model.classes, model.features, len(model.trees)) == (4, 5, 8)
    assert model.feature_names == ("a", "b", "c", "d", "e")
    for tree in model.trees:
        assert len(tree.splits) == len(tree.leaves) - 1
        for split in tree.splits:
            assert split.left & split.right == 0  # no leaf on both sides


def of(model: Json, number: int = 0) -> Json:
    tree: Json = model["learner"]["gradient_booster"]["model"]["trees"][number]
    return tree


def put(path: str, value: object) -> Callable[[Json], None]:
    """Sets what stands at a path of keys and numbers."""

    def change(model: Json) -> None:
        *way, last = [int(key) if key.isdigit() else key for key in path.split(".")]
        inner: Any = model
        for key in way:
            inner = inner[key]
        inner[last] = value

    return change


TREES = "learner.gradient_booster.model.trees"


def cycle(model: Json) -> None:
    of(model)["left_children"][1] = 0


def shorter(model: Json) -> None:
    of(model)["default_left"].pop()


def one_tree_less(model: Json) -> None:
    model["learner"]["gradient_booster"]["model"]["trees"].pop()


def no_trees(model: Json) -> None:
    model["learner"]["gradient_booster"]["model"] |= {"trees": [], "tree_info": []}


@pytest.mark.parametrize(
    ("damage", "key"),
    [
        (put("learner.objective.name", "reg:squarederror"), "learner.objective.name"),
        (put("learner.gradient_booster.name", "dart"), "learner.gradient_booster.name"),
        (put("learner.learner_model_param.num_class", "0"), "num_class"),
        (put("learner.learner_model_param.num_class", "-4"), "num_class"),
        (put("learner.learner_model_param.num_class", "9" * 5_000), "num_class"),
        (put("learner.learner_model_param.num_feature", "x"), "num_feature"),
        (put("learner.learner_model_param.num_feature", "2"), TREES),
        (put("learner.learner_model_param.base_score", "[1,2]"), "base_score"),
        (put("learner.learner_model_param.base_score", "[1,2,3,1e999]"), "base_score"),
        (put("learner.learner_model_param.base_score", "half"), "base_score"),
        (put("learner.gradient_booster.model.tree_info", [3, 2, 1, 0] * 2), "tree_info"),
        (one_tree_less, TREES),
        (no_trees, TREES),
        (shorter, f"{TREES}[0]"),
        (cycle, f"{TREES}[0]"),
        (put(f"{TREES}.3.right_children.0", 10**12), f"{TREES}[3]"),
        (put(f"{TREES}.3.right_children.0", -7), f"{TREES}[3]"),
        (put(f"{TREES}.1.split_indices.0", 5), f"{TREES}[1]"),
        (put(f"{TREES}.1.split_indices.0", -1), f"{TREES}[1]"),
        (put(f"{TREES}.1.split_type.0", 1), f"{TREES}[1]"),
        (put(f"{TREES}.2.split_conditions.0", 1e39), f"{TREES}[2]"),  # infinite as float32
        (put(f"{TREES}.2.split_conditions.0", "0.5"), "model"),
        (put("learner", []), "model"),
    ],
)
def test_damage_is_named(damage: Callable[[Json], None], key: str) -> None:
    model: Json = json.loads(TEXT)
    damage(model)
    with pytest.raises(TreeError) as refused:
        read(json.dumps(model).encode())
    assert key in refused.value.key


@pytest.mark.parametrize(
    "text", [b"", b"{", b"null", b"\xff\xfe", b"[" * 100_000, b'{"learner": NaN}', TEXT[:-100]]
)
def test_what_is_not_a_model_is_refused(text: bytes) -> None:
    with pytest.raises(TreeError):
        read(text)


def test_more_than_sixty_four_leaves_are_refused() -> None:
    with pytest.raises(TreeError, match="64 leaves"):
        read(trained(depth=8))
