"""``saccade shopify rotate-keys``: every shop's tokens by the newest key."""

import contextlib
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from adapters.shopify import making_shopify as making
from saccade.tenants import ConfigurationError
from saccade_server.commands import shopify as command
from saccade_server.settings import SettingError, Settings
from saccade_shopify.vault import Tokens, Vault

APP = f"""\
client_id = "{making.CLIENT_ID}"
client_secret_env = "TEST_SHOPIFY_SECRET"
url = "https://app.example"
token_keys_file = "%s"
"""


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    (tmp_path / "tenants").mkdir()
    file = tmp_path / "keys"
    (tmp_path / "tenants" / "shopify.toml").write_text(APP % file, "utf-8")
    return file


def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir(exist_ok=True)
    return Settings(config=tmp_path / "tenants", data=tmp_path / "data")


def test_tokens_are_read_by_the_newest_key_alone(
    tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    former, newest = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    url = settings(tmp_path).records_url
    with contextlib.closing(Vault(url, (former,))) as vault:
        for number in range(3):
            vault.install(f"shop-{number}.myshopify.com", Tokens(f"t{number}", None), 1.0)
    keys.write_text(f"{newest}\n{former}\n")
    command.rotate_keys(settings(tmp_path))
    assert "3 shops' tokens" in capsys.readouterr().out
    with contextlib.closing(Vault(url, (newest,))) as vault:
        found = vault.find("shop-2.myshopify.com")
    assert found is not None
    assert found.tokens.access == "t2"


def test_a_key_that_is_missing_is_named(tmp_path: Path, keys: Path) -> None:
    with contextlib.closing(
        Vault(settings(tmp_path).records_url, (Fernet.generate_key().decode(),))
    ) as vault:
        vault.install(making.SHOP, Tokens("t", None), 1.0)
    keys.write_text(Fernet.generate_key().decode())
    with pytest.raises(ConfigurationError, match=r"acme.*Fix: put the key"):
        command.rotate_keys(settings(tmp_path))


def test_a_folder_without_an_app_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"holds no shopify\.toml"):
        command.rotate_keys(settings(tmp_path))
