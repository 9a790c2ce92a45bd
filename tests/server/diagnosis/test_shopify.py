"""What ``saccade shopify preflight`` tells of an app's files."""

from datetime import date
from pathlib import Path

import pytest

from saccade_server.diagnosis.findings import Level
from saccade_server.diagnosis.shopify import app_findings, configuration, version_finding
from saccade_shopify.app import App

APP = App.model_validate({"client_id": "abc", "url": "https://app.example"})
THEIRS = """\
client_id = "abc"
application_url = "https://app.example/shopify"
[access_scopes]
scopes = "{scopes}"
[webhooks]
api_version = "2026-10"
[[webhooks.subscriptions]]
compliance_topics = ["customers/data_request", "customers/redact", "shop/redact"]
topics = ["app/uninstalled", {topics}]
uri = "https://app.example/webhooks/shopify"
"""


@pytest.mark.parametrize(
    ("version", "level", "told"),
    [
        ("2026-10", Level.WELL, ""),
        ("2026-07", Level.WELL, ""),
        ("2026-01", Level.WELL, "is supported for 41 days more"),
        ("2025-10", Level.MISCONFIGURED, "is out of support since 2026-10-01"),
        ("2027-01", Level.WELL, "is not final before 2027-01-01"),
        ("unstable", Level.WELL, "may change"),
    ],
)
def test_a_version_lives_for_twelve_months(version: str, level: Level, told: str) -> None:
    found = version_finding("api_version", version, date(2026, 11, 21))
    assert (found.level, found.problem.startswith(told), bool(found.problem)) == (
        level,
        True,
        bool(told),
    )


def test_the_servers_own_version_is_over_one_day() -> None:
    found = version_finding("api_version", "2026-10", date(2027, 10, 1))
    assert (found.level, found.fix) == (Level.MISCONFIGURED, "update this server")


def test_shopify_calls_https_only() -> None:
    plain = APP.model_copy(update={"url": "http://app.example"})
    (found, _) = app_findings(plain, date(2026, 11, 21))
    assert (found.level, found.name) == (Level.MISCONFIGURED, "shopify.toml: url")
    stands_in = plain.model_copy(update={"admin_url": "http://127.0.0.1:1"})
    assert len(list(app_findings(stands_in, date(2026, 11, 21)))) == 1


@pytest.mark.parametrize(
    ("scopes", "topics", "also", "lacking"),
    [
        ("read_products", '"products/update"', "", ""),
        ("write_products", '"products/update"', "", ""),
        ("read_products", '"products/update", "orders/paid"', "", "read_orders"),
        ("", '"inventory_levels/update", "carts/update"', "", "read_inventory, read_orders"),
        ("", "", "[app_proxy]\nurl = 'https://app.example/apps/saccade'", "write_app_proxy"),
    ],
)
def test_shopify_takes_no_file_up_that_lacks_a_scope(
    tmp_path: Path, scopes: str, topics: str, also: str, lacking: str
) -> None:
    file = tmp_path / "shopify.app.toml"
    file.write_text(THEIRS.format(scopes=scopes, topics=topics) + also)
    wrong = [one for one in configuration(file, APP) if one.problem]
    if not lacking:
        assert wrong == []
    else:
        (found,) = wrong
        assert found.problem.startswith(f"lacks {lacking},")
        assert found.fix == f"add {lacking.replace(', ', ',')}"


def test_a_proxy_that_leads_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "shopify.app.toml"
    also = "[app_proxy]\nurl = 'https://old.example/apps/saccade'\n"
    file.write_text(THEIRS.format(scopes="write_app_proxy", topics="") + also)
    (found,) = [one for one in configuration(file, APP) if one.problem]
    assert found.name == "shopify.app.toml app_proxy.url"
