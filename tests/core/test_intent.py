"""The four modes by model and by rules, and how confidence grows (R9, R10, R11, R12, R22)."""

from collections.abc import Mapping

import msgspec
import numpy as np
import pytest

from saccade import features
from saccade.domain import MODES, Intent, Mode, Reason
from saccade.intent import CONFIDENCE, SIGNS, UNNAMED, classify, held
from saccade.ports import IntentModel
from saccade.registry import FileModels
from saccade.signals import Signals
from saccade.state import Profile, Session, State
from saccade_demo import shoppers
from saccade_demo.shoppers_world import draw_elapsed

LAPTOP = Signals(  # R10, word for word
    visit_count=3,
    spec_hover_ms=14_200,
    review_dwell_ms=48_000,
    scroll_reversals=6,
    compare_tool_opened=True,
    checkout_clicked=False,
    session_duration_ms=92_000,
    scroll_speed_px_sec=180.0,
)

LAPTOP_MEASURED_WHOLE = msgspec.structs.replace(
    LAPTOP,
    negative_review_dwell_ms=31_000,
    add_to_cart_clicked=False,
    max_scroll_depth_pct=80.0,
    variant_switches=1,
    products_viewed=1,
    exit_intent_count=0,
)

VISITORS: Mapping[Mode, Signals] = {  # R9
    Mode.ANALYTICAL: Signals(
        visit_count=2,
        session_duration_ms=120_000,
        spec_hover_ms=58_000,
        review_dwell_ms=6_000,
        negative_review_dwell_ms=0,
        scroll_reversals=2,
        compare_tool_opened=True,
        variant_switches=3,
        products_viewed=2,
        scroll_speed_px_sec=210.0,
        max_scroll_depth_pct=85.0,
        add_to_cart_clicked=False,
        checkout_clicked=False,
        exit_intent_count=0,
    ),
    Mode.OVERWHELMED: Signals(
        visit_count=1,
        session_duration_ms=90_000,
        spec_hover_ms=3_000,
        review_dwell_ms=4_000,
        negative_review_dwell_ms=0,
        scroll_reversals=15,
        compare_tool_opened=False,
        variant_switches=8,
        products_viewed=3,
        scroll_speed_px_sec=950.0,
        max_scroll_depth_pct=98.0,
        add_to_cart_clicked=False,
        checkout_clicked=False,
        exit_intent_count=2,
    ),
    Mode.HESITATING: LAPTOP_MEASURED_WHOLE,
    Mode.DEFAULT: Signals(
        visit_count=1,
        session_duration_ms=40_000,
        spec_hover_ms=1_500,
        review_dwell_ms=2_000,
        negative_review_dwell_ms=0,
        scroll_reversals=0,
        compare_tool_opened=False,
        variant_switches=0,
        products_viewed=1,
        scroll_speed_px_sec=500.0,
        max_scroll_depth_pct=45.0,
        add_to_cart_clicked=True,
        checkout_clicked=False,
        exit_intent_count=0,
    ),
}


@pytest.fixture(scope="module")
def model() -> IntentModel:
    published = FileModels.packaged().current()
    assert published is not None
    return published


def intents(known: list[Signals], model: IntentModel | None) -> list[Intent]:
    states = [State(session=Session(0.0, 0.0, signals=signals)) for signals in known]
    return classify(features.matrix(states, 0.0), model)


def test_the_laptop_shopper_is_hesitating(model: IntentModel) -> None:  # R10
    with_negative = msgspec.structs.replace(LAPTOP, negative_review_dwell_ms=31_000)
    for intent in intents([LAPTOP, with_negative, LAPTOP_MEASURED_WHOLE], model):
        assert intent.mode is Mode.HESITATING
        assert intent.confidence >= 0.6
        assert intent.by is Reason.MODEL


def test_the_laptop_shoppers_third_visit_may_be_the_servers_count(model: IntentModel) -> None:
    without = msgspec.structs.replace(LAPTOP, visit_count=None)
    known = State(Session(0.0, 0.0, signals=without), Profile(0.0, 0.0, visits=3, sessions=3))
    assert classify(features.matrix([known], 0.0), model) == intents([LAPTOP], model)


def test_a_visitor_reaches_each_mode(model: IntentModel) -> None:  # R9
    for mode, intent in zip(VISITORS, intents(list(VISITORS.values()), model), strict=True):
        assert intent.mode is mode
        assert intent.confidence >= 0.6


def test_rules_reach_each_mode_without_a_model() -> None:  # R9, R22
    for mode, intent in zip(VISITORS, intents(list(VISITORS.values()), None), strict=True):
        assert intent.mode is mode
        assert intent.by is Reason.RULE
        assert intent.confidence >= (0.6 if mode is not Mode.DEFAULT else UNNAMED)
    (laptop,) = intents([LAPTOP], None)
    assert laptop.mode is Mode.HESITATING
    assert laptop.confidence >= 0.6


