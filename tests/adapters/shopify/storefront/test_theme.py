"""The theme extension's files: what Shopify forbids, what they weigh, what its own check says."""

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from adapters.shopify.storefront.node import FOLDER, THEME, node, rendered

FORBIDDEN = ("javascript", "stylesheet", "include", "layout", "section", "sections")
"""Tags an app block may not use (facts, "Storefront and checkout")."""
MOST_LIQUID = 100 * 1024
MOST_SCRIPT = 10_000

BLOCKS = sorted((THEME / "blocks").glob("*.liquid"))


def test_the_blocks_are_those_a_shop_knows() -> None:
    assert [block.name for block in BLOCKS] == ["embed.liquid", "slot.liquid"]
    assert tomllib.loads((THEME / "shopify.extension.toml").read_text("utf-8"))["type"] == "theme"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.stem)
def test_no_forbidden_tag_stands_in_a_block(block: Path) -> None:
    text = block.read_text("utf-8")
    assert re.findall(rf"\{{%-?\s*({'|'.join(FORBIDDEN)})\b", text) == []
    assert "<style" not in text


def test_the_extension_is_small_enough() -> None:
    liquid = sum(len(block.read_bytes()) for block in BLOCKS)
    script = len((THEME / "assets" / "saccade.js").read_bytes())
    print(f"Liquid {liquid} bytes, saccade.js {script} bytes")  # noqa: T201 - the figures asked for
    assert liquid <= MOST_LIQUID
    assert script <= MOST_SCRIPT


def test_a_script_that_writes_markup_is_none_of_ours() -> None:
    script = (THEME / "assets" / "saccade.js").read_text("utf-8")
    for never in ("innerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "unload"):
        assert never not in script


@pytest.mark.parametrize("kind", ["", ".schema"])
def test_every_language_says_the_same(kind: str) -> None:
    said = {
        path.name: _keys(json.loads(path.read_text("utf-8")))
        for path in (THEME / "locales").glob(f"*{kind}.json")
        if kind or ".schema" not in path.name
    }
    assert len(said) == 2
    first, *others = said.values()
    assert first
    assert others == [first]


Said = dict[str, "Said"] | str


def _keys(said: Said, path: str = "") -> set[str]:
    if isinstance(said, str):
        return {path}
    return {key for name in said for key in _keys(said[name], f"{path}.{name}")}


@pytest.fixture
def theme(tmp_path: Path) -> Path:
    """A copy to be broken."""
    return Path(shutil.copytree(THEME, tmp_path / "theme"))


def test_theme_check_finds_nothing() -> None:
    ran = node("theme-check.mjs")
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr


@pytest.mark.full
@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("{% include 'nav' %}", "AppBlockValidTags"),
        ("{{ 'no.such' | t }}", "TranslationKeyExists"),
        ("{% if product %}", "LiquidHTMLSyntaxError"),
        ("{% assign unread = 1 %}", "UnusedAssign"),
    ],
)
def test_theme_check_finds_what_is_planted(theme: Path, broken: str, rule: str) -> None:
    block = theme / "blocks" / "embed.liquid"
    block.write_text(broken + block.read_text("utf-8"), "utf-8")
    ran = node("theme-check.mjs", theme)
    assert ran.returncode == 1, ran.stderr
    assert rule in ran.stdout


# --- what Liquid makes of it -------------------------------------------------------------------


def _embed(**context: object) -> str:
    settings = {"server": "https://decide.example.com", "site": "key", "consent": "shopify"}
    return rendered(
        "embed",
        **{
            "block": {"settings": settings},
            "request": {"page_type": "index", "locale": {"iso_code": "en"}},
            "cart": {"item_count": 0, "currency": {"iso_code": "EUR"}},
            **context,
        },
    )


MOMENTS = {
    "product": "product",
    "article": "",
    "index": "home",
    "collection": "listing",
    "search": "listing",
    "cart": "cart",
    "customers/login": "",
    "404": "",
}


def _said_moment(page_type: str) -> str:
    made = _embed(request={"page_type": page_type, "locale": {"iso_code": "en"}})
    (moment,) = re.findall(r'data-moment="(\w*)"', made)
    return str(moment)


def test_a_product_is_decided_and_an_article_is_not() -> None:
    assert [_said_moment(page_type) for page_type in ("product", "article")] == ["product", ""]


@pytest.mark.full
def test_every_page_is_of_its_moment() -> None:
    assert {page_type: _said_moment(page_type) for page_type in MOMENTS} == MOMENTS


def test_the_script_is_deferred() -> None:
    (tag,) = re.findall(r"<script[^>]*>", _embed())
    assert " defer" in " ".join(tag.split())


def test_the_editor_is_no_visit() -> None:
    assert "<script" not in _embed(request={"design_mode": True, "page_type": "index"})


def test_without_server_or_key_the_shop_has_no_script_and_the_merchant_a_word() -> None:
    empty = {"block": {"settings": {"server": " ", "site": "key"}}}
    assert _embed(**empty).strip() == ""
    assert "enter the server" in _embed(**empty, request={"design_mode": True})


def test_a_server_a_merchant_writes_without_its_scheme() -> None:
    settings = {"server": " decide.example.com ", "site": "key"}
    assert 'data-server="https://decide.example.com"' in _embed(block={"settings": settings})


def test_what_a_merchant_or_shopper_wrote_is_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    made = _embed(
        block={"settings": {"server": hostile, "site": hostile, "consent": hostile}},
        cart={"item_count": 1, "attributes": {"saccade_session": hostile, "saccade_arm": hostile}},
    )
    assert "<script>" not in made
    assert made.count("<script") == 1


def _slot(**settings: object) -> str:
    return rendered("slot", block={"settings": {"slot": "Battery Guarantee!", **settings}})


def test_a_slot_is_out_of_sight_until_it_is_shown() -> None:
    assert 'data-saccade-slot="battery-guarantee"' in _slot()
    assert "hidden" in _slot()
    assert "hidden" not in _slot(shown=True)


def test_a_slot_marks_what_an_instruction_may_choose() -> None:
    item = {
        "id": 7,
        "type": "Battery Pack",
        "url": "/p/7",
        "title": "<b>Cell</b>",
        "price": 1990,
        "available": True,
    }
    made = _slot(heading="A <b>word</b>", products=[item])
    assert "data-saccade-text" in made
    assert "data-saccade-item" in made
    assert 'data-kind="battery-pack"' in made
    assert "<b>" not in made


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (FOLDER / "package-lock.json").read_text("utf-8")
