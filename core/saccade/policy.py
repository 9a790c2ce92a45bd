"""The policy chooses among eligible actions and states each one's propensity.

The rule policy is the baseline everything runs on without learning (R22): the first action, by
priority, that answers the shopper's mode. It draws nothing, so its propensities are 0 and 1.
"""

from typing import Protocol

from saccade.actions import Action
from saccade.candidates import Candidates
from saccade.domain import DO_NOTHING, Frozen, Intent, Reason


class Choice(Frozen, frozen=True):
    """What was chosen and why. ``action`` is ``None`` for doing nothing."""

    action: Action | None
    eligible: tuple[str, ...]
    """`DO_NOTHING` first, then the candidates."""
    propensities: tuple[float, ...]
    reason: Reason
    gate_open: bool

    @property
    def chosen(self) -> str:
        """The action's id."""
        return self.action.id if self.action else DO_NOTHING


class Policy(Protocol):
    """Chooses one action for one view."""

    version: str

    def choose(self, intent: Intent, found: Candidates, gate: float, *, held: bool) -> Choice:
        """One of ``found`` or nothing.

        ``gate`` is the tenant's; an action's own gate stands on the action. ``held`` says that
        this view already acts on the same mode: the gate, once open, stays open for the view, so
        that a page does not flicker with the third decimal of a probability.
        """
        ...


class RulePolicy:
    """First match by priority, behind the confidence gate (R11)."""

    version = "rule-1"

    def choose(self, intent: Intent, found: Candidates, gate: float, *, held: bool) -> Choice:
        """See `Policy.choose`."""
        action = _first(found.eligible, intent, held=held)
        gate_open = held or intent.confidence >= (action.gate if action else gate)
        if action is not None:
            reason = intent.by
        elif _first(found.capped, intent, held=held) is not None:
            reason = Reason.CAPPED
        else:
            reason = intent.by if gate_open else Reason.LOW_CONFIDENCE
        eligible = (DO_NOTHING, *found.ids)
        chosen = action.id if action else DO_NOTHING
        return Choice(
            action,
            eligible,
            tuple(1.0 if name == chosen else 0.0 for name in eligible),
            reason,
            gate_open,
        )


def _first(actions: tuple[Action, ...], intent: Intent, *, held: bool) -> Action | None:
    for action in actions:
        if not action.modes:
            return action
        if intent.mode in action.modes and (held or intent.confidence >= action.gate):
            return action
    return None
