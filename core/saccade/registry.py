"""The models a process serves: read from a folder, checked, proven, then published (R10, F21).

Nothing unchecked is parsed: SHA-256 first; then, unless the model came with the package, XGBoost
itself loads the text in a process of its own, because a damaged model can end the process that
reads it. Then the flattened form must give the probabilities XGBoost gave when the model was made.
Importing xgboost is not needed for any of it. Whatever fails, the former model stays.
"""

import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec
import numpy as np
from numpy.typing import NDArray

from saccade.domain import MODES
from saccade.features import FEATURES
from saccade.manifest import MANIFEST, MODEL, PROOF, Manifest, Proof, digest, sha256
from saccade.trees import Forest
from saccade.xgboost_json import TreeError, TreeModel, read

TOLERANCE = 1e-6
"""How far a served probability may be from XGBoost's."""

_TRIAL_S = 30.0
# Where scikit-learn is installed XGBoost would import it too: three quarters of the time it takes.
_TRIAL = """
import sys
sys.modules["sklearn"] = None
import xgboost
xgboost.Booster().load_model(bytearray(sys.stdin.buffer.read()))
"""


class ModelError(Exception):
    """A model that cannot be published: names the file, the key and the fix."""

    def __init__(self, file: str, key: str, problem: str, fix: str) -> None:
        super().__init__(f"{file}: {key}: {problem}. Fix: {fix}")
        self.file, self.key, self.problem, self.fix = file, key, problem, fix


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A checked model, as `ports.IntentModel` asks."""

    version: str
    features: str
    manifest: Manifest
    text: bytes
    """XGBoost's JSON, verified: what an explanation is computed from."""
    forest: Forest

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of features (NaN is missing) to rows of probabilities in the order of `MODES`."""
        return self.forest.probabilities(matrix)


class FileModels:
    """`ports.ModelPort` over one folder.

    ``try_first`` loads the text in a process of its own before anything else reads it (about a
    second); `packaged` leaves it out, since that model was tried where it was made.
    """

    def __init__(self, folder: Traversable, *, try_first: bool = True) -> None:
        self.error: ModelError | None = None
        """Why the last `reload` published nothing."""
        self._folder = folder
        self._try_first = try_first
        self._current: PublishedModel | None = None
        self._former: PublishedModel | None = None
        self.reload()

    @classmethod
    def packaged(cls) -> "FileModels":
        """The first model, which comes with the package."""
        return cls(resources.files("saccade").joinpath("models", "first"), try_first=False)

    def current(self) -> PublishedModel | None:
        """See `ports.ModelPort.current`."""
        return self._current

    def named(self, version: str) -> PublishedModel | None:
        """The current model or the one before it, where its version is ``version``."""
        kept = (self._current, self._former)
        return next((model for model in kept if model and model.version == version), None)

    def reload(self) -> ModelError | None:
        """Publish what the folder holds now, or keep what is published and say why.

        Blocks for as long as reading and checking take: call it from a thread.
        """
        try:
            found = self._load()
        except ModelError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - F21: whatever a file does, the old model stays
            problem = f"{type(error).__name__}: {error}"
            self.error = ModelError(str(self._folder), "model", problem, "train and publish again")
        else:
            self.error = None
            if self._current is None or found.manifest != self._current.manifest:
                self._former, self._current = self._current, found
        return self.error

    def _load(self) -> PublishedModel:
        manifest = self._manifest()
        text = self._checked(MODEL, manifest)
        proof = self._checked(PROOF, manifest)
        if self._try_first:
            self._try(text)
        try:
            model = read(text)
        except TreeError as error:
            raise self._error(MODEL, error.key, error.problem) from None
        self._check_fit(manifest, model)
        forest = Forest(model)
        self._prove(forest, proof)
        return PublishedModel(manifest.version, manifest.features, manifest, text, forest)

    def _manifest(self) -> Manifest:
        try:
            manifest = msgspec.json.decode(self._bytes(MANIFEST), type=Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._error(MANIFEST, "file", str(error)) from None
        if digest(manifest) != manifest.digest:
            raise self._error(MANIFEST, "digest", "does not match what the manifest says")
        if manifest.features != FEATURES.version or manifest.feature_names != FEATURES.names:
            problem = f"is {manifest.features}, while this build reads {FEATURES.version}"
            raise self._error(MANIFEST, "features", problem, "train a model for this feature set")
        if manifest.modes != tuple(mode.value for mode in MODES):
            raise self._error(MANIFEST, "modes", f"are not {', '.join(MODES)}, in this order")
        return manifest

    def _checked(self, name: str, manifest: Manifest) -> bytes:
        content = self._bytes(name)
        if sha256(content) != manifest.files.get(name):
            raise self._error(MANIFEST, f"files.{name}", "is not the SHA-256 of that file")
        return content

    def _bytes(self, name: str) -> bytes:
        try:
            return self._folder.joinpath(name).read_bytes()
        except OSError as error:
            raise self._error(name, "file", f"cannot be read ({error.strerror})") from None

    def _try(self, text: bytes) -> None:
        try:
            ran = subprocess.run(  # noqa: S603 - this interpreter and a constant program
                [sys.executable, "-I", "-c", _TRIAL],
                input=text,
                capture_output=True,
                timeout=_TRIAL_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._error(MODEL, "file", f"XGBoost hangs on it ({_TRIAL_S:g} s)") from None
        if ran.returncode != 0:
            said = ran.stderr.decode(errors="replace").strip().splitlines()
            reason = said[-1][:200] if said else f"exit code {ran.returncode}"
            raise self._error(MODEL, "file", f"XGBoost cannot load it ({reason})")

    def _check_fit(self, manifest: Manifest, model: TreeModel) -> None:
        if model.classes != len(MODES):
            key = "learner.learner_model_param.num_class"
            raise self._error(MODEL, key, f"is {model.classes}, not {len(MODES)}")
        if model.feature_names != FEATURES.names or model.features != len(FEATURES.names):
            raise self._error(MODEL, "learner.feature_names", f"are not {FEATURES.version}'s")
        if model.made_by != manifest.made.xgboost:
            raise self._error(MODEL, "version", f"is not the manifest's {manifest.made.xgboost}")

    def _prove(self, forest: Forest, content: bytes) -> None:
        try:
            proof = msgspec.json.decode(content, type=Proof)
            expected = np.array(proof.probabilities, dtype=np.float32)
            matrix = proof.matrix()
        except (msgspec.DecodeError, ValueError) as error:
            raise self._error(PROOF, "file", str(error)) from None
        if matrix.shape != (len(expected), len(FEATURES.names)) or len(expected) == 0:
            raise self._error(PROOF, "rows", f"has no rows of {len(FEATURES.names)} features")
        given = forest.probabilities(matrix)
        # Written so that a NaN fails it too.
        if given.shape != expected.shape or not np.abs(given - expected).max() <= TOLERANCE:
            raise self._error(PROOF, "probabilities", "differ from what the flattened trees give")

    def _error(
        self, name: str, key: str, problem: str, fix: str = "train and publish the model again"
    ) -> ModelError:
        return ModelError(str(self._folder.joinpath(name)), key, problem, fix)
