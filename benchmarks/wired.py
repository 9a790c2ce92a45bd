"""``saccade serve`` with a duty taken out, or a stage held up, from outside.

The product has no switch for these: its parts are replaced here, before the command starts.

    python -c "import wired; wired.main()" WITHOUT[,WITHOUT…] serve …
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saccade.deadline import Deadline
from saccade.domain import Decision, JsonObject, Reason, Served
from saccade.ports import IntentModel
from saccade.registry import FileModels
from saccade_server import cli, wiring
from saccade_server.metrics import Metrics

SLOW_MODEL_S = 0.05
HOLD = "WIRED_HOLD"
"""Names the file that holds the model up while it exists."""


class Dropped:
    """A journal that keeps nothing."""

    depth = dropped = 0
    healthy = True

    def __init__(self, *_: object) -> None:
        """Opened with whatever a journal is opened with."""

    def decided(self, decision: Decision) -> None:
        """Drop it."""

    async def exposed(self, exposure: object) -> None:
        """Drop it."""

    async def followed(self, outcome: object) -> None:
        """Drop it."""

    async def find(self, _tenant: str, _decision_id: str) -> JsonObject | None:
        """Nothing is kept."""
        return None

    async def close(self) -> None:
        """Nothing is open."""


class Uncounted(Metrics):
    """Metrics whose page path counts nothing."""

    def decided(self, reason: Reason, served: Served) -> None:
        """Drop it."""

    def observe(self, stage: str, seconds: float) -> None:
        """Drop it."""

    def answered(self, route: str, seconds: float) -> None:
        """Drop it."""


class NoModels(FileModels):
    """Rules read the features."""

    def current(self) -> None:
        """No model is published."""
        return


class Held:
    """A model that holds up whoever asks it, and with it the event loop."""

    def __init__(self, model: IntentModel) -> None:
        self._model = model
        self._file = Path(os.environ[HOLD])
        self.version, self.features = model.version, model.features

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """As the model, late."""
        if self._file.exists():
            time.sleep(SLOW_MODEL_S)
        return self._model.probabilities(matrix)


class HeldModels(FileModels):
    """The packaged model, held up when it is told."""

    def current(self) -> Any:
        """The model, late while it is held up."""
        model = super().current()
        return Held(model) if model else None


def replace(home: Any, name: str, value: object) -> None:
    """Put ``value`` in a part's place; a part that is no more there is an error, not a figure."""
    if not hasattr(home, name):
        sys.exit(f"wired.py: {home.__name__} has no {name} any more")
    setattr(home, name, value)


def _untold(_: Deadline) -> str:
    return "total;dur=0"


def _no_metrics() -> None:
    replace(wiring, "Metrics", Uncounted)
    replace(Deadline, "header", _untold)


WITHOUT: dict[str, Callable[[], None]] = {
    "journal": lambda: replace(wiring, "open_journal", Dropped),
    "metrics": _no_metrics,
    "model": lambda: replace(wiring, "FileModels", NoModels),
    "haste": lambda: replace(wiring, "FileModels", HeldModels),
}


def main() -> None:
    """Replace, then become the command."""
    for name in sys.argv.pop(1).split(","):
        WITHOUT[name]()
    cli.main()
