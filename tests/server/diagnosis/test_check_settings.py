"""`saccade check` and what is written: settings, tenants, campaigns, stores."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import redis

from conftest import RedisServer, unused_port
from server.diagnosis.checking import CAMPAIGN, Shop, complained, refused

PASSWORD = "a-secret-of-redis"  # noqa: S105 - of a Redis that lives for one test


Setter = Callable[[str, str], None]


@pytest.fixture
def kept(own_redis: RedisServer) -> Iterator[Setter]:
    """A Redis as it should be (append-only, forgetting nothing), and how to spoil it."""
    with closing(redis.Redis(port=own_redis.port)) as client:

        def configure(name: str, value: str) -> None:
            client.config_set(name, value)  # pyright: ignore[reportUnknownMemberType] - its stub leaves the options untyped

        configure("appendonly", "yes")
        yield configure


def test_several_workers_without_a_state_they_share(shop: Shop) -> None:
    shop.settings = {"SACCADE_WORKERS": "2"}
    refused(shop.check(), "SACCADE_STATE_URL: value 'memory://'", "redis://HOST:6379/0")


def test_two_tenants_with_one_site_key(shop: Shop) -> None:
    shop.write("first")
    shop.write("second")
    refused(shop.check(), "second/tenant.toml: site.key", "'first'", "give each tenant its own")


def test_a_campaign_for_a_slot_nobody_has(shop: Shop) -> None:
    shop.campaign = CAMPAIGN.format(moment="product", slot="hero")
    refused(
        shop.check(),
        "shop/campaigns.toml: campaign.0.slot: 'hero' is no slot of product",
        "add [slots.hero]",
    )


def test_a_campaign_for_a_moment_the_adapter_cannot_carry(shop: Shop) -> None:
    shop.campaign = CAMPAIGN.format(moment="home", slot="reviews")
    shop.write()
    file = shop.folder / "tenants" / "shop" / "tenant.toml"
    file.write_text(file.read_text("utf-8").replace('moment = "product"', 'moment = "home"'))
    refused(shop.check(), "shop/campaigns.toml: campaign.0.template", "cannot be carried on slot")


def test_a_data_folder_that_is_none(shop: Shop) -> None:
    (shop.folder / "file").touch()
    shop.settings = {"SACCADE_DATA": "file"}
    refused(shop.check(), "SACCADE_DATA: value 'file'", "name a folder that can be written")


def test_a_journal_that_cannot_be_written(shop: Shop) -> None:
    file = shop.folder / ".saccade" / "saccade.db"
    assert shop.check().code == 0
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin exclusive")
        complained(shop.check(), 1, "✗ SACCADE_DATA", "saccade.db", "cannot be written", "locked")
    assert shop.check().code == 0


def test_the_check_leaves_nothing_in_the_journal(shop: Shop) -> None:
    shop.check()
    with closing(sqlite3.connect(shop.folder / ".saccade" / "saccade.db")) as journal:
        names = [name for (name,) in journal.execute("select name from sqlite_master")]
    assert names
    assert "saccade_check" not in names


@pytest.mark.usefixtures("kept")
def test_a_redis_that_is_well(shop: Shop, own_redis: RedisServer) -> None:
    told = shop.check("--state", own_redis.url)
    assert (told.code, told.complaints) == (0, [])


def test_a_redis_that_is_not_there(shop: Shop) -> None:
    url = f"redis://:{PASSWORD}@127.0.0.1:{unused_port()}/0"
    told = shop.check("--state", url)
    complained(told, 1, "✗ SACCADE_STATE_URL", "refuses the connection", "start it, or correct")
    assert PASSWORD not in told.out


@pytest.mark.parametrize("sent", ["", f":{PASSWORD}-of-yesterday@"])
def test_a_redis_that_wants_a_password(
    shop: Shop, own_redis: RedisServer, kept: Setter, sent: str
) -> None:
    kept("requirepass", PASSWORD)
    told = shop.check("--state", own_redis.url.replace("://", f"://{sent}"))
    complained(told, 1, "✗ SACCADE_STATE_URL", "refuses the password, or wants one", "PASSWORD@")
    assert PASSWORD not in told.out


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_redis_that_forgets_under_pressure(
    shop: Shop, own_redis: RedisServer, kept: Setter, policy: str
) -> None:
    kept("maxmemory-policy", policy)
    told = shop.check("--state", own_redis.url)
    complained(told, 1, "✗ SACCADE_STATE_URL", policy, "maxmemory-policy noeviction")


def test_a_redis_that_forgets_when_it_restarts(
    shop: Shop, own_redis: RedisServer, kept: Setter
) -> None:
    kept("appendonly", "no")
    complained(shop.check("--state", own_redis.url), 0, "! SACCADE_STATE_URL", "appendonly yes")


def acl(url: str, *words: str) -> None:
    with closing(redis.Redis.from_url(url)) as client:  # pyright: ignore[reportUnknownMemberType] - its stub leaves the options untyped
        client.execute_command(*words)  # type: ignore[no-untyped-call]  # the client's own


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("REPLICAOF 127.0.0.1 1", ("is a replica", "name the primary")),
        ("CONFIG SET maxmemory 1", ("is full", "raise its maxmemory")),
        ("ACL SETUSER default -set", ("lets this user do too little", "saccade:*")),
        ("ACL SETUSER default -info", ("lets this user do too little", "saccade:*")),
    ],
)
def test_a_redis_that_takes_no_writes(
    shop: Shop, own_redis: RedisServer, command: str, words: tuple[str, ...]
) -> None:
    acl(own_redis.url, *command.split())
    complained(shop.check("--state", own_redis.url), 1, "✗ SACCADE_STATE_URL", *words)


@pytest.mark.usefixtures("kept")
def test_the_check_leaves_nothing_in_redis(shop: Shop, own_redis: RedisServer) -> None:
    assert shop.check("--state", own_redis.url).code == 0
    with closing(redis.Redis(port=own_redis.port)) as client:
        assert client.dbsize() == 0  # pyright: ignore[reportUnknownMemberType] - its stub leaves the options untyped


def test_a_redis_that_is_another_server(shop: Shop) -> None:
    url = shop.platform.url.replace("http", "redis")
    complained(shop.check("--state", url), 1, "is no Redis", "correct host and port")


def test_a_redis_whose_name_does_not_resolve(shop: Shop) -> None:
    told = shop.check("--state", "redis://redis.invalid:6379/0")
    complained(told, 1, "its name does not resolve", "DNS")


def test_a_database_the_redis_has_not(shop: Shop, own_redis: RedisServer) -> None:
    url = own_redis.url.rpartition("/")[0] + "/9999"
    complained(shop.check("--state", url), 1, "has no database", "write /0")


def test_a_proxy_nobody_trusts(shop: Shop) -> None:
    shop.settings = {"SACCADE_HOST": "0.0.0.0"}  # noqa: S104 - read, not bound to
    complained(shop.check(), 0, "! SACCADE_TRUSTED_HOPS ''", "name the networks of your proxies")
    shop.settings["SACCADE_TRUSTED_HOPS"] = "10.0.0.0/8"
    assert shop.check().complaints == []


@pytest.mark.parametrize(
    ("opened", "problem"),
    [("true", "any page of the web may send signals"), ("false", "no page may call")],
)
def test_a_site_that_names_no_origins(shop: Shop, opened: str, problem: str) -> None:
    shop.write()
    file = shop.folder / "tenants" / "shop" / "tenant.toml"
    named = file.read_text("utf-8").replace("open = true", f"open = {opened}")
    file.write_text(re.sub(r"origins = \[.*\]", "origins = []", named), "utf-8")
    told = shop.check()
    complained(told, 0, f"! shop/tenant.toml: site.origins []: {problem}", "name the shop's own")
    file.write_text(named, "utf-8")
    assert shop.check().complaints == []  # its pages get tokens by POST /v1/session
