"""Decisions that leave the page as it is: refused, late or failed."""

import secrets
import time

import msgspec

from saccade.domain import (
    DO_NOTHING,
    MODES,
    Arm,
    Decision,
    DecisionRequest,
    Intent,
    Mode,
    Reason,
    Served,
    Versions,
)
from saccade.experience import default_experience

UNKNOWN = Intent(Mode.DEFAULT, 0.0, tuple(0.0 for _ in MODES), Reason.RULE)
"""The intent of a shopper nothing is known of."""

_NO_VERSIONS = Versions("", "", "", "")


def undecided(request: DecisionRequest, reason: Reason, *, recorded: bool = False) -> Decision:
    """The page's default. ``recorded`` gives it an id: such a decision belongs in the journal."""
    decision_id = secrets.token_hex(16) if recorded else ""
    return Decision(
        id=decision_id,
        request=request,
        at=time.time(),
        intent=UNKNOWN,
        features=(),
        eligible=(DO_NOTHING,),
        propensities=(1.0,),
        chosen=DO_NOTHING,
        arm=Arm.NONE,
        experience=default_experience(reason, UNKNOWN, decision_id or None),
        versions=_NO_VERSIONS,
        timings_ms={},
    )


def not_served(decision: Decision, reason: Reason) -> Decision:
    """A decision whose page went out without it, as it must stand in the journal."""
    experience = msgspec.structs.replace(
        decision.experience, reason=reason, served=Served.DEFAULT, instructions=()
    )
    return msgspec.structs.replace(decision, experience=experience)
