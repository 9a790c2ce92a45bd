"""Experience templates: a chosen campaign becomes instructions a page can apply (R41, R84).

A template is a pure function of the leading slot and the campaign's parameters. Other slots it
touches have names by convention (``reviews``, ``cta``, ``comparison``, ``specifications``,
``configurations``), which a parameter ``<name>_slot`` replaces; ``text_slot`` is where a text goes
that does not replace the leading slot's own.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from saccade.domain import Instruction, Op
from saccade.parameters import Parameters, Plain, TemplateError

Instructions = tuple[Instruction, ...]
Template = Callable[[str, Parameters], Instructions]
Filter = dict[str, str | bool | int]


def reassure(slot: str, given: Parameters) -> Instructions:
    """Hesitating: the guarantee to the top, reviews about the fear, a reassuring call to action."""
    reviews: Filter = {
        "topic": given.text("topic"),
        "verified": True,
        "limit": given.count("reviews", 5),
    }
    return (
        Instruction(Op.MOVE, slot, to="top"),
        Instruction(Op.SHOW, given.slot("reviews"), filter=reviews),
        Instruction(Op.SET_TEXT, given.slot("cta"), text=given.text("cta")),
        Instruction(Op.HIDE, given.slot("comparison")),
    )


def compare(slot: str, given: Parameters) -> Instructions:
    """Analytical: facts first. The comparison is shown and leads, specifications follow it."""
    return (
        Instruction(Op.MOVE, given.slot("specifications"), to="top"),
        Instruction(Op.SHOW, slot),
        Instruction(Op.MOVE, slot, to="top"),
        Instruction(Op.SET_TEXT, given.slot("cta"), text=given.text("cta")),
    )


def simplify(slot: str, given: Parameters) -> Instructions:
    """Overwhelmed: few choices. The recommended configurations only, no comparison."""
    few: Filter = {"recommended": True, "limit": given.count("choices", 3)}
    return (
        Instruction(Op.SHOW, slot, filter=few),
        Instruction(Op.MOVE, slot, to="top"),
        Instruction(Op.HIDE, given.slot("comparison")),
        Instruction(Op.SET_TEXT, given.slot("cta"), text=given.text("cta")),
    )


def steady(slot: str, given: Parameters) -> Instructions:
    """Default: the page as the merchant made it, with at most its own wording at one place."""
    return (_said(slot, given),)


def trust_signal(slot: str, given: Parameters) -> Instructions:
    """A promise the page already makes, where it is seen; said otherwise where a text is given."""
    return (
        Instruction(Op.SHOW, slot),
        Instruction(Op.MOVE, slot, to="top"),
        *_perhaps_said(slot, given),
    )


def reorder(slot: str, given: Parameters) -> Instructions:
    """A block of the page to the top of its column, or to the bottom."""
    return (Instruction(Op.MOVE, slot, to=given.end("to")),)


def call_to_action(slot: str, given: Parameters) -> Instructions:
    """Another text on the button."""
    return (_said(slot, given),)


def banner(slot: str, given: Parameters) -> Instructions:
    """A notice, in the place the page has for notices."""
    return (Instruction(Op.SHOW, slot), _said(slot, given))


def recommendation_carousel(slot: str, given: Parameters) -> Instructions:
    """Other products further up; of items the page marks, those of a ``kind``, so many."""
    wanted: Filter = {}
    if given.has("kind"):
        wanted["kind"] = given.text("kind")
    if given.has("limit"):
        wanted["limit"] = given.count("limit", MOST_RECOMMENDED)
    return (
        Instruction(Op.SHOW, slot, filter=wanted or None),
        Instruction(Op.MOVE, slot, to="top"),
        *_perhaps_said(slot, given),
    )


def discount(slot: str, given: Parameters) -> Instructions:
    """So much off, within the campaign's limits: the text says ``{percent}`` or ``{amount}``."""
    given.one_of("percent", "amount", needed=True)
    return (Instruction(Op.SHOW, slot), _said(slot, given))


def bundle(slot: str, given: Parameters) -> Instructions:
    """What goes with it, further up; of bundles the page marks, the one named ``bundle``."""
    given.one_of("percent", "amount", needed=False)
    wanted: Filter | None = {"bundle": given.text("bundle")} if given.has("bundle") else None
    return (
        Instruction(Op.SHOW, slot, filter=wanted),
        Instruction(Op.MOVE, slot, to="top"),
        _said(slot, given),
    )


def free_shipping(slot: str, given: Parameters) -> Instructions:
    """Delivery that costs nothing, or nothing from a ``{threshold}`` on."""
    return (Instruction(Op.SHOW, slot), _said(slot, given))


def identity_capture(slot: str, given: Parameters) -> Instructions:
    """The page's own form for an address, further up, with a reason to fill it in."""
    return (
        Instruction(Op.SHOW, slot),
        Instruction(Op.MOVE, slot, to="top"),
        _said(slot, given),
    )


def cart_save(slot: str, given: Parameters) -> Instructions:
    """The page's own way to keep the cart for later, shown and explained."""
    return (Instruction(Op.SHOW, slot), _said(slot, given))


def friction(slot: str, given: Parameters) -> Instructions:
    """A moment's thought before what may come back: a note, and no express purchase past it."""
    express = (Instruction(Op.HIDE, given.slot("express")),) if given.has("express_slot") else ()
    return (Instruction(Op.SHOW, slot), _said(slot, given), *express)


def suppression(slot: str, given: Parameters) -> Instructions:  # noqa: ARG001 - a template's signature
    """Less on the page: what urges or distracts is not shown."""
    return (Instruction(Op.HIDE, slot),)


def do_nothing(slot: str, given: Parameters) -> Instructions:  # noqa: ARG001 - a template's signature
    """The page as it is, for those whom no other campaign shall reach."""
    return ()


MOST_RECOMMENDED = 12

TEMPLATES: Mapping[str, Template] = {
    made.__name__: made
    for made in (
        *(reassure, compare, simplify, steady),
        *(trust_signal, reorder, call_to_action, banner, recommendation_carousel, discount),
        *(bundle, free_shipping, identity_capture, cart_save, friction, suppression, do_nothing),
    )
}

GIVING = frozenset({discount.__name__, bundle.__name__})
"""Templates whose ``percent`` or ``amount`` a shop pays for."""

PURSUING = frozenset(
    made.__name__ for made in (discount, bundle, free_shipping, identity_capture, cart_save)
)
"""Templates that pursue a purchase: after one there is nothing left to pursue (R18)."""


def rendered(
    template: str, slot: str, given: Mapping[str, Plain], used: AbstractSet[str] = frozenset()
) -> Instructions:
    """A template's instructions. ``used`` names parameters that went into texts already.

    Raises `TemplateError`.
    """
    made = TEMPLATES.get(template)
    if made is None:
        known = ", ".join(sorted(TEMPLATES))
        raise TemplateError("template", f"{template!r} is not a template", f"use one of {known}")
    parameters = Parameters(given, used)
    instructions = made(slot, parameters)
    parameters.all_read()
    return instructions


def _said(slot: str, given: Parameters) -> Instruction:
    return Instruction(Op.SET_TEXT, given.slot("text", slot), text=given.text("text"))


def _perhaps_said(slot: str, given: Parameters) -> Instructions:
    return (_said(slot, given),) if given.has("text") else ()
