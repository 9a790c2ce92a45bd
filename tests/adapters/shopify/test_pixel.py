"""The web pixel, switched on over real HTTP against the stand-in."""

import json
from pathlib import Path

import msgspec
import pytest

from adapters.shopify.standing_in import standing_in
from saccade.catalog import CatalogError
from saccade_shopify import pixel
from saccade_shopify.pixel import Settings

OURS = Settings("https://app.example", "key-1")


async def test_it_is_made_once_and_changed_where_it_differs(tmp_path: Path) -> None:
    async with standing_in(tmp_path) as here:
        assert await pixel.find(here.graphql) is None
        assert await pixel.ensure(here.graphql, OURS)
        made = here.shop.pixel
        assert made is not None
        assert json.loads(made["settings"]) == {"server": "https://app.example", "site": "key-1"}
        assert not await pixel.ensure(here.graphql, OURS)
        assert await pixel.ensure(here.graphql, Settings("https://app.example", "key-2"))
        changed = here.shop.pixel or {}
        assert (changed["id"], json.loads(changed["settings"])["site"]) == (made["id"], "key-2")


async def test_a_reinstall_makes_it_anew(tmp_path: Path) -> None:  # Shopify 15
    async with standing_in(tmp_path) as here:
        await pixel.ensure(here.graphql, OURS)
        here.shop.uninstall()
        assert here.shop.pixel is None
        here.shop.install()
        await here.tokens.exchange(here.shop.domain, here.url, here.shop.session_token())
        assert await pixel.ensure(here.graphql, OURS)
        assert here.shop.pixel is not None


@pytest.mark.parametrize("said", ["{", '"{"', "null", "[]", '{"server": 1, "site": "x"}'])
async def test_settings_of_another_version_are_written_over(tmp_path: Path, said: str) -> None:
    async with standing_in(tmp_path) as here:
        await pixel.ensure(here.graphql, OURS)
        here.shop.pixel = {**(here.shop.pixel or {}), "settings": said}
        assert await pixel.ensure(here.graphql, OURS)
        assert json.loads(here.shop.pixel["settings"]) == msgspec.structs.asdict(OURS)


async def test_settings_may_come_as_an_object(tmp_path: Path) -> None:
    async with standing_in(tmp_path) as here:
        await pixel.ensure(here.graphql, OURS)
        here.shop.pixel = {**(here.shop.pixel or {}), "settings": msgspec.structs.asdict(OURS)}
        assert not await pixel.ensure(here.graphql, OURS)


async def test_an_extension_that_was_never_deployed_is_told_with_its_fix(tmp_path: Path) -> None:
    async with standing_in(tmp_path, pixel=None) as here:
        with pytest.raises(CatalogError, match=r"NO_EXTENSION.*shopify app deploy"):
            await pixel.ensure(here.graphql, OURS)
    (tmp_path / "other").mkdir()
    async with standing_in(tmp_path / "other", pixel=("server", "site", "more")) as here:
        with pytest.raises(CatalogError, match="INVALID_SETTINGS"):
            await pixel.ensure(here.graphql, OURS)


async def test_without_the_scope_it_is_refused(tmp_path: Path) -> None:
    async with standing_in(tmp_path, scopes=("read_products", "write_pixels")) as here:
        with pytest.raises(CatalogError, match="ACCESS_DENIED"):
            await pixel.ensure(here.graphql, OURS)
        assert here.shop.pixel is None
