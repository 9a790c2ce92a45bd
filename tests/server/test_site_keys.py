"""``saccade tenant key``: keys made, rotated with an overlap and revoked (R68)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import making
from saccade.tenants import ConfigurationError
from saccade_server import site_keys
from saccade_server.cli import app
from saccade_server.site_keys import KeyKind, first_keys, read_keys
from saccade_server.sites import Site, Sites
from server.shopfront import SERVER_KEY, Serve, Shop

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = first_keys("lab", NOW)
OUTCOME = {"session_id": "s1", "kind": "converted", "order_id": "77"}


def test_a_server_key_is_told_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    key, plain = site_keys.create(tmp_path, KeyKind.SERVER, NOW)
    file = tmp_path / site_keys.FILE
    assert plain not in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0
    keys = read_keys(tmp_path)
    assert keys.key == (key,)
    assert keys.takes_server(plain, NOW)
    assert not keys.takes_server(key.key, NOW), "the hash is no key"


@pytest.mark.parametrize("kind", KeyKind)
def test_rotation_leaves_the_others_good_for_a_while(tmp_path: Path, kind: KeyKind) -> None:
    _, second = site_keys.create(tmp_path, kind, NOW)
    _, third = site_keys.rotate(tmp_path, kind, FIRST[kind], DAY, NOW)
    keys = read_keys(tmp_path)

    def taken(when: datetime) -> list[bool]:
        if kind is KeyKind.SITE:
            return [keys.takes_site(key, when) for key in ("lab", second, third)]
        first = keys.takes_derived(when)
        return [first, *(keys.takes_server(key, when) for key in (second, third))]

    assert taken(NOW + DAY / 2) == [True, True, True]
    assert taken(NOW + DAY) == [False, False, True]
    other = KeyKind.SERVER if kind is KeyKind.SITE else KeyKind.SITE
    assert all(key.kind is not other for key in keys.key)


def test_a_revoked_key_is_over_at_once(tmp_path: Path) -> None:
    key, plain = site_keys.create(tmp_path, KeyKind.SERVER, NOW)
    site_keys.revoke(tmp_path, key.id, tuple(FIRST.values()), NOW)
    site_keys.revoke(tmp_path, "first", tuple(FIRST.values()), NOW)
    keys = read_keys(tmp_path)
    assert not keys.takes_server(plain, NOW)
    assert not keys.takes_site("lab", NOW)
    assert keys.takes_derived(NOW)
    with pytest.raises(ConfigurationError, match="no key"):
        site_keys.revoke(tmp_path, "none", (), NOW)


async def served(serve: Serve, keys: site_keys.Keys) -> Shop:
    shop = await serve()
    runtime = making.ready()
    shop.house.sites = Sites([Site(runtime, SERVER_KEY + "lab", keys)])
    return shop


async def status(shop: Shop, site: str, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return (await shop.post(f"/v1/outcomes?site={site}", OUTCOME, headers=headers)).status


async def test_the_server_takes_what_is_good_and_nothing_else(
    serve: Serve, tmp_path: Path
) -> None:  # R68
    now = datetime.now(UTC)
    _, site = site_keys.create(tmp_path, KeyKind.SITE, now)
    _, server = site_keys.rotate(tmp_path, KeyKind.SERVER, FIRST[KeyKind.SERVER], DAY, now)
    shop = await served(serve, read_keys(tmp_path))
    derived = SERVER_KEY + "lab"
    assert [await status(shop, one, derived) for one in ("lab", site)] == [204, 204]
    assert [await status(shop, site, one) for one in (server, server + "x", "")] == [204, 403, 403]
    site_keys.revoke(tmp_path, "derived", (), now)
    site_keys.revoke(tmp_path, "first", tuple(FIRST.values()), now)
    shop = await served(serve, read_keys(tmp_path))
    assert await status(shop, "lab", server) == 400
    assert await status(shop, site, derived) == 403
    assert await status(shop, site, server) == 204


def test_the_command_line(tmp_path: Path) -> None:
    def told(*words: str) -> str:
        result = CliRunner().invoke(app, ["tenant", *words, "--config", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.stdout.strip()

    url = ("--platform", "sap_occ", "--url", "https://shop.example", "--site", "electronics")
    told("add", "lab", *url)
    made = told("key", "create", "lab", "--kind", "site")
    assert made in told("key", "list", "lab")
    new = told("key", "rotate", "lab", "--overlap-hours", "0")
    keys, now = read_keys(tmp_path / "lab"), datetime.now(UTC)
    assert keys.takes_server(new, now)
    assert not keys.takes_derived(now)
    key_id = next(key.id for key in keys.key if key.key == made)
    told("key", "revoke", "lab", key_id)
    assert not read_keys(tmp_path / "lab").takes_site(made, now + DAY)
