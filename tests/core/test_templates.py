"""Every action of the catalogue as instructions a page can carry (R84, R41)."""

from pathlib import Path
from typing import Any

import pytest

from making import tenant
from saccade.campaigns import Campaign, Campaigns, read_campaigns
from saccade.domain import DO_NOTHING, Instruction, Moment, Op
from saccade.parameters import TemplateError
from saccade.templates import TEMPLATES, rendered
from saccade.tenants import ConfigurationError

TEXT = {"text": "Said"}
SHOWN, UP, SAID = (
    Instruction(Op.SHOW, "place"),
    Instruction(Op.MOVE, "place", to="top"),
    Instruction(Op.SET_TEXT, "place", text="Said"),
)

CATALOGUE: dict[str, tuple[dict[str, Any], tuple[Instruction, ...]]] = {
    "trust_signal": ({}, (SHOWN, UP)),
    "reorder": ({"to": "bottom"}, (Instruction(Op.MOVE, "place", to="bottom"),)),
    "call_to_action": (TEXT, (SAID,)),
    "banner": (TEXT, (SHOWN, SAID)),
    "recommendation_carousel": (
        {"kind": "similar", "limit": 4, **TEXT, "text_slot": "title"},
        (
            Instruction(Op.SHOW, "place", filter={"kind": "similar", "limit": 4}),
            UP,
            Instruction(Op.SET_TEXT, "title", text="Said"),
        ),
    ),
    "discount": (
        {"percent": 10, "text": "{percent} % off"},
        (SHOWN, Instruction(Op.SET_TEXT, "place", text="10 % off")),
    ),
    "bundle": (
        {"bundle": "travel", **TEXT},
        (Instruction(Op.SHOW, "place", filter={"bundle": "travel"}), UP, SAID),
    ),
    "free_shipping": (TEXT, (SHOWN, SAID)),
    "identity_capture": (TEXT, (SHOWN, UP, SAID)),
    "cart_save": (TEXT, (SHOWN, SAID)),
    "friction": (
        {**TEXT, "express_slot": "express"},
        (SHOWN, SAID, Instruction(Op.HIDE, "express")),
    ),
    "suppression": ({}, (Instruction(Op.HIDE, "place"),)),
    "do_nothing": ({}, ()),
}
"""R84's thirteen: parameters, and what a page gets."""


def made(template: str, parameters: dict[str, Any]) -> tuple[Instruction, ...]:
    campaign = Campaign(
        id="one", moment=Moment.PRODUCT, slot="place", template=template, parameters=parameters
    )
    return campaign.wordings(tenant()).of(None, None) or ()


@pytest.mark.parametrize("template", CATALOGUE)
def test_each_action_is_instructions(template: str) -> None:  # R84
    parameters, wanted = CATALOGUE[template]
    assert made(template, parameters) == wanted


def test_the_catalogue_is_whole() -> None:  # R84
    assert len(CATALOGUE) == 13
    assert TEMPLATES.keys() - CATALOGUE.keys() == {"reassure", "compare", "simplify", "steady"}
    assert DO_NOTHING in TEMPLATES


