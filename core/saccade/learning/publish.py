"""A trained model as the folder `registry.FileModels` reads."""

import platform
from pathlib import Path

import msgspec
import numpy as np
import xgboost
from numpy.typing import NDArray

from saccade.domain import MODES
from saccade.features import FEATURES
from saccade.learning.train import predict
from saccade.manifest import (
    MANIFEST,
    MODEL,
    PROOF,
    Figures,
    Made,
    Manifest,
    digest,
    proof,
    sha256,
    written,
)
from saccade.xgboost_json import read

PROOF_ROWS = 256
_MISSING = 0.1


def publish(folder: Path, name: str, model: bytes, made: Made, figures: Figures) -> Manifest:
    """Write the three files, the manifest last, so that a reader never sees half a model."""
    rows = proof_rows(model, made.seed)
    evidence = written(proof(rows, predict(model, rows)))
    manifest = Manifest(
        name,
        f"{name}-{sha256(model)[:12]}",
        FEATURES.version,
        FEATURES.names,
        tuple(mode.value for mode in MODES),
        made,
        figures,
        {MODEL: sha256(model), PROOF: sha256(evidence)},
    )
    manifest = msgspec.structs.replace(manifest, digest=digest(manifest))
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in ((MODEL, model), (PROOF, evidence), (MANIFEST, written(manifest))):
        (folder / file).write_bytes(content)
    return manifest


def proof_rows(model: bytes, seed: int, count: int = PROOF_ROWS) -> NDArray[np.float32]:
    """Seeded rows made of the model's own thresholds and their neighbours, a tenth missing.

    A threshold is where two ways of comparing would part: each value stands on one, just below
    or just above it, or is 0 or -0.
    """
    rng = np.random.default_rng(seed)
    parsed = read(model)
    columns: list[NDArray[np.float32]] = []
    for feature in range(parsed.features):
        splits = (split for tree in parsed.trees for split in tree.splits)
        cuts = {split.threshold for split in splits if split.feature == feature}
        at = np.array(sorted(cuts | {0.0}), dtype=np.float32)
        below, above = (np.nextafter(at, np.float32(end)) for end in (-np.inf, np.inf))
        choices = np.concatenate((below, at, above, np.array([-0.0], dtype=np.float32)))
        columns.append(rng.choice(choices, count))
    rows = np.column_stack(columns)
    rows[rng.random(rows.shape) < _MISSING] = np.nan
    return rows


def machine() -> str:
    """System, processor and vector extensions: what rounding may depend on."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return " ".join([platform.system(), platform.machine(), *found])


def versions() -> tuple[str, str]:
    """Of xgboost and of numpy."""
    return xgboost.__version__, np.__version__
