"""Explanations: sentences a merchant can read, weights that add up."""

import json
import math

import msgspec
import numpy as np
import pytest

from saccade import features
from saccade.domain import (
    DO_NOTHING,
    MODES,
    Arm,
    Decision,
    DecisionRequest,
    Experience,
    Identity,
    Intent,
    JsonObject,
    Mode,
    Moment,
    Reason,
    Served,
    Versions,
)
from saccade.explain import Explainer
from saccade.explain_words import MODE_WORDS, REASON_WORDS, phrase
from saccade.features import FEATURES
from saccade.intent import classify
from saccade.registry import FileModels, PublishedModel
from saccade.signals import Signals
from saccade.state import Session, State

LAPTOP = Signals(
    visit_count=3,
    spec_hover_ms=14_200,
    review_dwell_ms=48_000,
    negative_review_dwell_ms=31_000,
    scroll_reversals=6,
    compare_tool_opened=True,
    checkout_clicked=False,
    session_duration_ms=92_000,
    scroll_speed_px_sec=180.0,
)


@pytest.fixture(scope="module")
def models() -> FileModels:
    return FileModels.packaged()


@pytest.fixture(scope="module")
def explainer(models: FileModels) -> Explainer:
    return Explainer(models)


def record(
    signals: Signals, model: PublishedModel | None, reason: Reason | None = None
) -> JsonObject:
    """A decision's record as the journal gives it back: through JSON."""
    stored: JsonObject = json.loads(msgspec.json.encode(decision(signals, model, reason)))
    return stored


def decision(
    signals: Signals, model: PublishedModel | None, reason: Reason | None = None
) -> Decision:
    matrix = features.matrix([State(session=Session(0.0, 0.0, signals=signals))], 0.0)
    (intent,) = classify(matrix, model)
    reason = reason or intent.by
    return Decision(
        id="d1",
        request=DecisionRequest("shop", Identity("v", "s"), Moment.PRODUCT),
        at=0.0,
        intent=intent,
        features=tuple(matrix[0].tolist()),
        eligible=(DO_NOTHING, "battery-guarantee"),
        propensities=(0.25, 0.75),
        chosen="battery-guarantee",
        arm=Arm.TREATMENT,
        experience=Experience("d1", intent.mode, intent.confidence, reason, Served.MODEL),
        versions=Versions(FEATURES.version, model.version if model else "", "rule-1", "c1"),
        timings_ms={},
    )


async def test_the_laptop_shopper_explained(models: FileModels, explainer: Explainer) -> None:
    told = await explainer.explain(record(LAPTOP, models.current()))
    what, speaking_for, *rest = told["because"]
    assert what.startswith("The shopper is interested but afraid of a mistake (hesitating): ")
    confidence = record(LAPTOP, models.current())["intent"]["confidence"]
    assert f"the model puts it at {confidence:.0%}; next is analytical at" in what
    assert speaking_for.startswith("For it: ")
    assert "31.0 s in reviews of one or two stars" in speaking_for
    assert "48.0 s in the reviews" in speaking_for
    assert "the 3rd visit" in speaking_for
    text = " ".join(told["because"])
    assert "14.2 s over the battery and specification area" in text
    assert rest[-2:] == [
        "The decision follows the model.",
        "The policy's choice was battery-guarantee, with probability 75%, among 2.",
    ]


async def test_weights_add_up_to_the_score(models: FileModels, explainer: Explainer) -> None:
    model = models.current()
    told = await explainer.explain(record(LAPTOP, model))
    weights = told["contributions"]
    assert [set(it) for it in weights] == [{"feature", "value", "contribution"}] * 15
    assert {it["feature"] for it in weights} == set(FEATURES.names)
    sizes = [abs(it["contribution"]) for it in weights]
    assert sizes == sorted(sizes, reverse=True)
    # ln p less its mean is the score less the mean score, and the bias does not depend on the row.
    offsets: list[float] = []
    for signals in (LAPTOP, msgspec.structs.replace(LAPTOP, review_dwell_ms=50_000, visit_count=4)):
        kept = record(signals, model)
        assert kept["intent"]["mode"] == "hesitating"
        logs = np.log(kept["intent"]["probabilities"])
        score = logs[MODES.index(Mode.HESITATING)] - logs.mean()
        explained = await explainer.explain(kept)
        offsets.append(score - sum(it["contribution"] for it in explained["contributions"]))
    assert offsets[0] == pytest.approx(offsets[1], abs=1e-4)
    assert json.loads(json.dumps(told)) == told


