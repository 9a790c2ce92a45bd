"""A batch's intents: by the model, or by rules while there is none or it is too slow (R9, R22).

The model runs in the thread of the event loop, so a batch that takes it long makes every page late.
After two such batches in succession rules decide; from time to time one batch looks whether it is
quick again.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from saccade.breaker import Breaker, Circuit
from saccade.domain import Intent
from saccade.intent import classify
from saccade.ports import IntentModel, ModelPort

SLOW_S = 0.025
"""A batch may hold the loop so long; the packaged model takes a tenth of it for the largest."""
FAILURES, REST_S = 2, 1.0


class Scored(NamedTuple):
    """One intent a row, and the version of the model they are by, empty where rules decided."""

    intents: list[Intent]
    version: str


class Scoring:
    """Scores batches. ``clock`` is monotonic, in seconds."""

    def __init__(self, models: ModelPort, clock: Callable[[], float] = time.perf_counter) -> None:
        self._models = models
        self._clock = clock
        self._breaker = Breaker(FAILURES, REST_S, clock)

    @property
    def resting(self) -> bool:
        """Whether a model is there that is not asked just now."""
        return self._breaker.state is not Circuit.CLOSED

    def scored(self, matrix: NDArray[np.float32]) -> Scored:
        """Never raises for what a model does: one that fails has not answered."""
        model = self._models.current()
        permit = None if model is None else self._breaker.admit()
        if model is None or permit is None:
            return _by_rules(matrix)
        began = self._clock()
        try:
            scored = Scored(classify(matrix, model), model.version)
        except Exception:  # noqa: BLE001 - R22: rules decide where a model cannot
            self._breaker.failed(permit)
            return _by_rules(matrix)
        slow = self._clock() - began > SLOW_S
        (self._breaker.failed if slow else self._breaker.succeeded)(permit)
        return scored


def _by_rules(matrix: NDArray[np.float32]) -> Scored:
    nothing: IntentModel | None = None
    return Scored(classify(matrix, nothing), "")
