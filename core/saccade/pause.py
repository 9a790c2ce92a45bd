"""What is refused before anything is read: a pause, a no on the call, an assisted session."""

from saccade.domain import DecisionRequest, Reason
from saccade.tenants import Tenant

NOTHING_KEPT = frozenset({Reason.NO_CONSENT, Reason.ASSISTED})
"""Refusals under which signals are not taken in either (R60, R89)."""


def refusal(tenant: Tenant, request: DecisionRequest) -> Reason | None:
    """Why the page stays as it is, or ``None``."""
    if tenant.decisioning.paused:
        return Reason.PAUSED
    if request.consent is False:
        return Reason.NO_CONSENT
    return Reason.ASSISTED if request.assisted else None
