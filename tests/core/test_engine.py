"""The decision as a whole: what is served, when it is made anew, and that it never raises."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from making import LAPTOP_SHOPPER, TENANT, ready, reassurance, request, tenant
from saccade.actions import TenantRuntime
from saccade.campaigns import Campaign, Caps
from saccade.deadline import Deadline
from saccade.domain import (
    DO_NOTHING,
    Arm,
    Basis,
    Decision,
    DecisionRequest,
    Exposure,
    JsonObject,
    Mode,
    Op,
    Outcome,
    Reason,
    Served,
)
from saccade.engine import Engine
from saccade.features import FEATURES
from saccade.ports import IntentModel, StatePort
from saccade.signals import Signals
from saccade.state import State, ViewKey
from saccade.stores.memory import MemoryState
from saccade.tenants import Phase, Tenant
from saccade.treatment import arm


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class Notebook:
    """A journal that keeps what it is given."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.exposures: list[Exposure] = []

    def decided(self, decision: Decision) -> None:
        self.decisions.append(decision)

    async def exposed(self, exposure: Exposure) -> None:
        self.exposures.append(exposure)

    async def followed(self, outcome: Outcome) -> None:
        raise AssertionError(outcome)

    async def find(self, tenant: str, decision_id: str) -> JsonObject | None:
        raise AssertionError(tenant, decision_id)

    async def close(self) -> None:
        """Nothing to close."""


class Reader:
    """A model whose answer the test dictates: the mode's probability, the rest on default."""

    version = "dictated-1"
    features = FEATURES.version

    def __init__(self) -> None:
        self.mode = Mode.HESITATING
        self.confidence = 0.84
        self.fails = False

    def current(self) -> IntentModel:
        return self

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.fails:
            raise RuntimeError("the model broke")
        row = [(1 - self.confidence) / 3] * 4
        row[list(Mode).index(self.mode)] = self.confidence
        return np.tile(np.array(row, dtype=np.float32), (len(matrix), 1))


class Lab:
    """An engine with hand-moved parts."""

    def __init__(self, shop: Tenant | None = None, *campaigns: Campaign) -> None:
        self.clock = Clock()
        self.journal = Notebook()
        self.model = Reader()
        self.state: StatePort = MemoryState(clock=self.clock)
        self.runtime: TenantRuntime = ready(shop, *campaigns)
        self.engine = self.opened(self.state)

    def opened(self, state: StatePort) -> Engine:
        return Engine({TENANT: self.runtime}, state, self.journal, self.model, clock=self.clock)

    async def decide(self, asked: DecisionRequest | None = None) -> Decision:
        decision = await self.engine.decide(asked or request(), Deadline())
        await self.engine.close()
        return decision


Open = Callable[..., Lab]


@pytest.fixture
async def lab() -> AsyncIterator[Open]:
    """Opens labs, and closes their engines."""
    opened: list[Lab] = []

    def open_lab(shop: Tenant | None = None, *campaigns: Campaign) -> Lab:
        opened.append(Lab(shop, *campaigns))
        return opened[-1]

    yield open_lab
    for each in opened:
        await each.engine.close()


async def test_a_hesitating_shopper_is_reassured(lab: Open) -> None:
    one = lab()
    decision = await one.decide()
    experience = decision.experience
    assert (experience.mode, experience.reason, experience.served) == (
        Mode.HESITATING,
        Reason.MODEL,
        Served.MODEL,
    )
    assert [i.op for i in experience.instructions] == [Op.MOVE, Op.SHOW, Op.SET_TEXT, Op.HIDE]
    assert experience.instructions[2].text == "Add to cart — 30-day battery guarantee"
    assert one.journal.decisions == [decision]
    assert set(decision.timings_ms) >= {"profile", "scoring", "selection", "rendering"}  # R26
    assert all(
        (decision.versions.features, decision.versions.model, decision.versions.policy)
    )  # R46: every decision names its versions


