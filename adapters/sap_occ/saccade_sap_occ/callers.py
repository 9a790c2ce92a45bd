"""What the headers of an OCC call say of who calls: a shopper's consent, an agent at work."""

from saccade.ports import Call
from saccade_sap_occ.consents import given

CONSENTS = "x-anonymous-consents"
AGENT = "sap-commerce-cloud-user-id"
"""The customer an agent of the shop acts for."""

_NOBODY_ELSE = frozenset({"", "current", "anonymous"})
"""What it says where nobody acts for another: OCC's names for who calls and for who is unknown."""


def consent(call: Call, template: str) -> bool | None:
    """The shopper's answer for ``template`` as this call carries it."""
    return given(call.headers.get(CONSENTS), template)


def assisted(call: Call) -> bool:
    """Whether what is done is an agent's doing: nothing may be learnt from it (R89)."""
    return call.headers.get(AGENT, "").strip() not in _NOBODY_ELSE
