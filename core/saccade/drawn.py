"""What a row of the story has settled before the page's part of it, and what is made of it."""

from typing import NamedTuple

from saccade.domain import Arm, Decision, DecisionRequest, Experience, Intent, Versions
from saccade.policy import Choice
from saccade.state import Reservation


class Drawn(NamedTuple):
    """Chosen, and not yet withheld or shown."""

    at: float
    row: tuple[float, ...]
    intent: Intent
    choice: Choice
    arm: Arm
    sequence: int
    mixed: bool = False


def decided(
    request: DecisionRequest,
    drawn: Drawn,
    experience: Experience,
    versions: Versions,
    *,
    repeat: bool = False,
) -> Decision:
    """The whole of it, as it is journaled and replayed."""
    return Decision(
        id=experience.decision_id or "",
        request=request,
        at=drawn.at,
        intent=drawn.intent,
        features=drawn.row,
        eligible=drawn.choice.eligible,
        propensities=drawn.choice.propensities,
        chosen=drawn.choice.chosen,
        arm=drawn.arm,
        experience=experience,
        versions=versions,
        timings_ms={},
        sequence=drawn.sequence,
        gate_open=drawn.choice.gate_open,
        repeat=repeat,
        mixed=drawn.mixed,
    )


def reservation(
    request: DecisionRequest, choice: Choice, name: str, now: float
) -> Reservation | None:
    """Asked for in both arms alike, so that arms differ in nothing but what is served."""
    if choice.action is None or not choice.action.limits:
        return None
    return Reservation(
        request.tenant, request.identity, choice.action.id, name, choice.action.limits, now
    )
