"""What a row of the story has settled before the page's part of it, and the cap it asks for."""

from typing import NamedTuple

from saccade.domain import Arm, DecisionRequest, Intent
from saccade.policy import Choice
from saccade.state import Reservation


class Drawn(NamedTuple):
    """Chosen, and not yet withheld or shown."""

    at: float
    row: tuple[float, ...]
    intent: Intent
    model: str
    """Version of the model the intent is by; empty where rules read it."""
    choice: Choice
    arm: Arm
    sequence: int


def reservation(
    request: DecisionRequest, choice: Choice, name: str, now: float
) -> Reservation | None:
    """Asked for in both arms alike, so that arms differ in nothing but what is served."""
    if choice.action is None or not choice.action.limits:
        return None
    return Reservation(
        request.tenant, request.identity, choice.action.id, name, choice.action.limits, now
    )
