"""Where on a tenant's pages things stand: slots to act on, places that signals come from."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from saccade.domain import Instruction, Moment, Op
from saccade.selectors import Selector
from saccade.strict import Strict

SlotName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
SignalName = Literal[
    "spec", "reviews", "variants", "compare", "add_to_cart", "checkout", "search", "coupon"
]

PLACES: Mapping[SignalName, str] = {
    "spec": "specifications",
    "reviews": "reviews",
    "variants": "variant",
    "compare": "compare",
    "add_to_cart": "add-to-cart",
    "checkout": "checkout",
    "search": "search",
    "coupon": "coupon",
}
"""What ``[signals]`` names, and how pages mark the same by ``data-saccade-signal``."""


class Slot(Strict):
    """A named place in a moment, and what may be done to it."""

    moment: Moment
    operations: tuple[Op, ...] = tuple(Op)
    fallback: Literal["default", "rule"] = "default"
    """Where no mode may act: the page's own, or the slot's first campaign for everybody (R23)."""
    selector: Selector | None = None
    """CSS selector; absent, the page marks the slot with ``data-saccade-slot``."""
    position: Literal["top", "bottom", "stay"] | None = None
    """Where a move takes it on these pages, whatever the template says; ``stay``: nowhere."""
    gate: float | None = Field(default=None, ge=0.0, le=1.0)


class Signal(Strict):
    """Where on the tenant's pages a signal is measured."""

    selector: Selector


def _as_table(written: Any) -> Any:  # Any: as the file has it, before it is validated
    return {"selector": written} if isinstance(written, str) else written


Signals = dict[SignalName, Annotated[Signal, BeforeValidator(_as_table)]]
"""``reviews = ".reviews"`` and ``reviews = { selector = ".reviews" }`` say the same."""


def placed(
    instructions: tuple[Instruction, ...], slots: Mapping[str, Slot]
) -> tuple[Instruction, ...]:
    """A template's instructions with each move going where the tenant's pages take its slot."""
    found: list[Instruction] = []
    for instruction in instructions:
        slot = slots.get(instruction.slot)
        if instruction.op is not Op.MOVE or slot is None or slot.position is None:
            found.append(instruction)
        elif slot.position != "stay":
            found.append(Instruction(Op.MOVE, instruction.slot, to=slot.position))
    return tuple(found)