async def test_a_contribution_is_what_the_feature_changes(
    models: FileModels, explainer: Explainer
) -> None:
    told = await explainer.explain(record(LAPTOP, models.current()))
    of = {it["feature"]: it for it in told["contributions"]}
    assert of["negative_review_share"]["value"] == pytest.approx(31 / 48, abs=1e-4)
    assert of["exit_intent_count"]["value"] is None
    reviews = of["review_dwell_ms"]["contribution"] + of["negative_review_dwell_ms"]["contribution"]
    assert reviews > 0.5
    assert of["visit_count"]["contribution"] > 0.1


async def test_a_record_that_never_was_json(models: FileModels, explainer: Explainer) -> None:
    model = models.current()
    direct: JsonObject = msgspec.to_builtins(decision(LAPTOP, model))
    assert await explainer.explain(direct) == await explainer.explain(record(LAPTOP, model))


async def test_signals_that_speak_against_are_told(
    models: FileModels, explainer: Explainer
) -> None:
    opposed = msgspec.structs.replace(LAPTOP, add_to_cart_clicked=True)
    kept = record(opposed, models.current())
    told = await explainer.explain(kept)
    (against,) = [line for line in told["because"] if line.startswith("Against it: ")]
    assert "something was put in the cart" in against


async def test_rules_are_told_by_their_signs() -> None:  # R22
    told = await Explainer(FileModels.packaged()).explain(record(LAPTOP, None))
    assert told["contributions"] == []
    text = " ".join(told["because"])
    assert "rules, as there is no model, puts it at 70%" in text
    assert "Signs of it: the 3rd visit; 48.0 s in the reviews" in text
    assert "The decision follows the rules." in text


async def test_a_withheld_decision_says_so(models: FileModels, explainer: Explainer) -> None:
    told = await explainer.explain(record(LAPTOP, models.current(), Reason.HOLDOUT))
    assert "The page stayed as it is: this visitor is in the control group." in told["because"]


async def test_a_model_no_longer_loaded(models: FileModels, explainer: Explainer) -> None:
    kept = record(LAPTOP, models.current())
    kept["versions"]["model"] = "first-000000000000"
    told = await explainer.explain(kept)
    assert told["contributions"] == []
    assert told["because"][-1].startswith("The model first-000000000000 is no longer loaded")


async def test_another_feature_set(models: FileModels, explainer: Explainer) -> None:
    kept = record(LAPTOP, models.current())
    kept["versions"]["features"] = "behaviour-0-000000000000"
    told = await explainer.explain(kept)
    assert told["contributions"] == []
    assert told["because"]


async def test_a_decision_that_read_nothing(explainer: Explainer) -> None:
    kept = record(LAPTOP, None, Reason.TIMEOUT)
    unknown = Intent(Mode.DEFAULT, 0.0, tuple(0.0 for _ in MODES), Reason.RULE)
    kept |= {
        "intent": msgspec.to_builtins(unknown),
        "features": [],
        "eligible": [DO_NOTHING],
        "propensities": [1.0],
        "chosen": DO_NOTHING,
        "versions": {"features": "", "model": "", "policy": "", "campaigns": ""},
    }
    told = await explainer.explain(kept)
    assert told["because"] == [
        "The page stayed as it is: the decision was not ready in time.",
        "The policy's choice was do_nothing, with probability 100%, among 1.",
    ]


def test_every_mode_reason_and_feature_has_words() -> None:
    assert set(MODE_WORDS) == set(Mode)
    assert set(REASON_WORDS) == set(Reason)
    for name in FEATURES.names:
        for value in (0.0, 1.0, 2.0, 11.0):
            said = phrase(name, value)
            assert said
            assert "nan" not in said
            assert not math.isnan(value)


@pytest.mark.parametrize(
    ("visits", "said"),
    [
        (1, "the first visit"),
        (2, "the 2nd visit"),
        (12, "the 12th visit"),
        (23, "the 23rd visit"),
        (111, "the 111th visit"),
    ],
)
def test_visits_are_counted_in_english(visits: int, said: str) -> None:
    assert phrase("visit_count", visits) == said
