"""The treatment gate: after the policy, so that arms differ in nothing but what is served (R54)."""

import hashlib
from functools import lru_cache

from saccade.domain import Arm, Reason
from saccade.tenants import Phase

_SPAN = 2**64


@lru_cache(maxsize=65_536)
def share(secret: bytes, purpose: str, subject: str) -> float:
    """A number in [0, 1), the same for the same words on every worker and after every restart."""
    digest = hashlib.blake2b(f"{purpose}\n{subject}".encode(), key=secret[:64], digest_size=8)
    return int.from_bytes(digest.digest(), "big") / _SPAN


def arm(secret: bytes, visitor: str, holdout: float, kept: Arm | None = None) -> Arm:
    """The sticky arm of a visitor; ``holdout`` is the control's share.

    ``kept`` is the arm stitching kept of an older visit, and wins.
    """
    if kept is not None:
        return kept
    return Arm.CONTROL if share(secret, "holdout", visitor) < holdout else Arm.TREATMENT


def withheld(visitor_arm: Arm, phase: Phase) -> Reason | None:
    """Why a choice is not served although it was made, or ``None``."""
    if visitor_arm is Arm.CONTROL:
        return Reason.HOLDOUT
    return Reason.SHADOW if phase is Phase.SHADOW else None