async def test_one_view_decides_once(lab: Open) -> None:  # R31
    one = lab()
    first = await one.decide(request(view="v1"))
    again = await one.decide(request(view="v1"))
    assert again.id == first.id
    assert again.experience == first.experience
    assert again.repeat
    assert len(one.journal.decisions) == 1


async def test_another_view_or_subject_is_another_decision(lab: Open) -> None:
    one = lab()
    asked = [request(view="v1"), request(view="v2"), request(view="v1", subject="9")]
    assert len({(await one.decide(each)).id for each in asked}) == 3


async def test_an_unnamed_view_lasts_thirty_seconds_or_until_the_subject_changes(
    lab: Open,
) -> None:
    one = lab()
    first = await one.decide()
    one.clock.now += 29.9
    assert (await one.decide()).id == first.id
    one.clock.now += 0.2
    second = await one.decide()
    assert second.id != first.id
    elsewhere = await one.decide(request(subject="9"))
    back = await one.decide()
    assert len({first.id, second.id, elsewhere.id, back.id}) == 4


async def test_a_changed_mode_decides_anew_within_the_view(lab: Open) -> None:  # R12
    one = lab()
    first = await one.decide(request(view="v1"))
    one.model.mode = Mode.ANALYTICAL
    changed = await one.decide(request(view="v1"))
    assert changed.id != first.id
    assert changed.experience.served is Served.DEFAULT
    one.model.mode = Mode.HESITATING
    back = await one.decide(request(view="v1"))
    assert back.id not in {first.id, changed.id}
    assert back.experience.instructions == first.experience.instructions


async def test_confidence_that_rises_over_the_gate_acts_and_then_holds(lab: Open) -> None:  # R11
    one = lab()
    one.model.confidence = 0.5999
    low = await one.decide(request(view="v1"))
    assert (low.experience.reason, low.experience.served) == (
        Reason.LOW_CONFIDENCE,
        Served.DEFAULT,
    )
    one.model.confidence = 0.61
    acts = await one.decide(request(view="v1"))
    assert acts.experience.served is Served.MODEL
    one.model.confidence = 0.58
    assert (await one.decide(request(view="v1"))).id == acts.id


async def test_two_workers_asked_at_once_for_one_view_agree(lab: Open) -> None:
    one = lab()
    two = one.opened(one.state)
    asked = request(view="v1")
    ours, theirs = await asyncio.gather(
        one.engine.decide(asked, Deadline()), two.decide(asked, Deadline())
    )
    await two.close()
    assert ours.id == theirs.id


async def test_the_control_sees_the_default_and_its_would_be_action_is_kept(
    lab: Open,
) -> None:  # R54
    one = lab(tenant(holdout=0.5))
    names = [f"v{n}" for n in range(40)]
    for name in names:
        decision = await one.decide(request(session=name))
        expected = arm(one.runtime.secret, name, 0.5)
        assert decision.arm is expected
        assert decision.chosen == "battery-fear"
        acted = decision.experience.served is Served.MODEL
        assert acted is (expected is Arm.TREATMENT)
        if expected is Arm.CONTROL:
            assert decision.experience.reason is Reason.HOLDOUT
            assert decision.experience.instructions == ()
    assert {decision.arm for decision in one.journal.decisions} == {Arm.CONTROL, Arm.TREATMENT}


async def test_shadow_decides_and_serves_nothing(lab: Open) -> None:
    decision = await lab(tenant(phase=Phase.SHADOW)).decide()
    assert decision.chosen == "battery-fear"
    assert (decision.experience.reason, decision.experience.served) == (
        Reason.SHADOW,
        Served.DEFAULT,
    )


