"""What is refused before anything is read: a no on the call, an assisted session, a pause."""

from saccade.domain import DecisionRequest, Reason
from saccade.tenants import Tenant

NOTHING_KEPT = frozenset({Reason.NO_CONSENT, Reason.ASSISTED})
"""Refusals under which signals are not taken in either (R60, R89)."""


def refusal(tenant: Tenant, request: DecisionRequest) -> Reason | None:
    """Why the page stays as it is, or ``None``. What keeps a shopper out of all records holds in a
    pause as well, and is said first."""
    if request.consent is False:
        return Reason.NO_CONSENT
    if request.assisted:
        return Reason.ASSISTED
    return Reason.PAUSED if tenant.decisioning.paused else None
