"""Which offer an order gets: the pure module of the thank-you extension, run by Node (R20, R72)."""

import json
from contextlib import suppress
from typing import Any

import msgspec

from adapters.shopify.storefront.node import called
from saccade.identity import HEADER, find
from saccade_server.bodies import DecisionId

PICKING = "saccade-thank-you/src/picking.ts"
NOW = 1_800_000_000.0


def offer(product: str, price: str = "30.00", value: float = 1.0, **other: Any) -> dict[str, Any]:
    return {
        "product": product,
        "title": f"Product {product}",
        "path": f"/products/p{product}",
        "price": price,
        "currency": "EUR",
        "value": value,
        **other,
    }


def table(*offers: dict[str, Any], **other: Any) -> str:
    whole = {"version": 1, "until": NOW + 60, "shares": [0.05, 0.5], "offers": offers, **other}
    return json.dumps(whole)


def line(product: str, amount: float = 100.0, currency: str = "EUR") -> dict[str, Any]:
    return {"product": product, "amount": amount, "currency": currency}


def picked(*cases: tuple[list[dict[str, Any]], dict[str, str]]) -> list[str | None]:
    """The products picked, for each order with the tables its products carry."""
    calls = [[lines, {"pairs": list(tables.items())}, NOW] for lines, tables in cases]
    return [one and one["product"] for one in called(PICKING, "pick", calls)]


def test_the_best_offer_of_all_lines_is_picked_whatever_their_order() -> None:
    tables = {
        "1": table(offer("7", value=2.0), offer("8", value=5.0)),
        "2": table(offer("9", value=3.0)),
    }
    assert picked(
        ([line("1"), line("2")], tables),
        ([line("2"), line("1")], tables),
        ([line("2")], tables),
        ([line("3")], tables),
        ([], tables),
    ) == ["8", "8", "9", None, None]


def test_of_equals_every_page_shows_the_same() -> None:
    one, other = table(offer("8"), offer("7")), table(offer("7"), offer("8"))
    assert picked(([line("1")], {"1": one}), ([line("1")], {"1": other})) == ["7", "7"]


def test_what_was_bought_is_not_offered() -> None:
    tables = {"1": table(offer("2", value=9.0), offer("3"))}
    assert picked(([line("1"), line("2")], tables)) == ["3"]


def test_a_price_is_anchored_to_the_order() -> None:
    fits = {
        (300.0, "10.00"): False,  # R20, word for word
        (300.0, "14.99"): False,
        (300.0, "15.00"): True,
        (300.0, "150.00"): True,
        (300.0, "150.01"): False,
        (20.0, "10.00"): True,
    }
    cases = [
        ([line("1", total / 2), line("2", total / 2)], {"1": table(offer("7", price))})
        for total, price in fits
    ]
    assert picked(*cases) == ["7" if fit else None for fit in fits.values()]


def test_another_currency_gets_no_offer() -> None:
    tables = {"1": table(offer("7"))}
    assert picked(
        ([line("1", currency="CHF")], tables),
        ([line("1"), line("2", currency="CHF")], tables),
    ) == [None, None]


def test_a_table_that_is_over_or_of_another_version_is_none() -> None:
    offers = [offer("7")]
    assert picked(
        ([line("1")], {"1": table(*offers, until=NOW)}),
        ([line("1")], {"1": table(*offers, until=NOW + 0.1)}),
        ([line("1")], {"1": table(*offers, version=2)}),
        ([line("1")], {"1": table(*offers, until="tomorrow")}),
    ) == [None, "7", None, None]


NO_TABLES = (
    *("", "{", "null", "[]", "7", '"x"', "{}", '{"version":1}'),
    *(table(offer("7"), shares=None), table(offer("7"), shares=["0", "1"]), table(offers=7)),
)


def test_what_is_no_table_offers_nothing() -> None:
    cases = [([line("1")], {"1": text}) for text in NO_TABLES]
    assert picked(*cases) == [None] * len(NO_TABLES)


BROKEN: tuple[dict[str, Any], ...] = (
    {"path": "//evil.example/p"},
    {"path": "https://evil.example/p"},
    {"path": "javascript:alert(1)"},
    {"path": "/\\evil.example"},
    {"price": "free"},
    {"price": "-1"},
    {"value": 0},
    {"value": "9"},
    {"title": ""},
    {"title": {"html": "<b>"}},
    {"product": 7},
)


def test_an_offer_that_is_not_whole_is_passed_over() -> None:
    good, best = offer("8", value=0.5), offer("7")
    cases = [([line("1")], {"1": table({**best, **broken}, good)}) for broken in BROKEN]
    assert picked(*cases, ([line("1")], {"1": table(best, good)})) == ["8"] * len(BROKEN) + ["7"]


def attributes(**changed: str) -> list[Any]:
    """What a cart carries, changed, as the arguments of ``carried``."""
    whole = {"session": "v.s", "arm": "treatment", "offer": "decision-1", **changed}
    return [[{"key": f"saccade_{name}", "value": value} for name, value in whole.items()]]


def test_only_treatment_with_a_decision_is_shown_anything() -> None:
    answers = called(
        PICKING,
        "carried",
        [
            attributes(),
            attributes(arm="control"),
            attributes(arm=""),
            attributes(arm="Treatment"),
            attributes(offer=""),
            attributes(session=""),
            [[]],
            [None],
        ],
    )
    assert answers == [{"session": "v.s", "decision": "decision-1"}, *[None] * 7]


LONG = "x" * 64
DECISIONS = {
    "0123abcd": True,
    "a_decision-1": True,
    LONG: True,
    LONG + "x": False,
    "short": False,
    "decision-1\n": False,
    "entschlüsse": False,
    "Your payment failed": False,
    "//evil.example": False,
    "javascript:alert(1)": False,
}
SESSIONS = {
    "v": True,
    "a-visitor_1.s": True,
    f"{LONG}.{LONG}.{LONG}": True,
    f"{LONG}x.s": False,
    "v..s": False,
    "v.s.s.s": False,
    "v.s\n": False,
    "v.<b>": False,
    "call 0100": False,
}


def test_what_a_link_wrote_on_the_cart_is_taken_in_the_servers_form_alone() -> None:
    calls = [attributes(offer=one) for one in DECISIONS]
    calls += [attributes(session=one) for one in SESSIONS]
    answers = called(PICKING, "carried", calls)
    assert [one is not None for one in answers] == [*DECISIONS.values(), *SESSIONS.values()]
    assert {one: _is_decision(one) for one in DECISIONS} == DECISIONS
    assert {one: find({HEADER: one}, "", "") is not None for one in SESSIONS} == SESSIONS


def _is_decision(text: str) -> bool:
    """Whether the server takes it for one's id."""
    with suppress(msgspec.ValidationError):
        return msgspec.convert(text, DecisionId) == text
    return False
