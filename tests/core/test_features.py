"""The feature set: types, the visit count's rule, what is missing."""

import math

import msgspec
import numpy as np
import pytest

from saccade.domain import SESSION_LIFE_S
from saccade.features import FEATURES, FeatureSet, FeatureType, matrix
from saccade.signals import SIGNAL_NAMES, Signals
from saccade.state import PROFILE_LIFE_S, Profile, Session, State

NOW = 1_000_000.0


def state(signals: Signals, profile: Profile | None = None, seen: float = NOW) -> State:
    return State(session=Session(seen, seen, signals=signals), profile=profile)


def row(known: State, now: float = NOW) -> dict[str, float]:
    return dict(zip(FEATURES.names, matrix([known], now)[0].tolist(), strict=True))


def test_every_signal_is_a_feature_with_its_papers() -> None:  # R2, R46
    assert FEATURES.names[:14] == SIGNAL_NAMES
    assert len(set(FEATURES.names)) == len(FEATURES.names) == 15
    for feature in FEATURES.features:
        assert feature.source
        assert feature.owner
        assert feature.retention_s in {SESSION_LIFE_S, PROFILE_LIFE_S}
        assert math.isnan(feature.default)
    kinds = {feature.name: feature.type for feature in FEATURES.features}
    assert kinds["spec_hover_ms"] is FeatureType.MILLISECONDS
    assert kinds["checkout_clicked"] is FeatureType.FLAG
    assert kinds["variant_switches"] is FeatureType.COUNT


def test_any_change_of_a_feature_changes_the_version() -> None:  # R46
    first, *others = FEATURES.features
    changed = FeatureSet("behaviour-1", (msgspec.structs.replace(first, source="other"), *others))
    same = FeatureSet("behaviour-1", FEATURES.features)
    assert changed.version != FEATURES.version == same.version
    assert FEATURES.version.startswith("behaviour-1-")


def test_signals_become_numbers_in_their_order() -> None:
    known = Signals(
        spec_hover_ms=14_200, compare_tool_opened=True, checkout_clicked=False, visit_count=3
    )
    values = matrix([state(known)], NOW)
    assert values.dtype == np.float32
    assert values.shape == (1, 15)
    assert row(state(known))["spec_hover_ms"] == 14_200
    assert row(state(known))["compare_tool_opened"] == 1
    assert row(state(known))["checkout_clicked"] == 0


def test_an_absent_signal_is_missing_and_not_zero() -> None:
    values = row(state(Signals(scroll_reversals=0)))
    assert values["scroll_reversals"] == 0
    missing = [name for name, value in values.items() if math.isnan(value)]
    assert missing == [name for name in FEATURES.names if name != "scroll_reversals"]


@pytest.mark.parametrize(
    ("profile", "claimed", "visits"),
    [
        (None, 3, 3),  # unknown visitor: the client's count serves
        (None, None, math.nan),
        (Profile(0, 0, visits=5, sessions=2), 9, 5),  # the server's count wins
        (Profile(0, 0, visits=3, sessions=1), None, 3),
        (Profile(0, 0, sessions=0, consent=True), 4, 4),  # an answer alone counts no visit
        (Profile(0, 0, sessions=0, consent=True), None, math.nan),
    ],
)
def test_the_servers_visit_count_wins(
    profile: Profile | None, claimed: int | None, visits: float
) -> None:  # R43
    value = row(state(Signals(visit_count=claimed), profile))["visit_count"]
    assert value == pytest.approx(visits, nan_ok=True)


def test_without_a_session_only_the_visits_are_known() -> None:
    values = row(State(profile=Profile(0, 0, visits=4, sessions=4)))
    assert values.pop("visit_count") == 4
    assert all(math.isnan(value) for value in values.values())


def test_a_session_ends_at_3600_seconds() -> None:  # R43
    known = state(Signals(scroll_reversals=2))
    assert row(known, NOW + SESSION_LIFE_S - 0.001)["scroll_reversals"] == 2
    assert math.isnan(row(known, NOW + SESSION_LIFE_S)["scroll_reversals"])


@pytest.mark.parametrize(
    ("negative", "all_reviews", "share"),
    [(31_000, 62_000, 0.5), (0, 5_000, 0.0), (0, 0, None), (None, 9_000, None), (5, None, None)],
)
def test_negative_review_share(
    negative: int | None, all_reviews: int | None, share: float | None
) -> None:
    known = Signals(negative_review_dwell_ms=negative, review_dwell_ms=all_reviews)
    expected = math.nan if share is None else share
    assert row(state(known))["negative_review_share"] == pytest.approx(expected, nan_ok=True)


def test_a_batch_is_its_rows() -> None:
    states = [state(Signals(scroll_reversals=n)) for n in range(5)] + [State()]
    together = matrix(states, NOW)
    apart = np.concatenate([matrix([one], NOW) for one in states])
    np.testing.assert_array_equal(together, apart)
    assert matrix([], NOW).shape == (0, 15)
