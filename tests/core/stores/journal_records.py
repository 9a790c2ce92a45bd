"""Decisions, exposures and outcomes to put into a journal, whole in every field."""

import math

import msgspec

from saccade.domain import (
    Arm,
    Decision,
    DecisionRequest,
    Experience,
    Exposure,
    Identity,
    Instruction,
    Intent,
    Mode,
    Moment,
    Op,
    Outcome,
    OutcomeKind,
    Reason,
    Served,
    Versions,
)

LAPTOP = Decision(
    id="laptop",
    request=DecisionRequest("shop", Identity("visitor-1", "session-1"), Moment.PRODUCT, "816324"),
    at=1_700_000_000.25,
    intent=Intent(Mode.HESITATING, 0.84, (0.1, 0.03, 0.84, 0.03), Reason.MODEL),
    features=(3.0, 14_200.0, math.nan),
    eligible=("do_nothing", "battery-guarantee"),
    propensities=(0.05, 0.95),
    chosen="battery-guarantee",
    arm=Arm.TREATMENT,
    experience=Experience(
        "laptop",
        Mode.HESITATING,
        0.84,
        Reason.MODEL,
        Served.MODEL,
        (Instruction(Op.MOVE, "battery-guarantee", to="top"),),
    ),
    versions=Versions(features="1", model="m1", policy="p1", campaigns="c1"),
    timings_ms={"profile": 0.4, "scoring": 0.1},
)


def decision(id: str = "laptop", *, tenant: str = "shop", at: float = LAPTOP.at) -> Decision:  # noqa: A002 - the field's name
    """The laptop shopper's decision under another name."""
    request = msgspec.structs.replace(LAPTOP.request, tenant=tenant)
    return msgspec.structs.replace(LAPTOP, id=id, request=request, at=at)


def exposure(
    decision_id: str = "laptop",
    *,
    tenant: str = "shop",
    session: str = "session-1",
    at: float = 1.0,
) -> Exposure:
    """The guarantee came into view."""
    return Exposure(tenant, session, "visitor-1", decision_id, ("battery-guarantee",), at)


def outcome(
    decision_id: str | None = "laptop",
    *,
    tenant: str = "shop",
    session: str = "session-1",
    kind: OutcomeKind = OutcomeKind.CLICKED,
) -> Outcome:
    """What the shopper did then."""
    return Outcome(tenant, session, "visitor-1", kind, 2.0, decision_id)
