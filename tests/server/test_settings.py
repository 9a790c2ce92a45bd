"""Settings: every one that cannot be used is one line with name, value and fix."""

import pytest

from saccade_server.settings import FIXES, SettingError, Settings, read_settings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415 - only to clear what the machine may have set

    for name in [name for name in os.environ if name.upper().startswith("SACCADE_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SACCADE_PORT", "99999", "SACCADE_PORT: value '99999' is not valid"),
        ("SACCADE_PORT", "http", "SACCADE_PORT: value 'http' is not valid"),
        ("SACCADE_STATE_URL", "foo://x", "SACCADE_STATE_URL: value 'foo://x' is no state store"),
        (
            "SACCADE_STATE_URL",
            "redis://",
            "SACCADE_STATE_URL: value 'redis://' names no host and port",
        ),
        (
            "SACCADE_STATE_URL",
            "redis://h:x",
            "SACCADE_STATE_URL: value 'redis://h:x' names no host and port",
        ),
        *[
            ("SACCADE_STATE_URL", url, f"SACCADE_STATE_URL: value {url!r} names no database by its")
            for url in ("redis://h:1/notadb", "redis://h/0/1", "redis://h/-1", "rediss://h/0%0a")
        ],
        ("SACCADE_DATABASE_URL", "mysql://h/d", "value 'mysql://h/d' is no database"),
        ("SACCADE_DATABASE_URL", "sqlite:///?x", "value 'sqlite:///?x' is no plain file"),
        ("SACCADE_DATABASE_URL", "sqlite:///:memory:", "value 'sqlite:///:memory:' is no plain"),
        ("SACCADE_DATABASE_URL", "sqlite:///a.db?foo=1", "value 'sqlite:///a.db?foo=1' is no pl"),
        ("SACCADE_DATA", "?x", "SACCADE_DATA: value '?x' is no plain folder"),
        ("SACCADE_LOG_FORMAT", "xml", "SACCADE_LOG_FORMAT: value 'xml' is not valid"),
        (
            "SACCADE_TRUSTED_HOPS",
            "10.0.0.0/8,proxy",
            "value '10.0.0.0/8,proxy' names 'proxy', which",
        ),
        ("SACCADE_TRUSTED_HOPS", "10.0.0.1/8", "names '10.0.0.1/8', which is no network"),
        ("SACCADE_TRUSTED_HOPS", "::/0", "SACCADE_TRUSTED_HOPS: value '::/0' names everybody"),
        ("SACCADE_WORKERS", "0", "SACCADE_WORKERS: value '0' is not valid"),
    ],
)
def test_a_bad_value_names_setting_value_and_fix(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError) as caught:
        read_settings()
    line = str(caught.value)
    assert told in line
    assert line.endswith(". Fix: " + FIXES[name.removeprefix("SACCADE_").lower()])
    assert "\n" not in line


def test_an_unknown_setting_is_refused_and_the_nearest_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SACCADE_STAT_URL", "redis://user:hush@h/0")
    with pytest.raises(SettingError) as caught:
        read_settings()
    assert str(caught.value) == (
        "SACCADE_STAT_URL: value 'redis://***@h/0' belongs to no setting. "
        "Fix: call it SACCADE_STATE_URL, or remove it"
    )


@pytest.mark.parametrize("url", ["redis://h", "redis://h:1/", "rediss://u:p@h:1/15", "memory://"])
def test_a_state_store_that_can_be_reached_is_taken(url: str) -> None:
    assert read_settings(state_url=url).state_url == url


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SACCADE_SECRET", "too-short-but-dear")
    with pytest.raises(SettingError) as caught:
        read_settings()
    assert "dear" not in str(caught.value)
    monkeypatch.setenv("SACCADE_SECRET", "long-and-dear-" * 4)
    assert "dear" not in repr(read_settings())


@pytest.mark.parametrize(
    "url",
    [
        "redis://user:hush@host:port/0",
        "redis://user:hush/more@host/0",
        "redis:x//user:hush@host",
        "mysql://user:hush@host/0",
    ],
)
def test_a_password_in_a_url_is_never_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SACCADE_STATE_URL", url)
    with pytest.raises(SettingError) as caught:
        read_settings()
    assert "hush" not in str(caught.value)


def test_an_option_wins_and_is_named_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SACCADE_PORT", "8081")
    assert read_settings().port == 8081
    assert read_settings(port=8082, config=None).port == 8082
    with pytest.raises(SettingError, match="--port: value '70000'"):
        read_settings(port=70_000)


def test_several_workers_need_a_shared_state(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingError) as caught:
        read_settings(workers=2)
    assert caught.value.name == "SACCADE_STATE_URL"
    monkeypatch.setenv("SACCADE_STATE_URL", "redis://127.0.0.1:6379/0")
    assert read_settings(workers=2).workers == 2


def test_every_setting_has_a_fix() -> None:
    assert set(FIXES) == set(Settings.model_fields)


def test_records_default_to_the_data_folder() -> None:
    settings = read_settings(data="/srv/saccade")
    assert settings.records_url == "sqlite:////srv/saccade/saccade.db"
    kept = read_settings(database_url="sqlite:///elsewhere.db")
    assert kept.records_url == "sqlite:///elsewhere.db"


def test_trusted_hops_are_networks(monkeypatch: pytest.MonkeyPatch) -> None:  # OCC 12
    assert Settings().trusted_networks == ()
    monkeypatch.setenv("SACCADE_TRUSTED_HOPS", "10.0.0.0/8, 192.0.2.7 ,fd00::/8,")
    networks = read_settings().trusted_networks
    assert [str(network) for network in networks] == ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"]


@pytest.mark.parametrize(
    "url",
    [
        "redis+cluster://10.0.0.1:6379,10.0.0.2:6379",
        "rediss+cluster://:password@one.example:6379,two.example:6379/0",
    ],
)
def test_a_cluster_is_a_state_store(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SACCADE_STATE_URL", url)
    assert read_settings(workers=2).state_url == url


@pytest.mark.parametrize("url", ["redis+cluster://a:1,b:x", "redis://a:1,b:2", "redis+cluster://"])
def test_a_cluster_names_nodes_that_can_be_used(url: str) -> None:
    with pytest.raises(SettingError, match="names no host and port"):
        read_settings(state_url=url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_records_may_be_in_postgresql(scheme: str) -> None:
    """Then webhooks are there too; with a file they have one of their own beside it."""
    kept = read_settings(database_url=f"{scheme}://u:p@h/saccade")
    assert kept.inbox_url == kept.records_url == "postgresql+psycopg://u:p@h/saccade"
    file = read_settings(database_url="sqlite:///there/records.db")
    assert file.inbox_url == "sqlite:///there/records-webhooks.db"
