"""The words of an explanation: modes, reasons and feature values as a merchant would say them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from saccade.domain import Mode, Reason

MODE_WORDS: Mapping[Mode, str] = MappingProxyType(
    {
        Mode.ANALYTICAL: "is weighing facts (analytical)",
        Mode.OVERWHELMED: "is lost among choices (overwhelmed)",
        Mode.HESITATING: "is interested but afraid of a mistake (hesitating)",
        Mode.DEFAULT: "shows no particular need (default)",
    }
)

REASON_WORDS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.MODEL: "The decision follows the model.",
        Reason.RULE: "The decision follows the rules.",
        Reason.LOW_CONFIDENCE: "The page stayed as it is: the mode is not certain enough.",
        Reason.NO_CONSENT: "The page stayed as it is: there is no consent to personalise.",
        Reason.HOLDOUT: "The page stayed as it is: this visitor is in the control group.",
        Reason.SHADOW: "The page stayed as it is: the shop is in its shadow phase.",
        Reason.CAPPED: "The page stayed as it is: this has been shown often enough.",
        Reason.SUPPRESSED: "The page stayed as it is: an order was placed in this visit.",
        Reason.ASSISTED: "The page stayed as it is: an agent is acting for the shopper.",
        Reason.BOT: "The page stayed as it is: this is not a person.",
        Reason.PAUSED: "The page stayed as it is: personalisation is paused.",
        Reason.TIMEOUT: "The page stayed as it is: the decision was not ready in time.",
        Reason.ERROR: "The page stayed as it is: the decision failed.",
    }
)

CHOSEN = "The policy's choice was {chosen}, with probability {chance:.0%}, among {among}."


def phrase(feature: str, value: float) -> str:
    """A known feature value in human units."""
    return _PHRASES[feature](value)


def _times(value: float, one: str, many: str) -> str:
    count = round(value)
    return f"no {many}" if count == 0 else f"1 {one}" if count == 1 else f"{count} {many}"


def _dwell(where: str) -> Callable[[float], str]:
    return lambda value: f"{value / 1_000:.1f} s {where}" if value else f"no time {where}"


def _flag(yes: str, no: str) -> Callable[[float], str]:
    return lambda value: yes if value else no


def _count(one: str, many: str) -> Callable[[float], str]:
    return lambda value: _times(value, one, many)


def _visit(value: float) -> str:
    number = round(value)
    if number <= 1:
        return "the first visit"
    # 11th, 12th and 13th do not follow their last digit.
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in {11, 12, 13} else 0)
    return f"the {number}{ending or 'th'} visit"


_PHRASES: Mapping[str, Callable[[float], str]] = MappingProxyType(
    {
        "spec_hover_ms": _dwell("over the battery and specification area"),
        "scroll_reversals": _count("change of scroll direction", "changes of scroll direction"),
        "compare_tool_opened": _flag("the comparison was opened", "the comparison was not opened"),
        "visit_count": _visit,
        "review_dwell_ms": _dwell("in the reviews"),
        "negative_review_dwell_ms": _dwell("in reviews of one or two stars"),
        "checkout_clicked": _flag("checkout was clicked", "checkout was not clicked"),
        "add_to_cart_clicked": _flag(
            "something was put in the cart", "nothing was put in the cart"
        ),
        "session_duration_ms": _dwell("into the visit"),
        "scroll_speed_px_sec": lambda value: f"scrolling at {value:.0f} px/s",
        "max_scroll_depth_pct": lambda value: f"{value:.0f} % of the page seen",
        "variant_switches": _count("switch of configuration", "switches of configuration"),
        "products_viewed": _count("product viewed", "products viewed"),
        "exit_intent_count": _count("move to leave the page", "moves to leave the page"),
        "negative_review_share": lambda value: f"{value:.0%} of review time in one or two stars",
    }
)
