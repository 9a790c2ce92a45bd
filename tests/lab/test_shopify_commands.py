"""``saccade shopify init|dev|preflight``, the last against a server with the app installed."""

import asyncio
import re
import tomllib
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from typer.testing import CliRunner

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from lab.house import SECRET
from lab.shopify_house import ShopifyLab, running
from lab.waiting import until
from saccade_demo.shopify.liquid import extension_folder
from saccade_demo.shopify.scene import CLIENT_ID, NAME
from saccade_server.cli import app
from saccade_server.commands import check, shopify_init, shopify_preflight
from saccade_server.diagnosis import shopify as diagnosis
from saccade_server.settings import SettingError, Settings
from saccade_shopify import offers
from saccade_shopify.app import SCOPES, read_app, read_keys
from saccade_shopify.bulk import BulkOperations

INIT = ("shopify", "init", "--client-id", "abc", "--url", "https://app.example/")


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(shopify_preflight, "_today", lambda: date(2026, 11, 21))


def test_init_writes_what_the_adapter_and_shopify_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, INIT)
    assert done.exit_code == 0, done.output
    ours = read_app(tmp_path / "tenants")
    assert ours is not None
    assert (ours.client_id, ours.url) == ("abc", "https://app.example")
    assert len(read_keys(ours, tmp_path / "tenants")) == 1
    assert (tmp_path / "tenants" / "shopify-token-keys").stat().st_mode & 0o777 == 0o600
    theirs = tomllib.loads((tmp_path / "shopify.app.toml").read_text())
    assert theirs["access_scopes"]["scopes"].split(",") == list(SCOPES)
    assert theirs["product"]["metafields"]["app"][offers.KEY]["type"] == "json"
    topics = [one.get("compliance_topics") for one in theirs["webhooks"]["subscriptions"]]
    assert sorted(topics[0]) == sorted(diagnosis.COMPLIANCE)
    found = list(diagnosis.configuration(tmp_path / "shopify.app.toml", ours))
    assert len(found) == 7
    assert [finding.problem for finding in found] == [""] * 7


def test_init_asks_for_what_is_not_given() -> None:
    done = CliRunner().invoke(app, ["shopify", "init"], input="abc\nhttps://app.example\n")
    assert done.exit_code == 0, done.output
    assert "Client ID" in done.output


