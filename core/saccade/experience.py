"""What a page gets of a decision: its instructions, or its own default with the reason."""

from saccade.domain import Experience, Instruction, Intent, Reason, Served


def served_experience(
    decision_id: str | None,
    intent: Intent,
    reason: Reason,
    instructions: tuple[Instruction, ...],
    by: Reason,
) -> Experience:
    """What the page gets; without instructions that is its own default.

    ``by`` is ``MODEL`` or ``RULE``: what chose the instructions.
    """
    served = Served.DEFAULT
    if instructions:
        served = Served.MODEL if by is Reason.MODEL else Served.RULE
    confidence = round(intent.confidence, 4)
    return Experience(decision_id, intent.mode, confidence, reason, served, instructions)


def default_experience(
    reason: Reason, intent: Intent, decision_id: str | None = None
) -> Experience:
    """The platform's own page, with the reason why it stays so."""
    return served_experience(decision_id, intent, reason, (), intent.by)
