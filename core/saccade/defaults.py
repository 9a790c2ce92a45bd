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
    Instruction,
    Intent,
    Mode,
    Reason,
    Served,
    Versions,
)
from saccade.experience import served_experience

UNKNOWN = Intent(Mode.DEFAULT, 0.0, tuple(0.0 for _ in MODES), Reason.RULE)
"""The intent of a shopper nothing is known of."""

_NO_VERSIONS = Versions("", "", "", "")


def undecided(
    request: DecisionRequest,
    reason: Reason,
    *,
    recorded: bool = False,
    instructions: tuple[Instruction, ...] = (),
) -> Decision:
    """The page's default, or the cached rule's ``instructions`` (R23).

    ``recorded`` gives it an id: such a decision belongs in the journal.
    """
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
        experience=served_experience(
            decision_id or None, UNKNOWN, reason, instructions, Reason.RULE
        ),
        versions=_NO_VERSIONS,
        timings_ms={},
    )


def not_served(decision: Decision, reason: Reason) -> Decision:
    """A decision whose page went out without it, as it must stand in the journal.

    It gets an id of its own: its view may yet be decided alike, and that one be served.
    """
    own = secrets.token_hex(16)
    experience = msgspec.structs.replace(
        decision.experience,
        decision_id=own,
        reason=reason,
        served=Served.DEFAULT,
        instructions=(),
    )
    return msgspec.structs.replace(decision, id=own, experience=experience)
