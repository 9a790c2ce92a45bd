"""What stands beside a model: where it comes from, how good it was, proof that it is served right.

A model is a folder of three files: ``manifest.json``, ``model.json`` (XGBoost's own text) and
``proof.json`` (rows, and the probabilities XGBoost itself gave for them when the model was made).
The manifest carries the hashes of the other two and of itself.
"""

import hashlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from saccade.domain import Frozen

MANIFEST, MODEL, PROOF = "manifest.json", "model.json", "proof.json"


class Made(Frozen, frozen=True, forbid_unknown_fields=True):
    """Everything needed to make the same bytes again."""

    command: str
    seed: int
    rows: int
    """Rows trained on."""
    parameters: dict[str, int | float | str]
    xgboost: str
    numpy: str
    machine: str
    """Processor and its vector extensions: other ones may round differently."""


class Figures(Frozen, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Measured on rows held out from training and from every choice (R47)."""

    rows: int
    accuracy: float
    log_loss: float
    """Natural logarithm."""
    calibration_error: float
    """Expected calibration error of the chosen mode's confidence, 15 bins of equal width."""
    majority: float
    """Accuracy of always naming the commonest mode."""
    rules: float
    """Accuracy of the rules that read the features where there is no model (R22)."""
    ceiling: float | None = None
    """Accuracy of the Bayes classifier; known for simulated shoppers only."""
    ceiling_error: float | None = None
    """Standard error of ``ceiling``."""
    ceiling_rows: int | None = None
    """The first so many of the held-out rows it was measured on."""
    accuracy_there: float | None = None
    """The model's accuracy on those same rows."""


class Manifest(Frozen, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The model's papers."""

    name: str
    version: str
    features: str
    """Version of the feature set it reads (R46)."""
    feature_names: tuple[str, ...]
    modes: tuple[str, ...]
    made: Made
    figures: Figures
    files: dict[str, str]
    """SHA-256 of the other files, by name."""
    digest: str = ""
    """SHA-256 of this manifest without it."""


class Proof(Frozen, frozen=True, forbid_unknown_fields=True):
    """Rows of features (``None`` is missing) and XGBoost's probabilities for them."""

    rows: tuple[tuple[float | None, ...], ...]
    probabilities: tuple[tuple[float, ...], ...]

    def matrix(self) -> NDArray[np.float32]:
        """The rows, missing as NaN."""
        return np.array(self.rows, dtype=np.float32)


def sha256(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def digest(manifest: Manifest) -> str:
    """What `Manifest.digest` has to be."""
    return sha256(msgspec.json.encode(msgspec.structs.replace(manifest, digest="")))


def proof(rows: NDArray[np.float32], probabilities: NDArray[np.float32]) -> Proof:
    """A proof whose numbers read back as the very same float32."""
    return Proof(
        tuple(tuple(None if np.isnan(x) else float(str(x)) for x in row) for row in rows),
        tuple(tuple(float(str(x)) for x in row) for row in probabilities),
    )


def written(document: Manifest | Proof) -> bytes:
    """As a file: a manifest is read by people too."""
    text = msgspec.json.encode(document)
    return (msgspec.json.format(text, indent=2) if isinstance(document, Manifest) else text) + b"\n"
