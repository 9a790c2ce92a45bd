"""One view decides once: how views are named, and when their decision is made anew."""

import hashlib
from functools import lru_cache

import msgspec

from saccade.domain import Decision, DecisionRequest, Experience, Intent
from saccade.policy import Choice
from saccade.state import Standing, ViewKey

IMPLICIT_VIEW_S = 30.0
"""How long a view lasts where the page names none and stays with its subject."""


def key(request: DecisionRequest) -> ViewKey:
    """A named view belongs to its subject; unnamed ones share a key and are told apart in it."""
    return ViewKey(
        request.tenant,
        request.identity,
        request.moment,
        (request.subject or "") if request.view else "",
        request.view or "",
    )


def lasting(standing: Standing | None, request: DecisionRequest, now: float) -> Standing | None:
    """The standing decision, if this request still belongs to its view."""
    if standing is None or standing.subject != (request.subject or ""):
        return None
    if request.view is None and now - standing.at >= IMPLICIT_VIEW_S:
        return None
    return standing


def repeats(standing: Standing, intent: Intent, choice: Choice) -> bool:
    """True while neither mode nor eligibility changed: the view keeps its decision."""
    return (
        standing.mode == intent.mode
        and standing.among == _digest(choice.eligible)
        and standing.gate_open == choice.gate_open
    )


def worded(request: DecisionRequest, standing: Standing | None) -> DecisionRequest:
    """The request in the language and currency its view was last decided in, where it says none.

    A platform's call names them, the tracker's flush for the same view may not (R90). What the
    document says of itself comes last: a storefront's template may say ``en`` of every page.
    """
    language, currency = request.language, request.currency
    if standing is not None:
        language, currency = language or standing.language, currency or standing.currency
    language = language or request.html_language
    if language == request.language and currency == request.currency:
        return request
    return msgspec.structs.replace(request, language=language, currency=currency)


def retold(standing: Standing, choice: Choice, request: DecisionRequest) -> Experience:
    """The view's experience in the words of this request: its page may have turned to others."""
    shown, action = standing.experience, choice.action
    if not shown.instructions or action is None or action.id != standing.chosen:
        return shown
    told = action.told(request)
    if told == shown.instructions:
        return shown
    return msgspec.structs.replace(shown, instructions=told)


def decision_id(
    secret: bytes, view_key: ViewKey, sequence: int, choice: Choice, intent: Intent, now: float
) -> str:
    """128 bits as hex, keyed: two workers asked for one view at once agree without talking.

    The hour keeps ids apart when a view of the same name comes again after its state is gone.
    """
    words = (
        view_key.tenant,
        view_key.identity.visitor,
        view_key.identity.session,
        view_key.moment,
        view_key.subject,
        view_key.view,
        str(sequence),
        str(int(now // 3_600)),
        intent.mode,
        _digest(choice.eligible),
    )
    message = "\n".join(words).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(message, key=secret[:64], digest_size=16).hexdigest()


def standing(decision: Decision) -> Standing:
    """What the view keeps of its decision."""
    return Standing(
        decision.id,
        decision.request.subject or "",
        decision.at,
        decision.sequence,
        decision.intent.mode,
        _digest(decision.eligible),
        decision.gate_open,
        decision.chosen,
        decision.experience,
        decision.request.language,
        decision.request.currency,
    )


@lru_cache(maxsize=4_096)
def _digest(eligible: tuple[str, ...]) -> str:
    """A campaign may be one of hundreds: what a view keeps is told from another by this alone."""
    named = "\n".join(eligible).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(named, digest_size=8).hexdigest()
