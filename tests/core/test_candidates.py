"""Eligibility: audience, schedule, caps."""

from datetime import UTC, datetime

import pytest

from making import ready, reassurance, request, tenant
from saccade.actions import Candidates
from saccade.campaigns import Campaign, Caps
from saccade.candidates import candidates
from saccade.domain import Experience, Mode, Moment, Product, Reason, Served
from saccade.state import CapEntry, Session, Standing, State

NOW = 1_000_000.0
LAPTOP = Product("816324", categories=("laptops", "computers"))


def found(
    *campaigns: Campaign, product: Product | None = None, state: State | None = None
) -> Candidates:
    shelf = ready(tenant(), *campaigns).shelves[Moment.PRODUCT]
    return candidates(shelf, request(), product, state or State(), NOW)


def test_a_campaign_without_bounds_is_eligible() -> None:
    assert found(reassurance()).names[1:] == ("battery-fear",)


@pytest.mark.parametrize(
    ("product", "eligible"),
    [(LAPTOP, True), (Product("816324", categories=("cameras",)), False), (None, False)],
)
def test_categories_ask_the_catalog(product: Product | None, *, eligible: bool) -> None:
    result = found(reassurance(categories=("laptops",)), product=product)
    assert bool(result.eligible) is eligible


@pytest.mark.parametrize(("product", "eligible"), [("816324", True), ("1", False)])
def test_products_ask_only_the_request(product: str, *, eligible: bool) -> None:
    assert bool(found(reassurance(products=(product,))).eligible) is eligible


@pytest.mark.parametrize(
    ("starts", "ends", "eligible"),
    [(NOW, None, True), (NOW + 1, None, False), (None, NOW, False), (None, NOW + 1, True)],
)
def test_the_schedule_includes_its_start_and_excludes_its_end(
    starts: float | None, ends: float | None, *, eligible: bool
) -> None:
    campaign = reassurance().model_copy(
        update={
            "starts": datetime.fromtimestamp(starts, UTC) if starts else None,
            "ends": datetime.fromtimestamp(ends, UTC) if ends else None,
        }
    )
    assert bool(found(campaign).eligible) is eligible


def test_paused_campaigns_never_become_actions() -> None:
    assert not found(reassurance().model_copy(update={"paused": True})).eligible


def capped_state(*, own: bool = False) -> State:
    standing = Standing(
        "d1", "816324", NOW, 0, Mode.HESITATING, "", gate_open=True, chosen="battery-fear",
        experience=Experience("d1", Mode.HESITATING, 0.8, Reason.MODEL, Served.MODEL),
    )  # fmt: skip
    return State(
        caps=(CapEntry("d1", "battery-fear", "s1", NOW - 5, committed=True),),
        standing=standing if own else None,
    )


def test_a_spent_cap_holds_back_and_is_named() -> None:  # R16
    result = found(reassurance(caps=Caps(per_session=1)), state=capped_state())
    assert not result.eligible
    assert [action.id for action in result.capped] == ["battery-fear"]


def test_the_views_own_decision_is_not_in_its_own_way() -> None:
    result = found(reassurance(caps=Caps(per_session=1)), state=capped_state(own=True))
    assert result.names[1:] == ("battery-fear",)


def test_higher_priority_first_then_by_id() -> None:
    result = found(reassurance(id="b"), reassurance(id="a"), reassurance(id="z", priority=9))
    assert result.names[1:] == ("z", "a", "b")


def test_a_spent_cap_holds_back_nobody_else() -> None:
    campaigns = (reassurance(caps=Caps(per_session=1)), reassurance(id="other"))
    for more in ((), (reassurance(id="bound", products=("816324",)),)):
        result = found(*campaigns, *more, state=capped_state())
        assert result.names[1:] == (*(one.id for one in more), "other")
        assert [action.id for action in result.capped] == ["battery-fear"]


def test_what_was_shown_and_is_no_campaign_any_more_holds_back_nothing() -> None:
    assert found(reassurance(id="new"), state=capped_state()).names[1:] == ("new",)


def bought(**counts: int) -> State:
    return State(session=Session(NOW - 60, NOW, counts=counts or {"order_placed": 1}))


def offering(**changed: object) -> Campaign:
    """Free delivery, at the same place as `reassurance`."""
    told = {"id": "offer", "template": "free_shipping", "parameters": {"text": "x"}, **changed}
    return reassurance().model_copy(update={"modes": (), **told})


def test_an_order_in_the_visit_suppresses_what_pursues_one() -> None:  # R18
    result = found(offering(), reassurance(), state=bought())
    assert result.names[1:] == ("battery-fear",)
    assert [one.id for one in result.suppressed] == ["offer"]
    assert found(offering(), reassurance(), state=bought(add_to_cart=3)).suppressed == ()


@pytest.mark.parametrize(
    ("after_purchase", "suppressed"), [(None, ["offer"]), (True, []), (False, ["offer", "steady"])]
)
def test_a_campaign_may_say_itself_what_a_purchase_ends(
    after_purchase: bool | None, suppressed: list[str]
) -> None:
    steady = reassurance(id="steady").model_copy(update={"after_purchase": after_purchase})
    result = found(offering(after_purchase=after_purchase), steady, state=bought())
    assert [one.id for one in result.suppressed] == suppressed


def test_after_a_purchase_the_confirmation_page_still_offers() -> None:  # R72
    assert not offering(moment=Moment.CONFIRMATION).ends_with_a_purchase
    assert offering().ends_with_a_purchase
