"""What is told to Shopify's CLI: the app's file and the extensions', and that they agree."""

import json
import re
import tomllib
from typing import Any

import pytest

from adapters.shopify.storefront.node import FOLDER
from saccade_shopify import offers, scopes
from saccade_shopify.app import SCOPES
from saccade_shopify.oauth import CALLBACK
from saccade_shopify.pixel import Settings
from saccade_shopify.routes import HOME

Table = dict[str, Any]

EXTENSIONS = sorted((FOLDER / "extensions").glob("*/shopify.extension.toml"))
SCOPE_OF = {
    "products": "read_products",
    "inventory_levels": "read_inventory",
    "carts": "read_orders",
    "checkouts": "read_orders",
    "orders": "read_orders",
    "refunds": "read_orders",
}
"""What Shopify asks for before it tells of a topic; the app's own topics need nothing."""
BESIDE_TOPICS = {
    "write_products",  # the metafield
    "write_app_proxy",
    "write_pixels",
    "read_customer_events",
}


@pytest.fixture(scope="module")
def app() -> Table:
    return tomllib.loads((FOLDER / "shopify.app.toml").read_text("utf-8"))


def _topics(app: Table) -> list[str]:
    return [topic for one in app["webhooks"]["subscriptions"] for topic in one.get("topics", ())]


def test_the_scopes_are_those_that_are_used_and_no_more(app: Table) -> None:
    access = app["access_scopes"]
    needed = {
        SCOPE_OF[topic.split("/")[0]] for topic in _topics(app) if not topic.startswith("app/")
    }
    assert set(access["scopes"].split(",")) == needed | BESIDE_TOPICS
    assert access["scopes"].split(",") == list(SCOPES)  # by either way of installing
    assert set(scopes.OFFERS) | set(scopes.PIXEL) <= set(SCOPES)
    assert access["use_legacy_install_flow"] is False


def test_the_laws_three_topics_and_the_uninstall_are_heard(app: Table) -> None:
    subscriptions = app["webhooks"]["subscriptions"]
    asked = [topic for one in subscriptions for topic in one.get("compliance_topics", ())]
    assert sorted(asked) == ["customers/data_request", "customers/redact", "shop/redact"]
    assert {"app/uninstalled", "app/scopes_update"} <= set(_topics(app))
    assert len(_topics(app)) == len(set(_topics(app)))
    assert {one["uri"] for one in subscriptions} == {"https://SERVER/webhooks/shopify"}


def test_a_version_is_in_force(app: Table) -> None:
    versions = {app["webhooks"]["api_version"]}
    versions |= {said["api_version"] for said in map(_read, EXTENSIONS) if "api_version" in said}
    assert versions <= {"2026-01", "2026-04", "2026-07", "2026-10"}  # facts, "Admin API"


def test_the_proxy_is_where_the_server_listens(app: Table) -> None:
    proxy = app["app_proxy"]
    assert (proxy["prefix"], proxy["subpath"]) == ("apps", "saccade")
    assert proxy["url"] == "https://SERVER/apps/saccade"


def test_the_apps_page_and_the_grants_way_back_are_where_the_server_listens(app: Table) -> None:
    assert app["application_url"] == f"https://SERVER{HOME}"
    assert app["auth"]["redirect_urls"] == [f"https://SERVER{CALLBACK}"]


def test_no_secret_stands_in_any_file() -> None:
    files = [FOLDER / "shopify.app.toml", *EXTENSIONS]
    for text in (file.read_text("utf-8") for file in files):
        assert re.findall(r"shpss_|shpat_|[0-9a-f]{32}|secret *=", text) == []


def test_all_sides_name_one_metafield(app: Table) -> None:
    thank_you = FOLDER / "extensions" / "saccade-thank-you"
    (read,) = _read(thank_you / "shopify.extension.toml")["extensions"][0]["metafields"]
    assert (read["namespace"], read["key"]) == (offers.NAMESPACE, offers.KEY)
    assert app["product"]["metafields"]["app"][offers.KEY]["type"] == "json"
    assert f'"{offers.KEY}"' in (thank_you / "src" / "Offer.tsx").read_text("utf-8")


def test_the_extension_after_the_purchase_may_call_nobody() -> None:
    (extension,) = _read(FOLDER / "extensions/saccade-thank-you/shopify.extension.toml")[
        "extensions"
    ]
    assert extension["capabilities"] == {"network_access": False, "api_access": False}
    targets = {one["target"]: one["module"] for one in extension["targeting"]}
    assert sorted(targets) == [
        "customer-account.order-status.block.render",
        "purchase.thank-you.block.render",
    ]
    folder = FOLDER / "extensions" / "saccade-thank-you"
    assert all((folder / module).is_file() for module in targets.values())


def test_what_a_merchant_sets_is_what_the_extension_after_the_purchase_reads() -> None:
    folder = FOLDER / "extensions" / "saccade-thank-you"
    settings = _read(folder / "shopify.extension.toml")["extensions"][0]["settings"]
    (field,) = settings["fields"]
    assert (field["key"], field["type"]) == ("heading", "single_line_text_field")
    read = re.findall(r'settings\.value\["(\w+)"\]', (folder / "src/Offer.tsx").read_text("utf-8"))
    assert read == [field["key"]]
    default = json.loads((folder / "locales" / "en.default.json").read_text("utf-8"))
    assert f'"{default["heading"]}"' in field["description"]


def test_the_pixel_needs_what_the_embed_needs() -> None:
    pixel = _read(FOLDER / "extensions/saccade-pixel/shopify.extension.toml")
    assert pixel["runtime_context"] == "strict"
    assert pixel["customer_privacy"] == {
        "analytics": True,
        "preferences": True,
        "marketing": False,
        "sale_of_data": "disabled",
    }
    assert sorted(pixel["settings"]["fields"]) == sorted(Settings.__struct_fields__)


def test_no_two_extensions_share_a_handle() -> None:
    said = [_read(file) for file in EXTENSIONS]
    handles = [one["handle"] for each in said for one in each.get("extensions", [each])]
    assert sorted(handles) == ["saccade-pixel", "saccade-thank-you", "saccade-theme"]


def _read(file: Any) -> Table:
    return tomllib.loads(file.read_text("utf-8"))
