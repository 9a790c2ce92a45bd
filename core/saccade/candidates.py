"""Which actions may be chosen for this view: audience, schedule, currency, caps, purchases."""

from saccade.actions import Action, Candidates, Shelf
from saccade.domain import DecisionRequest, EventKind, Product
from saccade.state import State, shown, within_limits


def candidates(
    shelf: Shelf,
    request: DecisionRequest,
    product: Product | None,
    state: State,
    now: float,
) -> Candidates:
    """Those on the shelf that may be shown. The view's standing decision is not in its own way.

    ``product`` is the subject as the catalog index knows it: a campaign bound to categories is
    not eligible for a product the index does not know.
    """
    spent = _spent(shelf, request, state, now)
    bought = shelf.pursues and _has_bought(state)
    if shelf.always and not spent and not bought:
        return shelf.everything
    eligible: list[Action] = []
    capped: list[Action] = []
    suppressed: list[Action] = []
    for action in shelf.actions:
        if not action.starts <= now < action.ends:
            continue
        if action.bound and not _in_audience(action, request, product):
            continue
        if not action.speaks(request):
            continue
        if bought and action.pursues:
            suppressed.append(action)
            continue
        (capped if action.id in spent else eligible).append(action)
    return Candidates(tuple(eligible), tuple(capped), suppressed=tuple(suppressed))


def _has_bought(state: State) -> bool:
    """In this visit: what a page had pending then is pending no more (R18)."""
    return state.session is not None and EventKind.ORDER_PLACED.value in state.session.counts


def _spent(shelf: Shelf, request: DecisionRequest, state: State, now: float) -> set[str]:
    """Actions whose cap this visitor has reached: only what was shown can have been."""
    if not state.caps:
        return set()
    own = state.standing.decision_id if state.standing else ""
    session = request.identity.session
    return {
        name
        for name, entries in shown(state.caps, except_decision=own).items()
        if (action := shelf.named.get(name)) is not None
        and not within_limits(entries, session, action.limits, now)
    }


def _in_audience(action: Action, request: DecisionRequest, product: Product | None) -> bool:
    campaign = action.campaign
    if campaign.products and request.subject not in campaign.products:
        return False
    if not campaign.categories:
        return True
    return product is not None and not set(product.categories).isdisjoint(campaign.categories)
