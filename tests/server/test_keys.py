"""Secrets: one master, derived keys, nothing shared between tenants or purposes."""

import stat
from pathlib import Path

from saccade_server.keys import master_secret, server_key, tenant_secret
from saccade_server.settings import Settings


def test_a_master_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    first = master_secret(settings)
    assert len(first) == 64
    assert master_secret(settings) == first
    kept = tmp_path / "data" / "secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret"]


def test_a_set_secret_wins_and_writes_nothing(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data": tmp_path / "data", "secret": "s" * 32})
    assert master_secret(settings) == b"s" * 32
    assert not (tmp_path / "data").exists()


def test_tenants_and_purposes_have_keys_of_their_own() -> None:
    keys = {
        tenant_secret(b"m" * 32, "a"),
        tenant_secret(b"m" * 32, "b"),
        tenant_secret(b"n" * 32, "a"),
        bytes.fromhex(server_key(b"m" * 32, "a")),
    }
    assert len(keys) == 4
    assert tenant_secret(b"m" * 32, "a") == tenant_secret(b"m" * 32, "a")
