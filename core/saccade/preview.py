"""A QA preview (R88): a signed link forces a mode or a campaign on the live page.

Nothing of the visitor is read for it and nothing is kept of it: no state, no cap, no arm, no row of
the journal. What it shows is what a shopper in that mode would get of what is eligible now.
"""

import base64
import binascii
import hashlib
import hmac

import msgspec

from saccade import views
from saccade.actions import TenantRuntime, action
from saccade.candidates import candidates
from saccade.domain import (
    DO_NOTHING,
    MODES,
    Arm,
    Decision,
    DecisionRequest,
    Frozen,
    Intent,
    Mode,
    Moment,
    Preview,
    Product,
    Reason,
    Versions,
)
from saccade.experience import served_experience
from saccade.features import FEATURES
from saccade.policy import Choice, Policy
from saccade.state import State

MOST_S = 7 * 86_400.0
"""A link is good no longer than a week."""

_SIGNATURE = 32


class _Signed(Frozen, frozen=True, array_like=True, forbid_unknown_fields=True):
    tenant: str
    until: float
    mode: Mode | None = None
    campaign: str | None = None


_DECODER = msgspec.json.Decoder(_Signed)


def signed(secret: bytes, tenant: str, preview: Preview, until: float) -> str:
    """The token of a link that is good until then, in seconds since the epoch."""
    words = msgspec.json.encode(_Signed(tenant, until, preview.mode, preview.campaign))
    payload = base64.urlsafe_b64encode(words).decode().rstrip("=")
    return f"{payload}.{_signature(secret, payload)}"


def opened(secret: bytes, tenant: str, token: str, now: float) -> Preview | None:
    """What a token forces; ``None`` where it is forged, over, or of another tenant."""
    payload, _, signature = token.partition(".")
    genuine = hmac.compare_digest(
        signature.encode("utf-8", "replace"), _signature(secret, payload).encode()
    )
    if not genuine:
        return None
    try:
        told = _DECODER.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return None
    if told.tenant != tenant or not now < told.until <= now + MOST_S:
        return None
    return Preview(told.mode, told.campaign)


def previewed(
    request: DecisionRequest,
    preview: Preview,
    runtime: TenantRuntime,
    product: Product | None,
    policy: Policy,
    now: float,
) -> Decision:
    """The decision of a preview: without an id, so that nothing can be said of it later."""
    request = views.worded(request, None)
    intent = _forced(preview, runtime)
    found = candidates(runtime.shelves[request.moment], request, product, State(), now)
    choice = policy.choose(intent, found, runtime.tenant.decisioning.gate, None)
    if preview.campaign is not None:
        choice = _only(preview.campaign, request.moment, runtime, choice)
    instructions = choice.action.told(request) if choice.action else ()
    experience = served_experience(None, intent, choice.reason, instructions, choice.by)
    return Decision(
        id="",
        request=request,
        at=now,
        intent=intent,
        features=(),
        eligible=choice.eligible,
        propensities=choice.propensities,
        chosen=choice.chosen,
        arm=Arm.NONE,
        experience=msgspec.structs.replace(experience, preview=True),
        versions=Versions(FEATURES.version, "", policy.version, runtime.campaigns.version),
        timings_ms={},
        gate_open=choice.gate_open,
    )


def _forced(preview: Preview, runtime: TenantRuntime) -> Intent:
    """The mode that is named, or one the campaign answers."""
    mode = preview.mode
    if mode is None:
        named = [one for one in runtime.campaigns.all if one.id == preview.campaign]
        mode = next((answered for one in named for answered in one.modes), Mode.DEFAULT)
    certain = tuple(1.0 if each is mode else 0.0 for each in MODES)
    return Intent(mode, 1.0, certain, Reason.RULE)


def _only(name: str, moment: Moment, runtime: TenantRuntime, choice: Choice) -> Choice:
    """That campaign and no other, paused, scheduled or for others: it is being looked at."""
    campaign = next((one for one in runtime.campaigns.of(moment) if one.id == name), None)
    only = action(runtime.tenant, campaign) if campaign else None
    return msgspec.structs.replace(
        choice,
        action=only,
        eligible=(DO_NOTHING, only.id) if only else (DO_NOTHING,),
        propensities=(0.0, 1.0) if only else (1.0,),
        reason=Reason.RULE,
        gate_open=only is not None,
    )


def _signature(secret: bytes, payload: str) -> str:
    message = f"preview\n{payload}".encode("utf-8", "replace")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()[:_SIGNATURE]
