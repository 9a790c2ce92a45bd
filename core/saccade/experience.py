"""Experience templates: a chosen campaign becomes instructions a page can apply (R41).

A template is a pure function of the leading slot and the campaign's parameters. Other slots it
touches have names by convention (``reviews``, ``cta``, ``comparison``, ``specifications``,
``configurations``), which a parameter ``<name>_slot`` replaces.
"""

from collections.abc import Callable, Mapping

from saccade.domain import Experience, Instruction, Intent, Op, Reason, Served

Parameters = Mapping[str, str | int | bool]
Template = Callable[[str, Parameters], tuple[Instruction, ...]]


class TemplateError(Exception):
    """A parameter that a template cannot use."""

    def __init__(self, parameter: str, problem: str, fix: str) -> None:
        super().__init__(f"{parameter}: {problem}. Fix: {fix}")
        self.parameter, self.problem, self.fix = parameter, problem, fix


def _text(parameters: Parameters, name: str, default: str = "") -> str:
    value = parameters.get(name, default)
    if not isinstance(value, str) or not value or len(value) > 200:  # noqa: PLR2004 - a button's text, not a page
        raise TemplateError(
            name, f"{value!r} is no text of 1 to 200 characters", "write it as text"
        )
    return value


def _count(parameters: Parameters, name: str, default: int) -> int:
    value = parameters.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:  # noqa: PLR2004 - a page shows no more
        raise TemplateError(name, f"{value!r} is no count of 1 to 100", "write a whole number")
    return value


def _slot(parameters: Parameters, name: str) -> str:
    return _text(parameters, f"{name}_slot", name)


def reassure(slot: str, parameters: Parameters) -> tuple[Instruction, ...]:
    """Hesitating: the guarantee to the top, reviews about the fear, a reassuring call to action."""
    reviews: dict[str, str | bool | int] = {
        "topic": _text(parameters, "topic"),
        "verified": True,
        "limit": _count(parameters, "reviews", 5),
    }
    return (
        Instruction(Op.MOVE, slot, to="top"),
        Instruction(Op.SHOW, _slot(parameters, "reviews"), filter=reviews),
        Instruction(Op.SET_TEXT, _slot(parameters, "cta"), text=_text(parameters, "cta")),
        Instruction(Op.HIDE, _slot(parameters, "comparison")),
    )


def compare(slot: str, parameters: Parameters) -> tuple[Instruction, ...]:
    """Analytical: facts first. The comparison is shown and leads, specifications follow it."""
    return (
        Instruction(Op.MOVE, _slot(parameters, "specifications"), to="top"),
        Instruction(Op.SHOW, slot),
        Instruction(Op.MOVE, slot, to="top"),
        Instruction(Op.SET_TEXT, _slot(parameters, "cta"), text=_text(parameters, "cta")),
    )


def simplify(slot: str, parameters: Parameters) -> tuple[Instruction, ...]:
    """Overwhelmed: few choices. The recommended configurations only, no comparison."""
    few: dict[str, str | bool | int] = {
        "recommended": True,
        "limit": _count(parameters, "choices", 3),
    }
    return (
        Instruction(Op.SHOW, slot, filter=few),
        Instruction(Op.MOVE, slot, to="top"),
        Instruction(Op.HIDE, _slot(parameters, "comparison")),
        Instruction(Op.SET_TEXT, _slot(parameters, "cta"), text=_text(parameters, "cta")),
    )


def steady(slot: str, parameters: Parameters) -> tuple[Instruction, ...]:
    """Default: the page as the merchant made it, with at most its own wording at one place."""
    return (Instruction(Op.SET_TEXT, slot, text=_text(parameters, "text")),)


TEMPLATES: Mapping[str, Template] = {
    "reassure": reassure,
    "compare": compare,
    "simplify": simplify,
    "steady": steady,
}


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
