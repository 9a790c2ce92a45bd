"""docs/rest-mapping.md: every block of TOML is a mapping, and every key and kind is told."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from saccade.domain import Product
from saccade.tenants import Tenant
from saccade_gateway.calls import ATTEMPTS, LIMIT, PATIENCE_S
from saccade_generic_rest import mapping, signatures, topics
from saccade_generic_rest.catalog import AT_ONCE, MOST_PRODUCTS
from saccade_generic_rest.documents import LONGEST_NAME, MOST_CATEGORIES, product
from saccade_generic_rest.paging import MOST_EMPTY, MOST_PAGES
from saccade_generic_rest.paths import LONGEST, MOST_PARTS, decoded
from saccade_generic_rest.reading import LARGEST, checked

PAGE = (Path(__file__).parents[3] / "docs" / "rest-mapping.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WHOLE = next(block for block in BLOCKS if "\npaths = " in block)

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "The file": ("Mapping",),
    "`auth`": ("NoAuth", "HeaderAuth", "BasicAuth", "BearerAuth", "OAuth"),
    "`catalog`": ("CatalogTable",),
    "`catalog.fields`": ("ProductFields", "Fields"),
    "`catalog.pages`": ("OnePage", "ByPage", "ByOffset", "ByCursor", "ByNext", "ByLink"),
    "`catalog.parts`": ("Part",),
    "`pages`": ("PageCall",),
    "`consent`": ("ConsentTable",),
    "`seen`": ("SeenCall",),
    "`events`": ("EventsTable",),
    "`events.signature`": (
        "Unsigned",
        "SharedHeader",
        "Hmac",
        "Timestamped",
        "StandardWebhooks",
    ),
    "`events.topics`": ("Topic",),
}
ENUMS: Mapping[str, str] = {
    "Carrier": "The file",
    "Moment": "`pages`",
    "TopicKind": "`events.topics`",
    "EventKind": "`seen`",
}


@cache
def schema() -> dict[str, Any]:
    """Of every table, by its name."""
    whole = mapping.Mapping.model_json_schema()
    return {"Mapping": whole, **whole["$defs"]}


def section(name: str) -> str:
    found = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[1]


def overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A block that shows a part, put into a whole mapping."""
    both = dict(below)
    for key, value in above.items():
        within = key in {"catalog", "events", "topics"} and key in both
        both[key] = overlaid(both[key], value) if within else value
    return both


def test_the_page_has_as_many_blocks_as_it_shows() -> None:
    assert len(BLOCKS) == PAGE.count("```toml") > 20
    assert PAGE.count("```toml") * 2 == PAGE.count("```")


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block).splitlines()[0][:40])
def test_every_block_is_read_by_the_schema(block: str) -> None:
    raw = tomllib.loads(block)
    if "platform" in raw:
        assert Tenant.model_validate(raw).adapter == {"mapping": "./mapping.toml"}
    else:
        checked("docs/rest-mapping.md", overlaid(tomllib.loads(WHOLE), raw))


def test_every_table_has_its_section() -> None:
    tables = {name for name, one in schema().items() if one.get("type") == "object"}
    assert tables == {name for names in SECTIONS.values() for name in names}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_of_a_table_is_told_and_no_other(name: str) -> None:
    known = {key for table in SECTIONS[name] for key in schema()[table]["properties"]}
    assert set(re.findall(r"^\| `(\w+)` \|", section(name), re.MULTILINE)) == known


def kinds() -> Iterator[tuple[str, str]]:
    """Each word there is to choose from, and the section that must tell it."""
    sections = {table: name for name, tables in SECTIONS.items() for table in tables}
    for table, one in schema().items():
        if table in ENUMS:
            for word in one["enum"]:
                yield ENUMS[table], word
        for key in one.get("properties", {}).values():
            for word in (key.get("const"), *key.get("enum", ())):
                if isinstance(word, str) and word:
                    yield sections[table], word


def test_every_word_to_choose_from_is_told() -> None:
    words = sorted(set(kinds()))
    assert len(words) > 40
    for name, word in words:
        assert re.search(rf"`\"?{re.escape(word)}\"?`", section(name)), word


def test_the_worked_example_is_what_the_page_says() -> None:
    document = re.search(r"^`(\{.*\})`$", PAGE, re.MULTILINE)
    assert document is not None
    table = checked("m", tomllib.loads(WHOLE)).catalog
    assert table.item_root is not None
    shown = table.item_root.of(decoded(document[1].encode()))
    read = product(table.fields, shown, table.price_decimals)
    assert read.product == Product("7", "Lamp", (), "19.90", "EUR", in_stock=True)
    assert not read.problems


def test_the_limits_are_those_of_the_code() -> None:
    told = section("Limits")
    for figure in (
        f"{LARGEST:,} bytes",
        f"{LONGEST} characters, {MOST_PARTS} parts",
        f"{LIMIT:,} bytes",
        f"{PATIENCE_S:.0f} s",
        f"no answer) | {ATTEMPTS} |",
        f"page | {MOST_PRODUCTS:,} |",
        f"walk | {MOST_PAGES:,} |",
        f"next one | {MOST_EMPTY} |",
        f"at once | {AT_ONCE} |",
        f"{LONGEST_NAME:,} characters",
        f"product | {MOST_CATEGORIES} |",
        f"delivery | {signatures.MOST_SIGNATURES} |",
    ):
        assert figure in told, figure
    assert schema()["CatalogTable"]["properties"]["parts"]["maxItems"] == AT_ONCE
    assert topics.Topic.model_fields["kind"].is_required()
