"""Tenants made ready: what does not fit together is refused before anything is served."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from saccade.deliveries import CatalogPage
from saccade.domain import Product
from saccade.tenants import ConfigurationError
from saccade_server import catalogs
from saccade_server.catalogs import keep_synced
from saccade_server.settings import SettingError
from saccade_server.tenancy import Installed, adapter_names, install_all
from server.program import CAMPAIGNS, write_tenant
from server.shopfront import Shop, until

MASTER = b"m" * 32


def written(folder: Path, change: tuple[str, str] = ("", "")) -> Path:
    """A folder with one tenant, a text in its file replaced."""
    write_tenant(folder, "http://127.0.0.1:9")
    file = folder / "tenants" / "lab" / "tenant.toml"
    file.write_text(file.read_text("utf-8").replace(*change), "utf-8")
    return folder / "tenants"


def test_a_tenant_is_installed_with_its_adapter_and_campaigns(tmp_path: Path) -> None:
    (one,) = install_all(written(tmp_path), ("sap_occ",), MASTER)
    assert "sap_occ" in adapter_names()
    assert one.adapter.name == "sap_occ"
    assert [campaign.id for campaign in one.runtime.campaigns.all] == ["battery-fear"]
    (again,) = install_all(tmp_path / "tenants", (), MASTER)
    assert again.runtime.secret == one.runtime.secret


def test_a_platform_without_an_adapter_names_the_file_and_those_there_are(tmp_path: Path) -> None:
    folder = written(tmp_path, ('platform = "sap_occ"', 'platform = "magento"'))
    with pytest.raises(ConfigurationError) as caught:
        install_all(folder, (), MASTER)
    assert caught.value.key == "platform"
    assert "sap_occ" in caught.value.fix
    with pytest.raises(SettingError, match="holds no tenant of platform sap_occ"):
        install_all(folder, ("sap_occ",), MASTER)


def test_two_tenants_may_not_share_a_site_key(tmp_path: Path) -> None:
    folder = written(tmp_path)
    other = folder / "other"
    other.mkdir()
    text = (folder / "lab" / "tenant.toml").read_text("utf-8")
    (other / "tenant.toml").write_text(text.replace('name = "lab"', 'name = "other"'), "utf-8")
    with pytest.raises(ConfigurationError, match=r"site\.key: is that of 'lab' too"):
        install_all(folder, (), MASTER)


def test_a_campaign_for_a_slot_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    campaigns = CAMPAIGNS.replace('slot = "battery-guarantee"', 'slot = "footer"')
    (folder / "lab" / "campaigns.toml").write_text(campaigns, "utf-8")
    with pytest.raises(ConfigurationError, match="'footer' is no slot of product"):
        install_all(folder, (), MASTER)


class Catalog:
    """Fails as often as it is told, then has one product."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    async def changes(self, cursor: str | None) -> CatalogPage:
        assert cursor is None
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        return CatalogPage((Product("816324"),))

    async def get(self, ids: Sequence[str]) -> Sequence[Product]:
        raise NotImplementedError


async def test_a_catalog_that_fails_is_asked_again_and_told_meanwhile(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalogs, "FIRST_RETRY_S", 0.02)
    (real,) = install_all(written(tmp_path), (), MASTER)
    adapter = msgspec.structs.replace(real.adapter, catalog=Catalog(failures=2))
    task = asyncio.create_task(
        keep_synced(shop.house, Installed(real.tenant, adapter, real.runtime))
    )
    await until(lambda: shop.house.unsynced == {"lab"})
    await until(lambda: shop.house.unsynced == set())
    assert shop.house.engine.catalog.find("lab", "816324") is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
