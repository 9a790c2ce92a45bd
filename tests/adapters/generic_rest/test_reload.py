"""A mapping that is changed while a server runs, or while it is down: the catalog follows it."""

from pathlib import Path

from pydantic import SecretStr

from adapters.generic_rest.platforms import Platform, platform, says
from saccade.domain import Product
from saccade_server.keys import master_secret
from saccade_server.settings import Settings
from saccade_server.tenancy import Installed, install_all
from saccade_server.wiring import Wired, opened
from server.shopfront import until

TENANT = """\
name = "rest"
platform = "generic_rest"
upstream = {{ url = "{url}", allow_private = true }}
consent = {{ basis = "opt_out" }}
site = {{ key = "rest", open = true }}
adapter = {{ mapping = "./mapping.toml" }}
"""
MAPPING = """\
paths = ["/api/"]

[catalog]
list = "/api/items"
item = "/api/items/{id}"
fields = { id = "sku", price = "gross" }
"""
ITEM = {"sku": "7", "gross": "11.90", "net": "10.00"}


def write(folder: Path, url: str, mapping: str) -> Settings:
    own = folder / "tenants" / "rest"
    own.mkdir(parents=True, exist_ok=True)
    (own / "tenant.toml").write_text(TENANT.format(url=url), "utf-8")
    (own / "mapping.toml").write_text(mapping, "utf-8")
    return Settings(
        data=folder / "data", secret=SecretStr("a secret of the tests' own, to be known")
    )


def installed(folder: Path, settings: Settings) -> tuple[Installed, ...]:
    """As a start and a reload read them."""
    return install_all(folder / "tenants", (), master_secret(settings))


def price(wired: Wired) -> str | None:
    found: Product | None = wired.house.engine.catalog.find("rest", "7")
    return None if found is None else found.price


async def test_a_reload_reads_the_catalog_by_the_new_mapping(tmp_path: Path) -> None:
    async with platform(lambda _: says([ITEM])) as shop:
        settings = write(tmp_path, shop.url, MAPPING)
        async with opened(settings, installed(tmp_path, settings)) as wired:
            await until(lambda: price(wired) == "11.90")
            write(tmp_path, shop.url, MAPPING.replace("gross", "net"))
            await wired.tenants.serve(installed(tmp_path, settings))
            await until(lambda: price(wired) == "10.00")


async def test_a_reload_without_a_change_asks_the_platform_nothing(tmp_path: Path) -> None:
    async with platform(lambda _: says([ITEM])) as shop:
        settings = write(tmp_path, shop.url, MAPPING)
        async with opened(settings, installed(tmp_path, settings)) as wired:
            await until(lambda: "rest" in wired.house.synced)
            follower = wired.tenants._followers["rest"]
            write(tmp_path, shop.url, f"# a comment\n{MAPPING}")
            await wired.tenants.serve(installed(tmp_path, settings))
            assert wired.tenants._followers["rest"] is follower


async def test_what_was_kept_by_another_mapping_is_not_known_after_a_restart(
    tmp_path: Path,
) -> None:
    down = False

    async with platform(lambda _: says({}) if down else says([ITEM])) as shop:
        settings = write(tmp_path, shop.url, MAPPING)
        async with opened(settings, installed(tmp_path, settings)) as wired:
            await until(lambda: "rest" in wired.house.synced)
        down = True
        assert await _known_at_once(tmp_path, shop, settings, MAPPING) == "11.90"
        assert await _known_at_once(tmp_path, shop, settings, MAPPING.replace("gross", "net")) is (
            None
        )


async def _known_at_once(
    folder: Path, shop: Platform, settings: Settings, mapping: str
) -> str | None:
    """After a start while the platform answers with no list."""
    write(folder, shop.url, mapping)
    async with opened(settings, installed(folder, settings)) as wired:
        await until(lambda: "rest" in wired.house.unsynced)
        return price(wired)
