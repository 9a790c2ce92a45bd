"""A model's folder: proof at the thresholds, and the command that makes the first one."""

import importlib.util
import sys
from importlib import resources
from pathlib import Path
from types import ModuleType

import msgspec
import numpy as np
import pytest

from saccade.features import FEATURES
from saccade.learning import publish
from saccade.learning.train import Size, predict, train
from saccade.manifest import MANIFEST, MODEL, PROOF, Figures, Made, Manifest, Proof, proof, sha256
from saccade.registry import FileModels
from saccade.xgboost_json import read

SCRIPT = Path(__file__).parents[3] / "scripts" / "train_first_model.py"
FIGURES = Figures(10, 0.5, 1.0, 0.01, 0.4, 0.45)
MADE = Made("test", 3, 900, {"depth": 3}, publish.versions()[0], publish.versions()[1], "here")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_first_model", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # msgspec resolves a struct's annotations by module name
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model() -> bytes:
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(900, len(FEATURES.names))).astype(np.float32)
    return train(matrix, (matrix[:, 0] > 0).astype(np.int64) + 2, 3, Size(3, 6))


def test_what_is_published_can_be_served(model: bytes, tmp_path: Path) -> None:  # R10
    manifest = publish.publish(tmp_path / "deep" / "folder", "mine", model, MADE, FIGURES)
    models = FileModels(tmp_path / "deep" / "folder", try_first=False)
    served = models.current()
    assert models.error is None
    assert served is not None
    assert served.manifest == manifest
    assert served.version == manifest.version == f"mine-{sha256(model)[:12]}"
    assert served.text == model


def test_proof_rows_stand_on_thresholds_and_miss_a_tenth(model: bytes) -> None:
    rows = publish.proof_rows(model, seed=5)
    assert rows.shape == (publish.PROOF_ROWS, len(FEATURES.names))
    np.testing.assert_array_equal(rows, publish.proof_rows(model, seed=5))
    assert 0.05 < np.isnan(rows).mean() < 0.15
    cuts = {
        np.float32(split.threshold)
        for tree in read(model).trees
        for split in tree.splits
        if split.feature == 0
    }
    column = set(rows[:, 0].tolist())
    assert len(column & {float(cut) for cut in cuts}) > len(cuts) / 2
    assert any(value == 0 and np.signbit(value) for value in rows[:, 0])


def test_a_proof_reads_back_bit_for_bit(model: bytes) -> None:
    rows = publish.proof_rows(model, seed=6)
    given = predict(model, rows)
    text = msgspec.json.encode(proof(rows, given))
    again = msgspec.json.decode(text, type=Proof)
    missing = np.isnan(rows)
    read_back = again.matrix()
    np.testing.assert_array_equal(np.isnan(read_back), missing)
    assert np.where(missing, 0, read_back).tobytes() == np.where(missing, 0, rows).tobytes()
    assert np.array(again.probabilities, dtype=np.float32).tobytes() == given.tobytes()


def test_the_command_makes_the_same_bytes_twice(script: ModuleType, tmp_path: Path) -> None:  # R47
    effort = script.Effort(
        training=4_000,
        choosing=2_000,
        measuring=2_000,
        ceiling_rows=60,
        ceiling_draws=500,
        sizes=(Size(2, 5), Size(3, 8)),
    )
    manifests = [script.make(tmp_path / name, effort) for name in ("first", "second")]
    assert manifests[0] == manifests[1]
    for name in (MANIFEST, MODEL, PROOF):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
    figures = manifests[0].figures
    assert figures.accuracy > figures.majority
    assert figures.ceiling_rows == 60
    assert FileModels(tmp_path / "first", try_first=False).error is None


@pytest.mark.full
@pytest.mark.timeout(1_800)
def test_the_committed_model_is_made_again(script: ModuleType, tmp_path: Path) -> None:  # R47
    packaged = resources.files("saccade").joinpath("models", "first")
    committed = msgspec.json.decode(packaged.joinpath(MANIFEST).read_bytes(), type=Manifest)
    again: Manifest = script.make(tmp_path, script.Effort())
    here = (*publish.versions(), publish.machine())
    if here == (committed.made.xgboost, committed.made.numpy, committed.made.machine):
        for name in (MANIFEST, MODEL, PROOF):
            assert (tmp_path / name).read_bytes() == packaged.joinpath(name).read_bytes()
    # Elsewhere rounding may differ by a bit, and so the text; not what the model is worth.
    assert again.figures.accuracy == pytest.approx(committed.figures.accuracy, abs=0.01)
    assert again.figures.log_loss == pytest.approx(committed.figures.log_loss, abs=0.01)
