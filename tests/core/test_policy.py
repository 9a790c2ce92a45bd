"""The rule policy and the confidence gate (R11, R12, R22)."""

import pytest

from making import ready, reassurance, tenant
from saccade.actions import Action, Candidates
from saccade.domain import DO_NOTHING, Experience, Intent, Mode, Moment, Reason, Served
from saccade.policy import RulePolicy
from saccade.state import Standing


def actions(*modes: Mode) -> tuple[Action, ...]:
    return ready(tenant(), reassurance(modes=modes)).shelves[Moment.PRODUCT].actions


def intent(mode: Mode, confidence: float) -> Intent:
    return Intent(mode, confidence, (0.0, 0.0, confidence, 0.0), Reason.MODEL)


def shown(action: str, *, gate_open: bool = True) -> Standing:
    experience = Experience("d1", Mode.HESITATING, 0.8, Reason.MODEL, Served.MODEL)
    return Standing(
        "d1", "816324", 0.0, 0, Mode.HESITATING, "", gate_open, chosen=action, experience=experience
    )


HESITATING = Candidates(actions(Mode.HESITATING), ())


@pytest.mark.parametrize(
    ("confidence", "chosen", "reason"),
    [
        (0.5999, DO_NOTHING, Reason.LOW_CONFIDENCE),
        (0.5999999999, DO_NOTHING, Reason.LOW_CONFIDENCE),
        (0.6000, "battery-fear", Reason.MODEL),
        (1.0, "battery-fear", Reason.MODEL),
    ],
)
def test_the_gate_is_at_exactly_point_six(confidence: float, chosen: str, reason: Reason) -> None:
    choice = RulePolicy().choose(intent(Mode.HESITATING, confidence), HESITATING, 0.6, None)
    assert (choice.chosen, choice.reason) == (chosen, reason)  # R11


def test_a_view_that_acts_goes_on_acting_on_the_same_mode() -> None:
    low = intent(Mode.HESITATING, 0.55)
    choice = RulePolicy().choose(low, HESITATING, 0.6, shown("battery-fear"))
    assert choice.chosen == "battery-fear"
    assert choice.gate_open


def test_what_the_view_does_not_show_is_not_let_in_by_it() -> None:
    low = intent(Mode.HESITATING, 0.55)
    for other in (shown(DO_NOTHING), shown("another"), shown("battery-fear", gate_open=False)):
        assert RulePolicy().choose(low, HESITATING, 0.6, other).chosen == DO_NOTHING


def test_a_slots_own_gate_stands_above_the_tenants() -> None:
    shop = tenant()
    slot = shop.slots["battery-guarantee"].model_copy(update={"gate": 0.9})
    shop = shop.model_copy(update={"slots": {**shop.slots, "battery-guarantee": slot}})
    found = Candidates(ready(shop, reassurance()).shelves[Moment.PRODUCT].actions, ())
    below = RulePolicy().choose(intent(Mode.HESITATING, 0.8), found, 0.6, None)
    above = RulePolicy().choose(intent(Mode.HESITATING, 0.9), found, 0.6, None)
    assert (below.chosen, above.chosen) == (DO_NOTHING, "battery-fear")


def test_another_mode_gets_nothing_for_a_stated_reason() -> None:
    choice = RulePolicy().choose(intent(Mode.ANALYTICAL, 0.9), HESITATING, 0.6, None)
    assert (choice.chosen, choice.reason) == (DO_NOTHING, Reason.MODEL)


def test_an_action_for_any_mode_asks_for_no_confidence() -> None:
    found = Candidates(actions(), ())
    choice = RulePolicy().choose(intent(Mode.DEFAULT, 0.3), found, 0.6, None)
    assert choice.chosen == "battery-fear"


def test_what_only_a_cap_holds_back_says_so() -> None:
    found = Candidates((), actions(Mode.HESITATING))
    choice = RulePolicy().choose(intent(Mode.HESITATING, 0.9), found, 0.6, None)
    assert (choice.chosen, choice.reason) == (DO_NOTHING, Reason.CAPPED)
    below = RulePolicy().choose(intent(Mode.HESITATING, 0.4), found, 0.6, None)
    assert below.reason is Reason.LOW_CONFIDENCE


@pytest.mark.parametrize("confidence", [0.3, 0.9])
def test_propensities_are_a_distribution_over_the_eligible(confidence: float) -> None:
    choice = RulePolicy().choose(intent(Mode.HESITATING, confidence), HESITATING, 0.6, None)
    assert choice.eligible == (DO_NOTHING, "battery-fear")
    assert sum(choice.propensities) == 1.0
    assert choice.propensities[choice.eligible.index(choice.chosen)] == 1.0


def cached() -> Candidates:
    shop = tenant()
    slot = shop.slots["battery-guarantee"].model_copy(update={"fallback": "rule"})
    shop = shop.model_copy(update={"slots": {**shop.slots, "battery-guarantee": slot}})
    return Candidates(ready(shop, reassurance()).shelves[Moment.PRODUCT].actions, ())


def test_below_the_gate_a_slot_may_fall_back_to_its_rule() -> None:  # R23
    choice = RulePolicy().choose(intent(Mode.HESITATING, 0.4), cached(), 0.6, None)
    assert (choice.chosen, choice.reason, choice.by) == (
        "battery-fear",
        Reason.LOW_CONFIDENCE,
        Reason.RULE,
    )
    assert not choice.gate_open
    sure = RulePolicy().choose(intent(Mode.HESITATING, 0.8), cached(), 0.6, None)
    assert (sure.reason, sure.by) == (Reason.MODEL, Reason.MODEL)


def test_a_mode_that_may_act_but_has_no_action_shows_nothing() -> None:
    choice = RulePolicy().choose(intent(Mode.ANALYTICAL, 0.9), cached(), 0.6, None)
    assert choice.chosen == DO_NOTHING


@pytest.mark.parametrize("mode", Mode)
def test_who_answers_a_mode_is_found_out_once_for_a_whole_shelf(mode: Mode) -> None:
    """The choice is the same as where it is not known before."""
    campaigns = [reassurance(id=each.value, modes=(each,)) for each in Mode]
    shelf = ready(tenant(), *campaigns, reassurance(id="any", modes=())).shelves[Moment.PRODUCT]
    sure, apart = intent(mode, 0.9), Candidates(shelf.actions)
    choice = RulePolicy().choose(sure, shelf.everything, 0.6, None)
    assert choice == RulePolicy().choose(sure, apart, 0.6, None)
    assert len(shelf.everything.answering(mode)) == 2


@pytest.mark.parametrize("confidence", [0.9, 0.1])
def test_what_a_purchase_holds_back_is_said_to_be_suppressed(confidence: float) -> None:  # R18
    """Only where it would have been chosen: behind a closed gate it is the gate."""
    found = Candidates((), suppressed=actions(Mode.HESITATING))
    choice = RulePolicy().choose(intent(Mode.HESITATING, confidence), found, 0.6, None)
    assert choice.action is None
    assert choice.reason is (Reason.SUPPRESSED if confidence > 0.6 else Reason.LOW_CONFIDENCE)
