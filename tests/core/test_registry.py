"""The registry: the packaged model, damage of every kind, replacement (R10, R22, F21)."""

import json
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from saccade.features import FEATURES
from saccade.manifest import MANIFEST, MODEL, PROOF, Manifest, Proof, digest, sha256, written
from saccade.registry import FileModels

FILES = (MANIFEST, MODEL, PROOF)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged model, to be damaged."""
    source = resources.files("saccade").joinpath("models", "first")
    for name in FILES:
        (tmp_path / name).write_bytes(source.joinpath(name).read_bytes())
    return tmp_path


def sign(folder: Path, **changes: Any) -> None:
    """Make the manifest agree with the files again: damage that hashes do not show."""
    manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    files = {name: sha256((folder / name).read_bytes()) for name in (MODEL, PROOF)}
    manifest = msgspec.structs.replace(manifest, **({"files": files} | changes))
    manifest = msgspec.structs.replace(manifest, digest=digest(manifest))
    (folder / MANIFEST).write_bytes(written(manifest))


def test_the_packaged_model_is_published() -> None:  # R10
    models = FileModels.packaged()
    assert models.error is None
    model = models.current()
    assert model is not None
    assert model.features == FEATURES.version
    assert model.version == f"first-{sha256(model.text)[:12]}"
    assert models.named(model.version) is model
    assert models.named("first-000000000000") is None


def test_publishing_does_not_import_xgboost() -> None:  # the second start of the demo: 5 s in all
    program = (
        "import sys; from saccade.registry import FileModels; "
        "assert FileModels.packaged().current(); sys.exit('xgboost' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)  # noqa: S603 - this interpreter
    assert ran.returncode == 0


def test_the_manifest_states_accuracy_beside_majority_and_ceiling() -> None:  # R47
    model = FileModels.packaged().current()
    assert model is not None
    figures = model.manifest.figures
    assert figures.ceiling is not None
    assert figures.ceiling_error is not None
    assert figures.accuracy_there is not None
    assert figures.majority + 0.1 < figures.accuracy_there
    assert figures.accuracy_there < figures.ceiling + 2 * figures.ceiling_error
    assert figures.calibration_error < 0.01


def test_absent_models_leave_the_rules(tmp_path: Path) -> None:  # R22
    models = FileModels(tmp_path / "none")
    assert models.current() is None
    assert models.error is not None
    assert models.error.file.endswith(MANIFEST)
    assert "Fix:" in str(models.error)


def test_a_model_of_ones_own_is_tried_then_published(folder: Path) -> None:
    models = FileModels(folder)
    assert models.error is None
    assert models.current() is not None


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_truncated_file_leaves_the_old_model(folder: Path, name: str) -> None:  # F21
    models = FileModels(folder, try_first=False)
    before = models.current()
    assert before is not None
    content = (folder / name).read_bytes()
    for damaged in (content[: len(content) // 2], content[:-1] if name != MANIFEST else b"", None):
        if damaged is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(damaged)
        error = models.reload()
        assert error is not None
        assert error is models.error
        assert models.current() is before
    (folder / name).write_bytes(content)
    assert models.reload() is None
    assert models.current() is before


def fuzz(folder: Path, times: int) -> None:
    """One byte of one file is another: the old model stays, and nothing is run or parsed."""
    models = FileModels(folder, try_first=False)
    before = models.current()
    assert before is not None
    rng = np.random.default_rng(21)
    contents = {name: (folder / name).read_bytes() for name in FILES}
    meaning = json.loads(contents[MANIFEST])
    for _ in range(times):
        name = FILES[rng.integers(3)]
        damaged = bytearray(contents[name])
        damaged[rng.integers(len(damaged))] ^= int(rng.integers(1, 256))
        (folder / name).write_bytes(damaged)
        error = models.reload()
        assert models.current() is before
        if name != MANIFEST or error is not None:
            assert error is not None
            assert error.key.startswith(("files.", "file", "digest", "features", "modes"))
        else:  # white space for white space says the same
            assert json.loads(damaged) == meaning
        (folder / name).write_bytes(contents[name])


def test_a_flipped_byte_leaves_the_old_model(folder: Path) -> None:  # F21
    fuzz(folder, 60)


@pytest.mark.full
def test_a_thousand_flipped_bytes_leave_the_old_model(folder: Path) -> None:  # F21
    fuzz(folder, 1_000)


def fuzz_signed(folder: Path, times: int) -> None:
    """The model was damaged before it was signed: no hash shows it, and nothing may crash.

    What is published all the same serves the probabilities that were proven.
    """
    models = FileModels(folder, try_first=False)
    proof = msgspec.json.decode((folder / PROOF).read_bytes(), type=Proof)
    rng = np.random.default_rng(22)
    content = (folder / MODEL).read_bytes()
    refused = 0
    for _ in range(times):
        damaged = bytearray(content)
        damaged[rng.integers(len(damaged))] ^= int(rng.integers(1, 256))
        (folder / MODEL).write_bytes(damaged)
        sign(folder)
        before = models.current()
        error = models.reload()
        served = models.current()
        assert served is not None
        if error is not None:
            refused += 1
            assert served is before
        else:
            assert served.text == damaged
            given = served.probabilities(proof.matrix())
            assert np.abs(given - np.array(proof.probabilities)).max() <= 1e-6
    assert refused > times / 3  # much of XGBoost's text (gains, covers) no prediction reads


def test_a_flipped_byte_under_a_valid_signature_crashes_nothing(folder: Path) -> None:  # F21
    fuzz_signed(folder, 10)


@pytest.mark.full
def test_three_hundred_flipped_bytes_under_valid_signatures(folder: Path) -> None:  # F21
    fuzz_signed(folder, 300)


def test_another_leaf_fails_the_proof(folder: Path) -> None:
    model = json.loads((folder / MODEL).read_bytes())
    tree = model["learner"]["gradient_booster"]["model"]["trees"][0]
    leaf = tree["left_children"].index(-1)
    tree["split_conditions"][leaf] += 0.5
    (folder / MODEL).write_text(json.dumps(model))
    sign(folder)
    models = FileModels(folder, try_first=False)
    assert models.current() is None
    assert models.error is not None
    assert (models.error.key, Path(models.error.file).name) == ("probabilities", PROOF)


def test_what_xgboost_cannot_load_never_reaches_this_process(folder: Path) -> None:
    (folder / MODEL).write_bytes(b'{"learner": {}}')
    sign(folder)
    models = FileModels(folder)
    assert models.error is not None
    assert "XGBoost cannot load it" in models.error.problem


def test_a_proof_that_proves_nothing_is_refused(folder: Path) -> None:
    for content in (
        b'{"rows": [], "probabilities": []}',
        b'{"rows": [[1]], "probabilities": [[1]]}',
    ):
        (folder / PROOF).write_bytes(content)
        sign(folder)
        models = FileModels(folder, try_first=False)
        assert models.error is not None
        assert models.error.key == "rows"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"features": "behaviour-0-000000000000"}, "features"),
        ({"modes": ("a", "b", "c", "d")}, "modes"),
        ({"feature_names": FEATURES.names[::-1]}, "features"),
    ],
)
def test_a_model_for_something_else_is_refused(
    folder: Path, changes: dict[str, Any], key: str
) -> None:  # R46
    sign(folder, **changes)
    models = FileModels(folder, try_first=False)
    assert models.current() is None
    assert models.error is not None
    assert models.error.key == key
    assert models.error.fix


def test_a_new_version_replaces_the_old_which_can_still_be_named(folder: Path) -> None:
    models = FileModels(folder, try_first=False)
    old = models.current()
    sign(folder, version="first-next")
    assert models.reload() is None
    new = models.current()
    assert old is not None
    assert new is not None
    assert new.version == "first-next"
    assert models.named(old.version) is old
    shutil.rmtree(folder)
    assert models.reload() is not None
    assert models.current() is new
