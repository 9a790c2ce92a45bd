"""Scoring a batch: the model, or rules while it is missing, fails or is too slow (R22)."""

import numpy as np
import pytest
from numpy.typing import NDArray

from saccade.domain import MODES, Reason
from saccade.features import FEATURES
from saccade.scoring import REST_S, SLOW_S, Scoring

ROWS = np.full((3, len(FEATURES.names)), np.nan, dtype=np.float32)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Model:
    """Takes as long as it is told, or fails."""

    version, features = "slow-1", FEATURES.version

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.takes_s = 0.0
        self.error: Exception | None = None
        self.asked = 0

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        self.asked += 1
        self.clock.now += self.takes_s
        if self.error is not None:
            raise self.error
        return np.full((len(matrix), len(MODES)), 1 / len(MODES), dtype=np.float32)


class Models:
    def __init__(self, model: Model | None) -> None:
        self.model = model

    def current(self) -> Model | None:
        return self.model


class Lab:
    def __init__(self) -> None:
        self.clock = Clock()
        self.model = Model(self.clock)
        self.models = Models(self.model)
        self.scoring = Scoring(self.models, self.clock)

    def by(self) -> tuple[Reason, str]:
        intents, version = self.scoring.scored(ROWS)
        assert len(intents) == len(ROWS)
        (by,) = {intent.by for intent in intents}
        return by, version


MODEL, RULES = (Reason.MODEL, "slow-1"), (Reason.RULE, "")


@pytest.fixture
def lab() -> Lab:
    return Lab()


def test_the_model_scores_and_names_itself(lab: Lab) -> None:
    assert lab.by() == MODEL
    assert not lab.scoring.resting


def test_without_a_model_rules_score(lab: Lab) -> None:
    lab.models.model = None
    assert lab.by() == RULES
    assert not lab.scoring.resting, "there is none to rest"


def test_one_slow_batch_is_an_accident(lab: Lab) -> None:
    for takes_s in (SLOW_S * 2, 0.0, SLOW_S * 2, 0.0):
        lab.model.takes_s = takes_s
        assert lab.by() == MODEL
    assert not lab.scoring.resting


def test_two_in_succession_rest_it(lab: Lab) -> None:
    lab.model.takes_s = SLOW_S * 2
    assert [lab.by() for _ in range(5)] == [MODEL, MODEL, RULES, RULES, RULES]
    assert lab.model.asked == 2
    assert lab.scoring.resting


def test_now_and_then_one_batch_looks(lab: Lab) -> None:
    lab.model.takes_s = SLOW_S * 2
    assert [lab.by(), lab.by()] == [MODEL, MODEL]
    lab.clock.now += REST_S
    assert [lab.by(), lab.by()] == [MODEL, RULES], "still slow: that batch, and no other, waited"
    lab.clock.now += REST_S
    lab.model.takes_s = 0.0
    assert [lab.by(), lab.by()] == [MODEL, MODEL]
    assert not lab.scoring.resting


def test_a_model_that_fails_is_rules_at_once_and_rests(lab: Lab) -> None:
    lab.model.error = ValueError("damaged")
    assert [lab.by() for _ in range(4)] == [RULES] * 4
    assert lab.model.asked == 2
