"""The cached rule: what a slot shows everybody where there is no decision (R23).

Nothing of the visitor is read but the arm their id falls into: the control sees the page's own.
"""

from saccade import consent, treatment
from saccade.actions import TenantRuntime
from saccade.candidates import candidates
from saccade.catalog import CatalogIndex
from saccade.domain import DecisionRequest, Instruction
from saccade.pause import refusal
from saccade.policy import cached_rule
from saccade.state import State


def instructions(
    runtime: TenantRuntime, catalog: CatalogIndex, request: DecisionRequest, now: float
) -> tuple[Instruction, ...]:
    """Of the moment's first rule; none where the page stays as it is.

    A rule with a cap is left out: with no state at hand it cannot be counted.
    """
    tenant = runtime.tenant
    arm = treatment.arm(runtime.secret, request.identity.visitor, tenant.decisioning.holdout)
    if (
        refusal(tenant, request) is not None
        or not consent.allowed(tenant.consent.basis, request.consent)
        or treatment.withheld(arm, tenant.decisioning.phase) is not None
    ):
        return ()
    product = catalog.find(request.tenant, request.subject)
    found = candidates(runtime.uncapped[request.moment], request, product, State(), now)
    rule = cached_rule(found.eligible)
    return rule.told(request) if rule else ()