@pytest.mark.parametrize(
    ("shop", "asked", "reason"),
    [
        (tenant(paused=True), request(), Reason.PAUSED),
        (tenant(), request(consent=False), Reason.NO_CONSENT),
        (tenant(basis=Basis.OPT_IN), request(), Reason.NO_CONSENT),
        (tenant(), request(assisted=True), Reason.ASSISTED),
    ],
)
async def test_refusals_serve_the_default_and_leave_no_trace(
    lab: Open, shop: Tenant, asked: DecisionRequest, reason: Reason
) -> None:
    one = lab(shop)
    decision = await one.decide(asked)
    assert decision.experience.reason is reason
    assert decision.experience.decision_id is None
    assert decision.arm is Arm.NONE
    assert one.journal.decisions == []


async def test_consent_carried_by_the_call_opens_an_opt_in_shop(lab: Open) -> None:
    decision = await lab(tenant(basis=Basis.OPT_IN)).decide(request(consent=True))
    assert decision.experience.served is Served.MODEL


async def test_under_opt_in_signals_without_consent_are_not_kept(lab: Open) -> None:  # R60
    one = lab(tenant(basis=Basis.OPT_IN))
    await one.engine.ingest(request(), LAPTOP_SHOPPER)
    key = ViewKey(TENANT, request().identity, request().moment)
    assert await one.state.read([key]) == [State()]


@pytest.mark.parametrize("asked", [request(consent=False), request(assisted=True)])
async def test_in_a_pause_as_well_nothing_is_kept_of_who_is_left_out(
    lab: Open, asked: DecisionRequest
) -> None:  # R60, R89
    one = lab(tenant(paused=True))
    await one.engine.ingest(asked, LAPTOP_SHOPPER)
    assert await one.state.read([ViewKey(TENANT, asked.identity, asked.moment)]) == [State()]
    await one.engine.ingest(request(session="s2"), LAPTOP_SHOPPER)
    other = request(session="s2")
    assert await one.state.read([ViewKey(TENANT, other.identity, other.moment)]) != [State()]


async def test_caps_hold_across_views_and_say_so(lab: Open) -> None:  # R16
    one = lab(None, reassurance(caps=Caps(per_session=2)))
    served = [(await one.decide(request(view=f"v{n}"))).experience for n in range(4)]
    assert [each.reason for each in served] == [
        Reason.MODEL,
        Reason.MODEL,
        Reason.CAPPED,
        Reason.CAPPED,
    ]
    assert served[3].instructions == ()


async def test_a_reservation_lapses_unless_an_exposure_commits_it(lab: Open) -> None:  # R44
    one = lab(None, reassurance(caps=Caps(per_session=1)))
    first = await one.decide(request(view="v1"))
    one.clock.now += 61
    second = await one.decide(request(view="v2"))
    assert second.experience.served is Served.MODEL
    await one.state.commit(TENANT, request().identity, second.id, one.clock.now)
    one.clock.now += 61
    third = await one.decide(request(view="v3"))
    assert third.experience.reason is Reason.CAPPED
    assert first.id != second.id


async def test_concurrent_views_never_exceed_a_cap(lab: Open) -> None:  # R16
    one = lab(None, reassurance(caps=Caps(per_session=3)))
    asked = [one.engine.decide(request(view=f"v{n}"), Deadline(60_000)) for n in range(50)]
    decisions = await asyncio.gather(*asked)
    assert sum(d.experience.served is Served.MODEL for d in decisions) == 3
    assert sum(d.experience.reason is Reason.CAPPED for d in decisions) == 47


class Broken(MemoryState):
    """A store that fails, or hangs, on demand."""

    def __init__(self, *, hangs: bool) -> None:
        super().__init__()
        self.hangs = hangs
        self.reads = 0

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        self.reads += 1
        if self.hangs:
            await asyncio.Event().wait()
        raise OSError("no store")


async def test_a_failing_store_gives_the_default(lab: Open) -> None:  # R27
    one = lab()
    engine = one.opened(Broken(hangs=False))
    decision = await engine.decide(request(), Deadline())
    assert (decision.experience.reason, decision.experience.served) == (
        Reason.ERROR,
        Served.DEFAULT,
    )
    assert one.journal.decisions == [], "whether the visitor consents is not known now"  # R60
    consenting = await engine.decide(request(consent=True), Deadline())
    assert one.journal.decisions == [consenting]