@pytest.mark.parametrize(
    ("client_id", "url", "secret_env", "named"),
    [
        ("a b", "https://app.example", "SECRET", "--client-id"),
        ("abc", "https://app.example/path", "SECRET", "--url"),
        ("abc", "http://app.example", "SECRET", "--url"),
        ("abc", "https://app.example", "shpss_not-a-name", "--secret-env"),
    ],
)
def test_init_refuses_what_cannot_be_used_and_writes_nothing(
    tmp_path: Path, client_id: str, url: str, secret_env: str, named: str
) -> None:
    said = shopify_init.Asked(client_id, url, "Saccade", secret_env)
    with pytest.raises(SettingError, match=named) as error:
        shopify_init.init(tmp_path / "tenants", tmp_path / "shopify.app.toml", said)
    assert "shpss_" not in str(error.value)  # it may be the secret itself
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["apps/one/shopify.app.toml", "file/shopify.app.toml"])
def test_init_makes_folders_or_says_why_not_and_can_be_run_again(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("no folder")
    said: tuple[str, ...] = (*INIT, "--app", place)
    if place.startswith("file"):
        with pytest.raises(SettingError, match=r"cannot be written.*Fix: name other folders"):
            CliRunner().invoke(app, said, catch_exceptions=False)
        said = INIT
    assert CliRunner().invoke(app, said).exit_code == 0


def test_init_overwrites_nothing() -> None:
    assert CliRunner().invoke(app, INIT).exit_code == 0
    with pytest.raises(SettingError, match="is there already"):
        CliRunner().invoke(app, INIT, catch_exceptions=False)


def test_dev_prints_the_links_that_install() -> None:
    CliRunner().invoke(app, INIT)
    done = CliRunner().invoke(app, ["shopify", "dev", "--shop", "lab.myshopify.com"])
    assert "https://lab.myshopify.com/admin/oauth/install?client_id=abc" in done.output
    assert "https://app.example/shopify/auth?shop=lab.myshopify.com" in done.output
    with pytest.raises(SettingError, match="no shop"):
        CliRunner().invoke(
            app, ["shopify", "dev", "--shop", "evil.example"], catch_exceptions=False
        )


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncIterator[ShopifyLab]:
    async with running(tmp_path) as one:
        yield one


async def preflight(
    folder: Path, capsys: pytest.CaptureFixture[str], extension: Path | None = None
) -> tuple[int, str]:
    """Exit code and what was printed."""
    settings = Settings(data=folder / "data", config=folder / "tenants")
    theirs, place = folder / "shopify.app.toml", extension or extension_folder()
    capsys.readouterr()
    code = await asyncio.to_thread(shopify_preflight.run, settings, None, theirs, place)
    return code, capsys.readouterr().out


async def test_preflight_passes_on_a_server_that_is_as_it_must_be(
    shop: ShopifyLab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = await preflight(tmp_path, capsys)
    assert code == 1
    assert "no shop has the app installed" in told
    await shop.install()
    await until(lambda: shop.scene.shop.pixel is not None)
    code, told = await preflight(tmp_path, capsys)
    assert code == 0, told
    assert f"✓ web pixel of {NAME}.myshopify.com" in told
    assert f"✓ scopes for the offers of {NAME}.myshopify.com" in told
    for topic in diagnosis.COMPLIANCE:
        assert f"✓ {topic} with a bad HMAC 401" in told
    assert "✓ customers/redact signed 200" in told
    assert "shop/redact signed" not in told  # it would erase
    assert f"✓ token of {NAME}.myshopify.com expires" in told
    assert "✓ script saccade.js" in told
    assert "✓ extension saccade-thank-you api_version 2026-07" in told
    assert f"✓ Admin API of {NAME}.myshopify.com answers" in told
    assert shop.is_served
    assert shop.count == 69  # nothing was changed by it


async def test_a_check_begins_no_bulk_operation(
    shop: ShopifyLab,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await shop.install()
    begun: list[str] = []

    async def begin(_: BulkOperations) -> str:
        begun.append("one")
        return "1"

    monkeypatch.setattr(BulkOperations, "begin", begin)
    settings = Settings(data=tmp_path / "data", config=tmp_path / "tenants", secret=SECRET)
    await asyncio.to_thread(check.run, settings)
    assert f"✓ upstream of {NAME}" in capsys.readouterr().out
    assert begun == []


async def test_preflight_asks_the_shop_what_it_granted(
    shop: ShopifyLab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shop that installed before a scope was added has not agreed to it."""
    await shop.install()
    shop.scene.shop.scope = "read_products"
    _, told = await preflight(tmp_path, capsys)
    (line,) = [one for one in told.splitlines() if "Admin API" in one]
    assert re.search(r"did not grant .*read_inventory, read_orders.*\. Fix: `shopify app dep", line)


async def test_preflight_finds_what_is_wrong(
    shop: ShopifyLab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await shop.install()
    await until(lambda: shop.scene.shop.pixel is not None)
    await shop.left_alone()  # nobody mends what is broken now
    pixel, shop.scene.shop.pixel = shop.scene.shop.pixel, None
    _, told = await preflight(tmp_path, capsys)
    assert f"✗ web pixel of {NAME}.myshopify.com: is missing" in told
    shop.scene.shop.pixel = {**(pixel or {}), "settings": '{"server": "x", "site": "y"}'}
    _, told = await preflight(tmp_path, capsys)
    assert f"✗ web pixel of {NAME}.myshopify.com: names another server" in told
    large = tmp_path / "extension" / "assets"
    large.mkdir(parents=True)
    (large / "big.js").write_bytes(b"/" * 10_001)
    (tmp_path / "shopify.app.toml").write_text(f'client_id = "{CLIENT_ID}"\n')
    code, told = await preflight(tmp_path, capsys, tmp_path / "extension")
    assert code == 2
    assert "✗ script big.js 10001 bytes: is too large" in told
    assert "✗ shopify.app.toml compliance_topics" in told
    assert "✗ shopify.app.toml webhooks.api_version None: is wrong. Fix: write '2026-10'" in told
    written = tmp_path / "tenants" / NAME / "tenant.toml"
    written.write_text(written.read_text().replace("2026-10", "2024-10"))
    _, told = await preflight(tmp_path, capsys, tmp_path / "extension")
    assert f"✗ {NAME}: adapter.api_version '2024-10': is out of support since 2025-10-01" in told
    shop.scene.shop.uninstall()
    await until(lambda: shop.count == 0)
    _, told = await preflight(tmp_path, capsys)
    assert f"! tenant {NAME}: has no token" in told
    assert "no shop has the app installed" in told


async def test_preflight_takes_no_tunnel_that_leads_nowhere_for_the_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the server behind it is down, a tunnel answers in its own words."""
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", "a-secret-of-a-test-00000000000000")
    assert CliRunner().invoke(app, INIT).exit_code == 0
    tunnel = web.Application()  # knows no path
    runner = web.AppRunner(tunnel)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        file = tmp_path / "tenants" / "shopify.toml"
        port = runner.addresses[0][1]
        file.write_text(file.read_text().replace("https://app.example", f"http://127.0.0.1:{port}"))
        code, told = await preflight(tmp_path, capsys)
    finally:
        await runner.cleanup()
    assert f"✗ server http://127.0.0.1:{port}: answers 404 to /livez" in told
    assert "✗ shopify.toml: url" in told
    assert "forged" not in told, "nothing more is asked of whoever that is"
    assert code == 2
    done = CliRunner().invoke(app, ["shopify", "dev", "--shop", "lab.myshopify.com"])
    assert "Shopify calls https only" in done.output


async def test_preflight_names_the_fix_by_the_answer(
    shop: ShopifyLab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await shop.install()
    settings = Settings(data=tmp_path / "data", config=tmp_path / "tenants")
    theirs = tmp_path / "shopify.app.toml"
    other = "another.myshopify.com"
    run = shopify_preflight.run
    await asyncio.to_thread(run, settings, other, theirs, extension_folder())
    told = capsys.readouterr().out
    assert f"shop {other}: has not installed the app. Fix: install" in told
    assert "customers/redact signed 200" in told  # App review asks before anybody installed
    secret = tmp_path / "secret"
    secret.write_text("rotated-where-the-server-does-not-look")
    file = tmp_path / "tenants" / "shopify.toml"
    told = re.sub(r"client_secret_file = .*", f'client_secret_file = "{secret}"', file.read_text())
    file.write_text(told)
    _, told = await preflight(tmp_path, capsys)
    assert "customers/redact signed 401" in told
    assert "is no 2xx. Fix: the server reads another secret" in told


async def test_preflight_says_that_no_server_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], free_port: int
) -> None:
    assert CliRunner().invoke(app, INIT).exit_code == 0
    file = tmp_path / "tenants" / "shopify.toml"
    told = file.read_text().replace("https://app.example", f"http://127.0.0.1:{free_port}")
    file.write_text(told.replace("client_secret_env", "client_secret_file"))
    secret = tmp_path / "secret"
    secret.write_text("a-secret-of-a-test-00000000000000")
    file.write_text(file.read_text().replace('"SHOPIFY_CLIENT_SECRET"', f'"{secret}"'))
    code, out = await preflight(tmp_path, capsys)
    assert code == 2  # its shopify.app.toml names another address as well
    assert "✗ server" in out