def test_confidence_is_the_models_own_probability_unrounded(model: IntentModel) -> None:  # R11
    states = [State(session=Session(0.0, 0.0, signals=LAPTOP))]
    matrix = features.matrix(states, 0.0)
    given = model.probabilities(matrix)[0].tolist()
    (intent,) = classify(matrix, model)
    assert intent.probabilities == tuple(given)
    assert intent.confidence == max(given) == given[MODES.index(intent.mode)]
    assert intent.confidence != round(intent.confidence, 4)


@pytest.mark.parametrize("by_model", [True, False])
def test_early_visitors_are_default_or_unsure(model: IntentModel, *, by_model: bool) -> None:
    first_flush = Signals(
        visit_count=1, session_duration_ms=2_000, scroll_reversals=0, compare_tool_opened=False
    )
    third_visit = msgspec.structs.replace(first_flush, visit_count=3, session_duration_ms=5_000)
    for intent in intents([Signals(), first_flush, third_visit], model if by_model else None):
        assert intent.mode is Mode.DEFAULT or intent.confidence < 0.6


@pytest.mark.parametrize("by_model", [True, False])
@pytest.mark.parametrize("review_ms", [3_000, 5_000, 8_000])
def test_ten_seconds_of_reading_are_no_hesitation(
    model: IntentModel, review_ms: int, *, by_model: bool
) -> None:
    reader = Signals(
        visit_count=1,
        session_duration_ms=10_000,
        spec_hover_ms=1_000,
        review_dwell_ms=review_ms,
        negative_review_dwell_ms=0,
        scroll_reversals=0,
        compare_tool_opened=False,
        scroll_speed_px_sec=300.0,
        max_scroll_depth_pct=30.0,
        products_viewed=1,
    )
    terse = Signals(session_duration_ms=10_000, review_dwell_ms=review_ms)
    for intent in intents([reader, terse], model if by_model else None):
        assert not (intent.mode is Mode.HESITATING and intent.confidence >= 0.6)


def after(share: float) -> Signals:
    """The laptop shopper when ``share`` of their 92 s has passed."""
    whole = LAPTOP_MEASURED_WHOLE
    growing = {
        name: int(getattr(whole, name) * share)
        for name in (
            *("spec_hover_ms", "review_dwell_ms", "negative_review_dwell_ms"),
            *("scroll_reversals", "session_duration_ms", "variant_switches"),
        )
    }
    opened = share > 0.6
    return msgspec.structs.replace(
        whole, **growing, compare_tool_opened=opened, max_scroll_depth_pct=80.0 * share
    )


def test_hesitation_grows_as_evidence_does(model: IntentModel) -> None:  # R12
    timeline = intents([after(flush / 46) for flush in range(1, 47)], model)
    grown = np.array([intent.probabilities[MODES.index(Mode.HESITATING)] for intent in timeline])
    assert timeline[0].mode is Mode.DEFAULT
    assert timeline[-1].mode is Mode.HESITATING
    assert grown[-1] == pytest.approx(grown.max(), abs=0.1)
    setbacks = np.maximum.accumulate(grown) - grown
    assert setbacks.max() < 0.15
    first, second, third = (part.mean() for part in np.array_split(grown, 3))
    assert grown[:4].max() < 0.6
    assert first + 0.1 < second < third + 0.03  # it grows, then stays


def test_changed_signals_change_the_mode(model: IntentModel) -> None:  # R12
    bought = msgspec.structs.replace(
        after(0.5), add_to_cart_clicked=True, checkout_clicked=True, session_duration_ms=92_000
    )
    before, later = intents([LAPTOP_MEASURED_WHOLE, bought], model)
    assert before.mode is not later.mode


def test_a_batch_is_its_rows(model: IntentModel) -> None:
    known = [*VISITORS.values(), LAPTOP, Signals()]
    for chosen in (model, None):
        assert intents(known, chosen) == [intents([one], chosen)[0] for one in known]


def test_rules_state_no_more_than_they_hold() -> None:  # R22
    count = 60_000
    drawn = shoppers.draw(count, seed=41)
    elapsed_s = draw_elapsed(count, np.random.default_rng(42))
    matrix = shoppers.matrix_of(shoppers.snapshots(drawn, elapsed_s, 43))
    truth = shoppers.modes_of(drawn.traits)
    found = classify(matrix, None)
    named = np.array([MODES.index(intent.mode) for intent in found])
    stated = np.array([intent.confidence for intent in found])
    for mode in MODES:
        for confidence in sorted({*CONFIDENCE.values(), UNNAMED}):
            these = (named == MODES.index(mode)) & (stated == confidence)
            if not these.any():
                continue
            right = (truth[these] == named[these]).mean()
            error = np.sqrt(confidence * (1 - confidence) / these.sum())
            assert right >= confidence - 2 * error, (mode, confidence, right, these.sum())


def test_vetoes_and_missing_values() -> None:  # R22
    bought = msgspec.structs.replace(LAPTOP_MEASURED_WHOLE, checkout_clicked=True)
    (intent,) = intents([bought], None)
    assert intent.mode is Mode.DEFAULT
    values = {"visit_count": 3.0, "review_dwell_ms": None, "scroll_reversals": float("nan")}
    assert held(Mode.HESITATING, values) == [SIGNS[Mode.HESITATING][0]]
    assert held(Mode.DEFAULT, values) == []
