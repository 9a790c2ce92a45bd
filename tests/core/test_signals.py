"""The fourteen signals (R2): names, strict types, bounds, scope."""

import msgspec
import pytest

from saccade.signals import SIGNAL_NAMES, Scope, Signals, is_activity, merged, scope

R2 = [
    "spec_hover_ms",
    "scroll_reversals",
    "compare_tool_opened",
    "visit_count",
    "review_dwell_ms",
    "negative_review_dwell_ms",
    "checkout_clicked",
    "add_to_cart_clicked",
    "session_duration_ms",
    "scroll_speed_px_sec",
    "max_scroll_depth_pct",
    "variant_switches",
    "products_viewed",
    "exit_intent_count",
]


def test_the_names_of_r2() -> None:
    assert list(SIGNAL_NAMES) == R2


@pytest.mark.parametrize("name", R2)
@pytest.mark.parametrize("bad", ['"12"', "-1", "1e300", "NaN", "[]", "{}"])
def test_each_refuses_wrong_types_and_values_by_name(name: str, bad: str) -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(f'{{"{name}": {bad}}}', type=Signals)
    assert name in str(caught.value) or bad == "NaN"  # NaN is no JSON: the whole is malformed


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="__proto__"):
        msgspec.json.decode('{"__proto__": 1}', type=Signals)


def test_absent_is_missing_not_zero() -> None:
    assert Signals().spec_hover_ms is None
    assert msgspec.json.encode(Signals(spec_hover_ms=0)) == b'{"spec_hover_ms":0}'


def test_a_batch_replaces_what_it_names_and_leaves_the_rest() -> None:
    known = Signals(spec_hover_ms=5, products_viewed=2)
    after = merged(known, Signals(spec_hover_ms=9), same_subject=True)
    assert after == Signals(spec_hover_ms=9, products_viewed=2)


def test_another_subject_forgets_the_page_and_keeps_the_session() -> None:
    known = Signals(spec_hover_ms=5, review_dwell_ms=7, products_viewed=2, add_to_cart_clicked=True)
    after = merged(known, Signals(products_viewed=3), same_subject=False)
    assert after == Signals(products_viewed=3, add_to_cart_clicked=True)
    assert scope("spec_hover_ms") is Scope.PAGE
    assert scope("products_viewed") is Scope.SESSION


def test_time_alone_is_no_activity() -> None:  # R43
    assert not is_activity(Signals(session_duration_ms=90_000))
    assert is_activity(Signals(session_duration_ms=90_000, scroll_reversals=0))
