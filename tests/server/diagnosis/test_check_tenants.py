"""`saccade check` and a tenant's own files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.diagnosis.checking import CAMPAIGN, Shop, Told, complained, refused
from server.diagnosis.platform import ORIGIN

PASSWORD = "a-secret-of-the-platform"  # noqa: S105 - of a platform there is not


def spoilt(shop: Shop, old: str, new: str) -> Told:
    """Checked with one text of the tenant's file in the place of another."""
    shop.write()
    file = shop.folder / "tenants" / "shop" / "tenant.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    return shop.check()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("http://", f"http://admin:{PASSWORD}@", ("***@127.0.0.1", "without user and password")),
        ("http://127", f"ftp://admin:{PASSWORD}@127", ("***@127.0.0.1", "'http' or 'https'")),
        ('url = "', 'url = "http://a/?b=', ("upstream.url", "end it before ? and #")),
        (ORIGIN, "www.shop.example", ("site.origins", "as a browser does")),
        (ORIGIN, "*", ("site.origins", "no *")),
        (ORIGIN, ORIGIN + "/shop", ("site.origins", "no path")),
        ("sap_occ", "sap-occ", ("platform", "use one of generic_rest, sap_occ")),
    ],
)
def test_a_tenant_that_is_written_wrongly(
    shop: Shop, old: str, new: str, words: tuple[str, ...]
) -> None:
    told = spoilt(shop, old, new)
    refused(told, "shop/tenant.toml: ", *words)
    assert PASSWORD not in told.err


def test_an_origin_with_a_slash_is_asked_about_without_it(shop: Shop) -> None:
    assert spoilt(shop, ORIGIN, f"{ORIGIN}/").complaints == []


def test_a_file_that_is_a_folder(shop: Shop) -> None:
    shop.write()
    file = shop.folder / "tenants" / "shop" / "campaigns.toml"
    file.unlink()
    file.mkdir()
    refused(shop.check(), "shop/campaigns.toml: file: cannot be read", "let this user read")


@pytest.mark.parametrize(
    ("coding", "code"), [("utf-8-sig", 0), ("utf-16", 2)], ids=["mark", "utf-16"]
)
def test_files_as_editors_of_other_systems_save_them(shop: Shop, coding: str, code: int) -> None:
    shop.write()
    file = shop.folder / "tenants" / "shop" / "tenant.toml"
    file.write_text(file.read_text("utf-8"), coding)
    told = shop.check()
    assert told.code == code, told
    assert ("save it as UTF-8" in told.err) == (code == 2)


@pytest.mark.parametrize("hidden", ["tenants", "tenants/second"])
def test_a_folder_this_user_may_not_read(shop: Shop, hidden: str) -> None:
    shop.write("first")
    shop.write("second", key="another-key")
    iterdir = Path.iterdir

    def denied(self: Path) -> Iterator[Path]:
        if str(self) == hidden:
            raise PermissionError(13, "Permission denied")
        return iterdir(self)

    shop.monkeypatch.setattr(Path, "iterdir", denied)
    refused(shop.check(), f"{hidden}: folder: cannot be read (Permission denied)", "let this user")


def test_a_folder_that_is_one_tenants(shop: Shop) -> None:
    shop.write()
    refused(shop.check("--config", "tenants/shop"), "is one tenant", f"{shop.folder}/tenants")


def test_two_tenants_whose_pages_cannot_be_told_apart(shop: Shop) -> None:
    shop.write("first")
    shop.write("second", key="another-key")
    complained(shop.check(), 2, "✗ second/tenant.toml: platform_site", "'first'", "keep one")


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ('key = "saccade", holdout = 0.0', "shop/tenant.toml: decisioning.holdout 0.0"),
        ('key = "saccade", paused = true', "shop/tenant.toml: decisioning.paused true"),
    ],
)
def test_a_live_shop_that_will_surprise(shop: Shop, table: str, name: str) -> None:
    shop.campaign = CAMPAIGN.format(moment="product", slot="reviews")
    shop.campaign = shop.campaign.replace("reassure", "steady")
    shop.campaign = shop.campaign.replace(
        'topic = "battery", cta = "Add to cart"', 'text = "Hello"'
    )
    told = spoilt(shop, 'key = "saccade"', f'{table}, phase = "live"')
    complained(told, 0, f"! {name}")


def test_a_live_shop_without_campaigns(shop: Shop) -> None:
    told = spoilt(shop, 'key = "saccade"', 'key = "saccade", phase = "live"')
    complained(told, 0, "! shop/campaigns.toml: campaign []", "its pages stay as they are")


def test_a_site_without_a_key(shop: Shop) -> None:
    told = spoilt(shop, "shop-key", "")
    complained(told, 0, "! shop/tenant.toml: site.key ''", "openssl rand")


def test_a_password_in_what_is_no_setting(shop: Shop) -> None:
    shop.settings = {"SACCADE_REDIS_PASSWORD": PASSWORD}
    told = shop.check()
    refused(told, "SACCADE_REDIS_PASSWORD", "(hidden)", "belongs to no setting")
    assert PASSWORD not in told.err


def test_an_oauth_secret_in_the_place_of_its_variables_name(shop: Shop) -> None:
    shop.adapter = {"client_id": "saccade", "client_secret_env": "AbCdEf012345"}
    told = shop.check()
    refused(told, "adapter.client_secret_env", "is not set")
    assert "AbCdEf012345" not in told.err
