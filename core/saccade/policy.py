"""The policy chooses among eligible actions and states each one's propensity.

The rule policy is the baseline everything runs on without learning (R22): the first action, by
priority, that answers the shopper's mode. It draws nothing, so its propensities are 0 and 1.
"""

from functools import lru_cache
from typing import Protocol

from saccade.actions import Action, Candidates
from saccade.domain import DO_NOTHING, Frozen, Intent, Reason
from saccade.state import Standing


class Choice(Frozen, frozen=True):
    """What was chosen and why. ``action`` is ``None`` for doing nothing."""

    action: Action | None
    eligible: tuple[str, ...]
    """`DO_NOTHING` first, then the candidates."""
    propensities: tuple[float, ...]
    reason: Reason
    by: Reason
    """``MODEL`` or ``RULE``: what the choice followed."""
    gate_open: bool

    @property
    def chosen(self) -> str:
        """The action's id."""
        return self.action.id if self.action else DO_NOTHING


class Policy(Protocol):
    """Chooses one action for one view."""

    version: str

    def choose(
        self, intent: Intent, found: Candidates, gate: float, held: Standing | None
    ) -> Choice:
        """One of ``found`` or nothing.

        ``gate`` is the tenant's; an action's own gate stands on the action. ``held`` is what the
        view already shows for the same mode: its gate, once open, stays open for the same action,
        so that a page does not flicker with the third decimal of a probability.
        """
        ...


class RulePolicy:
    """First match by priority, behind the confidence gate (R11)."""

    version = "rule-1"

    def choose(
        self, intent: Intent, found: Candidates, gate: float, held: Standing | None
    ) -> Choice:
        """See `Policy.choose`."""
        was_open = held is not None and held.gate_open
        kept = held.chosen if held is not None and held.gate_open else DO_NOTHING
        answering = found.answering(intent.mode)
        action, reason, by = _first(answering, intent, kept), intent.by, intent.by
        gate_open = action is not None or was_open or intent.confidence >= gate
        if action is None and _first(found.capped, intent, kept) is not None:
            reason = Reason.CAPPED
        elif action is None and _first(found.suppressed, intent, kept) is not None:
            reason = Reason.SUPPRESSED
        elif not gate_open:
            action, reason, by = cached_rule(found.eligible), Reason.LOW_CONFIDENCE, Reason.RULE
        names = found.names
        place = names.index(action.id) if action else 0
        return Choice(action, names, _certain(place, len(names)), reason, by, gate_open)


@lru_cache(maxsize=1_024)
def _certain(place: int, count: int) -> tuple[float, ...]:
    """Of so many propensities the one at ``place`` is 1."""
    return tuple(1.0 if each == place else 0.0 for each in range(count))


def cached_rule(actions: tuple[Action, ...]) -> Action | None:
    """What is shown to everybody where no mode may act; ``None``: the page's own (R23)."""
    return next((action for action in actions if action.fallback), None)


def _first(actions: tuple[Action, ...], intent: Intent, kept: str) -> Action | None:
    for action in actions:
        if not action.modes:
            return action
        sure = action.id == kept or intent.confidence >= action.gate
        if intent.mode in action.modes and sure:
            return action
    return None