@pytest.mark.parametrize(
    ("template", "parameters", "parameter", "problem"),
    [
        ("banner", {}, "text", "is missing"),
        ("banner", {"text": ""}, "text", "no text of 1 to 200"),
        ("banner", {"text": "x" * 201}, "text", "no text of 1 to 200"),
        ("banner", {**TEXT, "colour": "red"}, "colour", "is used by nothing"),
        ("banner", {"text": "{nowhere}"}, "text", "{nowhere} is no parameter"),
        ("reorder", {"to": "left"}, "to", "'left' is no end"),
        ("recommendation_carousel", {"limit": 0}, "limit", "no count of 1 to 100"),
        ("discount", TEXT, "percent", "is missing"),
        ("discount", {**TEXT, "percent": 10}, "percent", "is used by nothing"),
        (
            "discount",
            {"text": "{percent}", "percent": 1, "amount": "1"},
            "amount",
            "beside percent",
        ),
        ("suppression", TEXT, "text", "is used by nothing"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(
    template: str, parameters: dict[str, Any], parameter: str, problem: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        made(template, parameters)
    assert caught.value.parameter == parameter
    assert problem in caught.value.problem


def test_an_unknown_template_is_told_which_there_are() -> None:
    with pytest.raises(TemplateError, match="use one of banner, bundle"):
        rendered("magic", "place", {})


DISCOUNT = """
[[campaign]]
id = "welcome-back"
moment = "product"
slot = "cta"
template = "discount"
{limits}
[campaign.parameters]
text = "{text}"
{gift}
"""


def campaigns(folder: Path, limits: str, gift: str, template: str = "discount") -> Campaigns:
    name = gift.partition(" ")[0].partition(".")[0]
    text = DISCOUNT.format(limits=limits, gift=gift, text=f"Save {{{name}}} today")
    (folder / "campaigns.toml").write_text(text.replace('"discount"', f'"{template}"'), "utf-8")
    return read_campaigns(folder, tenant(), {Moment.PRODUCT: frozenset(Op)})


@pytest.mark.parametrize(
    ("limits", "gift"),
    [
        ("limits.percent = 10", "percent = 10"),
        ('limits.amount.EUR = "10.00"', 'amount.EUR = "10.00"'),
        ('limits.amount = { EUR = "10", USD = "5" }', "amount.EUR = 10"),
    ],
)
@pytest.mark.parametrize("template", ["discount", "bundle"])
def test_a_gift_within_its_limits_is_taken(
    tmp_path: Path, limits: str, gift: str, template: str
) -> None:  # R84
    assert len(campaigns(tmp_path, limits, gift, template).all) == 1


@pytest.mark.parametrize(
    ("limits", "gift", "key", "said"),
    [
        ("", "percent = 10", "limits.percent", "state the most"),
        ("limits.percent = 9", "percent = 10", "parameters.percent", "10 is more than the 9"),
        ("limits.percent = 101", "percent = 10", "limits.percent", "less than or equal to 100"),
        ("limits.percent = 9", "percent = 0", "parameters.percent", "0 is no percentage"),
        ("limits.percent = 9", "percent = true", "parameters.percent", "True is no percentage"),
        ("", 'amount.EUR = "10"', "limits.amount.EUR", "state the most"),
        ('limits.amount.USD = "10"', 'amount.EUR = "5"', "limits.amount.EUR", "is missing"),
        (
            'limits.amount.EUR = "9.99"',
            'amount.EUR = "10"',
            "parameters.amount.EUR",
            "10 is more than the 9.99",
        ),
        ('limits.amount.EUR = "1e3"', "percent = 1", "limits.amount.EUR", "pattern"),
        ('limits.amount.EUR = "9"', 'amount.EUR = "5,00"', "parameters.amount.EUR", "no amount"),
        ('limits.amount.EUR = "9"', "amount = 5", "parameters.amount", "has no currency"),
        ("limits.pct = 9", "percent = 1", "limits.pct", "is not a known key"),
    ],
)
@pytest.mark.parametrize("template", ["discount", "bundle"])
def test_a_gift_beyond_its_limits_or_without_any_is_refused(
    tmp_path: Path, limits: str, gift: str, key: str, said: str, template: str
) -> None:  # R84
    with pytest.raises(ConfigurationError) as caught:
        campaigns(tmp_path, limits, gift, template)
    assert caught.value.key == f"campaign.0.{key}"
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_campaign_that_does_nothing_still_needs_its_slot(tmp_path: Path) -> None:
    (tmp_path / "campaigns.toml").write_text(
        '[[campaign]]\nid = "rest"\nmoment = "product"\nslot = "attic"\ntemplate = "do_nothing"\n',
        "utf-8",
    )
    with pytest.raises(ConfigurationError, match=r"campaign\.0\.slot: 'attic' is no slot"):
        read_campaigns(tmp_path, tenant(), {Moment.PRODUCT: frozenset(Op)})
