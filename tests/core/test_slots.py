"""Slots and signals by a tenant's selectors, presets, and where a move goes (R8)."""

import re
from pathlib import Path

import pytest

from saccade import presets
from saccade.domain import Instruction, Moment, Op
from saccade.selectors import checked
from saccade.slots import Slot, placed
from saccade.tenants import ConfigurationError, Tenant, read_tenant

SHOP = """
name = "shop"
platform = "sap_occ"
upstream = { url = "https://occ.example.test/" }
"""


def read(folder: Path, text: str) -> Tenant:
    (folder / "shop").mkdir(exist_ok=True)
    (folder / "shop" / "tenant.toml").write_text(SHOP + text, "utf-8")
    return read_tenant(folder / "shop")


def complaint(folder: Path, text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text)
    assert str(folder / "shop" / "tenant.toml") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Value error" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "selector",
    [
        "#reviews",
        "main > .buy ~ p + p",
        "cx-page-slot.Tabs cx-product-reviews",
        ".a, .b:not(.c, .d)",
        "[title='a, b {']",
        '[data-x=">"] > a',
        "form[role=search] input",
        ":is(.a, .b):nth-child(2n + 1)",
        r".w\:1",
    ],
)
def test_selectors_of_real_pages_pass(selector: str) -> None:
    assert checked(selector) == selector


@pytest.mark.parametrize(
    ("selector", "fix"),
    [
        (" .a", "spaces"),
        (".a)", "open what ) closes"),
        (".a, .b:is(.c", "add the ) that is missing"),
        ("[a=(]", "open what ] closes"),
        (".a,, .b", "both sides of each comma"),
        ("> .a", "both sides of >"),
        (".a >", "both sides of >"),
        (".a::before", "what follows :: is none"),
        (".a { color: red }", "leave out { and }"),
        ("</script>", "leave out <"),
        (".a\n.b", "one line"),
        ("[a='b]", "close the '"),
        (".a\\", "a character after"),
    ],
)
def test_what_breaks_out_of_a_selector_is_refused(selector: str, fix: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fix)):
        checked(selector)


def test_a_signal_is_a_selector_or_a_table_of_one(tmp_path: Path) -> None:
    tenant = read(
        tmp_path, '[signals]\nspec = ".facts"\nadd_to_cart = { selector = "button.buy" }\n'
    )
    found = {name: signal.selector for name, signal in tenant.signals.items()}
    assert found == {"spec": ".facts", "add_to_cart": "button.buy"}


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('[slots.cta]\nmoment = "product"\nselector = ".a{"', "slots.cta.selector", "'.a{'"),
        ('[slots.cta]\nmoment = "product"\nselector = ""', "slots.cta.selector", "at least 1"),
        ('[slots.cta]\nselector = ".a"', "slots.cta.moment", "is missing"),
        ('[slots.cta]\nmoment="product"\nposition="left"', "slots.cta.position", "'stay'"),
        ('[slots."Not A Name"]\nmoment = "product"', "slots.Not A Name", "pattern"),
        ('[signals]\nreviews = ".a)"', "signals.reviews.selector", "open what ) closes"),
        ('[signals]\nrevews = ".a"', "signals.revews", "'reviews'"),
        ("[signals]\nreviews = 7", "signals.reviews", "7 is not valid"),
        ('preset = "magento"', "preset", 'write "dawn" or "spartacus"'),
        ("preset = 7", "preset", "7 is none"),
    ],
)
def test_each_mistake_names_key_value_and_fix(
    tmp_path: Path, text: str, key: str, said: str
) -> None:
    error = complaint(tmp_path, text)
    assert error.key == key
    assert said in str(error)


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_brings_slots_and_signals(tmp_path: Path, name: str) -> None:
    tenant = read(tmp_path, f'preset = "{name}"\n')
    assert {"cta", "delivery", "recommendations", "specifications"} <= tenant.slots.keys()
    assert {"spec", "add_to_cart", "checkout", "search"} <= tenant.signals.keys()
    assert all(slot.selector for slot in tenant.slots.values())


def test_what_the_tenant_writes_replaces_the_presets(tmp_path: Path) -> None:
    plain = read(tmp_path, 'preset = "dawn"')
    own = read(
        tmp_path,
        'preset = "dawn"\nslots.cta.selector = ".mine"\nsignals.spec = ".my-facts"\n'
        'slots.reviews = { moment = "product", selector = "#app-reviews" }\n',
    )
    assert own.slots["cta"].selector == ".mine"
    assert own.slots["cta"].operations == plain.slots["cta"].operations
    assert own.slots["reviews"].selector == "#app-reviews"
    assert own.slots["delivery"] == plain.slots["delivery"]
    assert own.signals["spec"].selector == ".my-facts"
    assert own.signals["checkout"] == plain.signals["checkout"]


def test_a_move_goes_where_the_tenants_pages_take_the_slot() -> None:
    moves = tuple(Instruction(Op.MOVE, name, to="top") for name in ("a", "b", "c"))
    shown = Instruction(Op.SHOW, "c")
    slots = {
        "a": Slot(moment=Moment.PRODUCT),
        "b": Slot(moment=Moment.PRODUCT, position="bottom"),
        "c": Slot(moment=Moment.PRODUCT, position="stay"),
    }
    assert placed((*moves, shown), slots) == (
        moves[0],
        Instruction(Op.MOVE, "b", to="bottom"),
        shown,
    )
