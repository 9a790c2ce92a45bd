"""Shops that know nothing of us, in real Chromium: one tag, and the tenant's selectors."""

import pytest
from playwright.async_api import Page

from lab.house import Lab
from lab.shopper import Shopper
from saccade.actions import Action, runtime
from saccade.campaigns import read_campaigns, versioned
from saccade.domain import Arm, DecisionRequest, Identity, Instruction, Moment, Op
from saccade.templates import TEMPLATES
from saccade_demo import storefronts

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BUY_BOX = ("text", "title", "div", "tax", "variant-selects", "quantity", "div")
ACCORDIONS = ("accordion",) * 3

FIGURES = {
    "foreign": (
        ".data tr:nth-child(3)",
        ".chapters",
        ["story", "data", "voices", "promise", "set", "also", "letter"],
        ["data", "story", "voices", "promise", "set", "also", "letter"],
    ),
    "spartacus": (
        "cx-product-attributes tr >> nth=2",
        "cx-tab-paragraph-container",
        ["cx-product-details-tab", "cx-product-attributes", "cx-product-reviews"],
        ["cx-product-attributes", "cx-product-details-tab", "cx-product-reviews"],
    ),
    "dawn": (
        ".accordion__content li >> nth=2",
        ".product__info-container",
        [*BUY_BOX, "description", *ACCORDIONS],
        [*BUY_BOX, *ACCORDIONS, "description"],
    ),
}
"""What is looked at for its figures, the column that answers, its order before and after."""

_ORDER = """selector => [...document.querySelector(selector).children].map(
  ({ className, localName }) => className.match(/product[\\w-]*__(\\w+)(?= |$)/g)?.at(-1)
    .split("__")[1] || (localName === "section" ? className : localName))"""

HTML = "document.body.outerHTML"


@pytest.mark.parametrize(
    "name", ["foreign", "spartacus", pytest.param("dawn", marks=pytest.mark.full)]
)  # `test_shopify_theme` has the third in every run
async def test_a_shop_with_one_tag_answers_somebody_who_compares(
    lab: Lab, shopper: Shopper, name: str
) -> None:  # R5, R8, R41; the foreign page's policy lets nothing run but the tag
    looked_at, column, before, after = FIGURES[name]
    await shopper.begin(lab.visitor(Arm.TREATMENT, name))
    await shopper.visit(lab.shops[name].url)
    page = shopper.page
    assert await page.evaluate("document.querySelectorAll('script[src]').length") == 1
    assert await page.evaluate(_ORDER, column) == before
    await shopper.scroll_to(looked_at)
    await shopper.rest_until("analytical", looked_at)
    await shopper.pass_time(2)
    assert await page.evaluate(_ORDER, column) == before  # it is being looked at
    await shopper.scroll_to("footer")
    await shopper.pass_time(1)
    assert await page.evaluate(_ORDER, column) == after
    assert await shopper.watched("shifts") == []

    shown = shopper.answers[-1]
    record = await lab.journaled(shown["decision_id"], name)
    assert (record["chosen"], record["arm"]) == ("figures-first", "treatment")
    await page.evaluate("saccade.revert()")
    assert await page.evaluate(HTML) == await shopper.watched("made")
    assert shopper.complaints == []


@pytest.mark.parametrize("name", storefronts.NAMES)
async def test_every_selector_of_a_tenant_finds_its_place(
    lab: Lab, shopper: Shopper, name: str
) -> None:  # R8: presets included
    await shopper.begin(lab.visitor(Arm.TREATMENT, name))
    await shopper.visit(lab.shops[name].url)
    tenant = lab.shops[name].tenant
    selectors = {
        slot: place.selector
        for slot, place in tenant.slots.items()
        if place.moment is Moment.PRODUCT
    } | {signal: place.selector for signal, place in tenant.signals.items()}
    for absent in ("variants", "checkout", "coupon") if name == "spartacus" else ("checkout",):
        if name != "foreign":
            del selectors[absent]  # the cart's, or a product's with variants
    count = "selector => document.querySelectorAll(selector).length"
    found = {place: await shopper.page.evaluate(count, one) for place, one in selectors.items()}
    assert [place for place, times in found.items() if not times] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/de", "Ab 50,00\u00a0€ versandkostenfrei, übermorgen bei Ihnen"),
        ("/", "Free delivery from €50.00, with you the day after tomorrow"),
    ],
)
async def test_a_german_and_an_english_shopper_each_read_their_own(
    lab: Lab, shopper: Shopper, path: str, text: str
) -> None:  # R90
    await shopper.begin(lab.visitor(Arm.TREATMENT, "foreign"))
    await shopper.visit(lab.shops["foreign"].url + path)
    await shopper.pass_time(1)
    await shopper.scroll_to(".voices")
    await shopper.pass_time(1)
    await shopper.scroll_to(".delivery")
    assert await shopper.page.inner_text(".delivery") == text
    assert await shopper.watched("shifts") == []
    assert shopper.complaints == []


def _catalogue(shop: storefronts.Storefront) -> tuple[Action, ...]:
    """Every campaign of a shop as an action, drafts too."""
    operations = storefronts.factory.build(shop.tenant).capabilities.operations
    found = read_campaigns(shop.campaigns, shop.tenant, operations).all
    live = versioned(tuple(one.model_copy(update={"paused": False}) for one in found))
    return runtime(shop.tenant, live, b"a key of the test's own").shelves[Moment.PRODUCT].actions


async def _effect(page: Page, instruction: Instruction, selector: str) -> bool:
    """Whether what an instruction asks for can be seen."""
    place = page.locator(selector).first
    match instruction.op:
        case Op.SHOW:
            return await place.is_visible()
        case Op.HIDE:
            return not await place.is_visible()
        case Op.SET_TEXT:
            return await place.inner_text() == instruction.text
        case Op.MOVE:
            is_first = "element => element === element.parentNode.firstElementChild"
            return bool(await place.evaluate(is_first))


@pytest.mark.parametrize("language", ["de", pytest.param("en", marks=pytest.mark.full)])
async def test_each_action_of_the_catalogue_is_seen_and_taken_back_exactly(
    lab: Lab, shopper: Shopper, language: str
) -> None:  # R84, R8
    shop = lab.shops["foreign"]
    await shopper.begin(lab.visitor(Arm.CONTROL, "foreign"))
    await shopper.visit(shop.url + ("/de" if language == "de" else ""))
    page, made = shopper.page, await shopper.watched("made")
    actions = _catalogue(shop)
    assert len({action.campaign.template for action in actions} & TEMPLATES.keys()) == 13
    for action in actions:
        asked = DecisionRequest(
            "foreign", Identity("v", "s"), Moment.PRODUCT, language=language, currency="EUR"
        )
        instructions = action.told(asked)
        data = [
            {field: getattr(one, field) for field in one.__struct_fields__ if getattr(one, field)}
            for one in instructions
        ]
        await page.evaluate("all => saccade.apply({ instructions: all }, { now: true })", data)
        for one in instructions:
            selector = shop.tenant.slots[one.slot].selector or ""
            assert await _effect(page, one, selector), (action.id, one)
        changed = await page.evaluate(HTML) != made
        assert changed is bool(instructions), action.id
        await page.evaluate("saccade.revert()")
        assert await page.evaluate(HTML) == made, action.id
    assert await page.evaluate("saccade.ignored") == 0
    assert shopper.complaints == []