async def test_a_trip_that_fails_fails_all_who_wait_behind_it(lab: Open) -> None:  # F2
    one = lab()
    store = Broken(hangs=False)
    engine = one.opened(store)
    answers = [engine.ask(request(session="first"), Deadline())]
    await asyncio.sleep(0)
    answers += [engine.ask(request(session=f"s{n}"), Deadline()) for n in range(300)]
    for answer in answers:
        assert (await answer).experience.reason is Reason.ERROR
    assert store.reads <= 2


async def test_a_hanging_store_gives_the_default_at_the_budget(lab: Open) -> None:  # R24
    one = lab()
    engine = one.opened(Broken(hangs=True))
    decision = await engine.decide(request(), Deadline(budget_ms=20))
    assert decision.experience.reason is Reason.TIMEOUT
    assert decision.chosen == DO_NOTHING


async def test_a_decision_nobody_waited_for_is_journaled_as_late(lab: Open) -> None:
    one = lab()
    answer = one.engine.ask(request(view="v1"), Deadline())
    one.engine.abandon(answer)
    await one.engine.close()
    assert [d.experience.reason for d in one.journal.decisions] == [Reason.TIMEOUT]
    assert one.journal.decisions[0].experience.served is Served.DEFAULT


async def test_a_page_that_went_out_without_its_decision_is_journaled_so(lab: Open) -> None:
    one = lab()
    decision = await one.engine.ask(request(), Deadline())
    one.engine.settle(decision, delivered=False)
    kept = one.journal.decisions[0].experience
    assert (kept.reason, kept.served, kept.instructions) == (Reason.ERROR, Served.DEFAULT, ())
    assert one.journal.decisions[0].id == kept.decision_id != decision.id
    served = await one.decide()
    assert served.id == decision.id, "the view is decided alike,"
    assert not served.repeat, "and that one is new"
    assert [each.id for each in one.journal.decisions][1:] == [served.id]


async def test_a_late_refusal_leaves_no_trace(lab: Open) -> None:  # R60
    one = lab(tenant(basis=Basis.OPT_IN))
    one.engine.abandon(one.engine.ask(request(), Deadline()))
    await one.engine.close()
    assert one.journal.decisions == []


async def test_the_arms_meet_their_caps_alike(lab: Open) -> None:  # R54, R16
    capped = reassurance(caps=Caps(per_session=1))
    for arm_of in (Arm.TREATMENT, Arm.CONTROL):
        one = lab(tenant(holdout=0.5), capped)
        names = (f"v{n}" for n in range(100))
        visitor = next(name for name in names if arm(one.runtime.secret, name, 0.5) is arm_of)
        first = await one.decide(request(session=visitor, view="v1"))
        if arm_of is Arm.TREATMENT:
            await one.state.commit(TENANT, first.request.identity, first.id, one.clock.now)
        one.clock.now += 120
        second = await one.decide(request(session=visitor, view="v2"))
        assert (first.chosen, second.chosen) == ("battery-fear", DO_NOTHING), arm_of


async def test_a_refused_choice_keeps_its_propensity(lab: Open) -> None:
    one = lab(None, reassurance(caps=Caps(per_session=1)))
    asked = [one.engine.decide(request(view=f"v{n}"), Deadline()) for n in range(2)]
    decisions = await asyncio.gather(*asked)
    (refused,) = [decision for decision in decisions if decision.refused]
    assert refused.chosen == "battery-fear"
    assert refused.propensities[refused.eligible.index(refused.chosen)] == 1.0
    assert refused.experience.reason is Reason.CAPPED


