"""``saccade shopify init|dev|preflight``, the last against a server with the app installed."""

import asyncio
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from typer.testing import CliRunner

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from lab.shopify_house import ShopifyLab, running
from lab.waiting import until
from saccade_demo.shopify.liquid import extension_folder
from saccade_demo.shopify.scene import CLIENT_ID, NAME
from saccade_server.cli import app
from saccade_server.commands import shopify_init, shopify_preflight
from saccade_server.settings import SettingError, Settings
from saccade_shopify.app import read_app, read_keys

INIT = ("shopify", "init", "--client-id", "abc", "--url", "https://app.example/")


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def test_init_writes_what_the_adapter_and_shopify_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, INIT)
    assert done.exit_code == 0, done.output
    ours = read_app(tmp_path / "tenants")
    assert ours is not None
    assert (ours.client_id, ours.url) == ("abc", "https://app.example")
    assert len(read_keys(ours, tmp_path / "tenants")) == 1
    assert (tmp_path / "tenants" / "shopify-token-keys").stat().st_mode & 0o777 == 0o600
    theirs = tomllib.loads((tmp_path / "shopify.app.toml").read_text())
    assert theirs["access_scopes"]["scopes"] == "read_products,read_inventory,read_orders"
    topics = [one.get("compliance_topics") for one in theirs["webhooks"]["subscriptions"]]
    assert sorted(topics[0]) == sorted(shopify_preflight.COMPLIANCE)
    assert list(shopify_preflight._configuration(tmp_path / "shopify.app.toml", ours)) != []
    for finding in shopify_preflight._configuration(tmp_path / "shopify.app.toml", ours):
        assert finding.problem == ""


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
    code, told = await preflight(tmp_path, capsys)
    assert code == 0, told
    for topic in shopify_preflight.COMPLIANCE:
        assert f"✓ {topic} with a bad HMAC 401" in told
    assert "✓ customers/redact signed 200" in told
    assert "shop/redact signed" not in told  # it would erase
    assert f"✓ token of {NAME}.myshopify.com expires" in told
    assert "✓ script saccade.js" in told
    assert shop.is_served
    assert shop.count == 69  # nothing was changed by it


async def test_preflight_finds_what_is_wrong(
    shop: ShopifyLab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await shop.install()
    large = tmp_path / "extension" / "assets"
    large.mkdir(parents=True)
    (large / "big.js").write_bytes(b"/" * 10_001)
    (tmp_path / "shopify.app.toml").write_text(f'client_id = "{CLIENT_ID}"\n')
    code, told = await preflight(tmp_path, capsys, tmp_path / "extension")
    assert code == 2
    assert "✗ script big.js 10001 bytes: is too large" in told
    assert "✗ shopify.app.toml compliance_topics" in told
    shop.scene.shop.uninstall()
    await until(lambda: shop.count == 0)
    _, told = await preflight(tmp_path, capsys)
    assert f"! tenant {NAME}: has no token" in told
    assert "no shop has the app installed" in told


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