def falling_back(**shop: Any) -> Tenant:
    made = tenant(**shop)
    slot = made.slots["battery-guarantee"].model_copy(update={"fallback": "rule"})
    return made.model_copy(update={"slots": {**made.slots, "battery-guarantee": slot}})


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_slot_may_fall_back_to_a_rule_where_there_is_no_decision(
    lab: Open, *, hangs: bool
) -> None:  # R23
    engine = lab(falling_back()).opened(Broken(hangs=hangs))
    decision = await engine.decide(request(), Deadline(budget_ms=20))
    assert decision.experience.reason in {Reason.ERROR, Reason.TIMEOUT}
    assert decision.experience.served is Served.RULE
    assert decision.experience.instructions


@pytest.mark.parametrize(
    "shop",
    [
        falling_back(holdout=0.5, name=TENANT),
        falling_back(phase=Phase.SHADOW),
        falling_back(paused=True),
        falling_back(basis=Basis.OPT_IN),
    ],
)
async def test_the_rule_is_for_nobody_who_must_see_the_default(lab: Open, shop: Tenant) -> None:
    one = lab(shop)
    names = [f"v{n}" for n in range(40)]
    held_out = [name for name in names if arm(one.runtime.secret, name, 0.5) is Arm.CONTROL]
    asked = request(session=held_out[0])
    assert one.engine.fallback(asked, Reason.TIMEOUT) is None


async def test_a_broken_model_leaves_the_decision_to_rules(lab: Open) -> None:  # R22
    one = lab()
    one.model.fails = True
    decision = await one.decide()
    assert decision.intent.by is Reason.RULE
    assert decision.versions.model == ""


async def test_a_broken_row_fails_alone(lab: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one = lab()
    find = one.engine.catalog.find

    def poisoned(name: str, product: str | None) -> object:
        if product == "poison":
            raise RuntimeError("this row only")
        return find(name, product)

    monkeypatch.setattr(one.engine.catalog, "find", poisoned)
    subjects = ["a", "poison", "b"]
    answers = [one.engine.ask(request(session=name, subject=name), Deadline()) for name in subjects]
    reasons = [(await answer).experience.reason for answer in answers]
    assert reasons == [Reason.MODEL, Reason.ERROR, Reason.MODEL]


async def test_signals_become_an_intent_and_then_a_decision(lab: Open) -> None:
    one = lab()
    intent = await one.engine.ingest(request(), LAPTOP_SHOPPER)
    assert (intent.mode, intent.by) == (Mode.HESITATING, Reason.MODEL)
    decision = await one.engine.flush(request(), Signals(session_duration_ms=93_000), Deadline())
    position = [feature.name for feature in FEATURES.features].index("spec_hover_ms")
    assert decision.features[position] == 14_200.0


async def test_signals_a_store_does_not_keep_are_said_to_be_lost(lab: Open) -> None:
    class Down(MemoryState):
        async def record(self, batches: object) -> Sequence[State]:
            raise OSError("no store", batches)

    engine = lab().opened(Down())
    with pytest.raises(OSError, match="no store"):
        await engine.ingest(request(), LAPTOP_SHOPPER)
    decision = await engine.flush(request(), LAPTOP_SHOPPER, Deadline())
    assert decision.experience.reason is Reason.ERROR


async def test_where_json_is_all_that_is_read_served_counts_as_seen(lab: Open) -> None:
    shop = tenant()
    shop = shop.model_copy(
        update={"decisioning": shop.decisioning.model_copy(update={"exposure": "assumed"})}
    )
    one = lab(shop, reassurance(caps=Caps(per_session=1)))
    first = await one.decide(request(view="v1"))
    assert [exposure.decision_id for exposure in one.journal.exposures] == [first.id]
    one.clock.now += 61
    assert (await one.decide(request(view="v2"))).experience.reason is Reason.CAPPED


async def test_without_a_model_rules_decide(lab: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one = lab()  # R22
    monkeypatch.setattr(one.model, "current", lambda: None)
    await one.engine.ingest(request(), LAPTOP_SHOPPER)
    decision = await one.decide()
    assert (decision.experience.reason, decision.experience.served) == (Reason.RULE, Served.RULE)
    assert decision.versions.model == ""
