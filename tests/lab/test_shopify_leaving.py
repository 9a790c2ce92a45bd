"""A person or a shop that leaves is found nowhere: databases, their logs, Redis, files, logs."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from conftest import RedisServer
from lab import canaries
from lab.canaries import Person
from lab.shopify_process import SHOP, ShopProcess, process
from lab.waiting import until
from postgres import cluster
from saccade.domain import JsonObject
from saccade_server.settings import Settings
from saccade_shopify.app import read_app, read_keys
from saccade_shopify.vault import Vault

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.full)]


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Its URL; empty for SQLite's files in the data folder."""
    if request.param == "sqlite":
        yield ""
        return
    yield from cluster()


class Watched:
    """A shop and its server, and who is found in what they keep."""

    def __init__(self, shop: ShopProcess, redis: str, database: str) -> None:
        self.shop = shop
        self._redis = redis
        self._database = database

    def places(self) -> list[canaries.Place]:
        """All that is kept: the data folder, the shop's own, Redis, a database server, logs."""
        return [
            *canaries.in_files(self.shop.data, self.shop.tenant),
            *canaries.in_redis(self._redis),
            *(canaries.in_postgresql(self._database) if self._database else ()),
            *((path.name, path.read_bytes()) for path in self.shop.folder.glob("*.jsonl")),
        ]

    def traced(self, person: Person) -> list[str]:
        """Where somebody is found."""
        return canaries.found(self.places(), person.traces)

    def vault(self) -> Vault:
        """The server's own, to be closed."""
        config = self.shop.scene.config
        app = read_app(config)
        assert app is not None
        settings = Settings(data=self.shop.data)
        return Vault(self._database or settings.records_url, read_keys(app, config))

    def tokens(self) -> canaries.Traces:
        """Both of the shop's, in every form that can be undone."""
        vault = self.vault()
        try:
            found = vault.find(SHOP)
        finally:
            vault.close()
        if found is None:
            return {}
        named = {"access": found.tokens.access, "refresh": found.tokens.refresh or ""}
        return {
            f"{name} token, {form}": value
            for name, said in named.items()
            for form, value in canaries.forms(said)
        }


@pytest_asyncio.fixture
async def watched(tmp_path: Path, own_redis: RedisServer, database: str) -> AsyncIterator[Watched]:
    settings = {"SACCADE_STATE_URL": own_redis.url}
    if database:
        settings["SACCADE_DATABASE_URL"] = database
    async with process(tmp_path, settings) as shop:
        yield Watched(shop, own_redis.url, database)


async def lived(shop: ShopProcess, *people: Person) -> None:
    """They visit, sign in, are known by mail and phone, and buy."""
    for person in people:
        await shop.visit(person)
        await shop.signed_in(person)
        await shop.known_by_mail_and_phone(person)
        await shop.bought(person)
    await shop.worked_off()


@pytest.mark.full
async def test_redacted_a_customer_is_found_nowhere(watched: Watched) -> None:
    # R45, R60, R70; Shopify 14
    shop = watched.shop
    await shop.install()
    anna, ben = canaries.anna(), canaries.ben()
    await lived(shop, anna, ben)
    named = " ".join(watched.traced(anna))
    assert "Redis" in named, "a search that finds nothing before proves nothing after"
    assert "saccade.db" in named or "table outcomes" in named

    await shop.asks("customers/data_request", anna)
    await until(lambda: bool(list((shop.data / "exports").rglob("*.json"))))
    (export,) = (shop.data / "exports").rglob("*.json")
    told = json.loads(export.read_text())
    assert [one["order_id"] for one in told["journal"]["outcomes"] if one["order_id"]] == [
        str(anna.order)
    ]
    assert {one["kind"] for one in told["journal"]["outcomes"]} == {"clicked", "converted"}
    assert told["journal"]["decisions"]
    assert told["journal"]["exposures"]
    assert [len(one["profile"]["people"]) for one in told["state"]] == [3]
    assert canaries.found([("export", export.read_bytes())], ben.traces) == []

    await shop.asks("customers/redact", anna)
    await shop.worked_off()
    assert watched.traced(anna) == []
    assert not export.exists()
    assert watched.traced(ben), "another's is not touched"
    repeated = await shop.experience(ben)
    assert repeated["reason"] != "NO_CONSENT"
    assert "saccade_webhooks_dead_total" not in await shop.figures()


@pytest.mark.full
async def test_killed_before_the_log_was_emptied_it_is_emptied_after(
    tmp_path: Path, own_redis: RedisServer
) -> None:  # F27, R70
    """What a process leaves of its work, the next one ends."""
    async with process(tmp_path, {"SACCADE_STATE_URL": own_redis.url}) as shop:
        watched = Watched(shop, own_redis.url, "")
        await shop.install()
        anna = canaries.anna()
        await shop.bought(anna)
        await shop.worked_off()
        assert "saccade-webhooks.db-wal" in " ".join(watched.traced(anna))
        await shop.killed()
        await until(lambda: watched.traced(anna) == [])


@pytest.mark.full
async def test_uninstalled_work_stops_and_redacted_nothing_is_left(watched: Watched) -> None:
    # R39, R70; Shopify 14, 15
    shop = watched.shop
    await shop.install()
    anna = canaries.anna()
    await lived(shop, anna)
    await shop.asks("customers/data_request", anna)
    await until(lambda: bool(list((shop.data / "exports").rglob("*.json"))))
    tokens = watched.tokens()
    assert tokens
    assert canaries.found(watched.places(), tokens) == [], "they are encrypted where they are kept"
    kept = canaries.found(watched.places(), {"row": SHOP.encode()})
    assert kept

    await leaves(watched, anna)
    assert await shop.redacted() == 200, "two days later, of a shop that is served no more"
    await until(lambda: not shop.tenant.exists())
    await shop.worked_off()
    assert watched.traced(anna) == []
    assert not list((shop.data / "exports").rglob("*"))
    assert not list((shop.data / "catalogs").glob("*"))
    assert canaries.found(canaries.in_files(shop.data), {"domain": SHOP.encode()}) == []
    assert "saccade_webhooks_dead_total" not in await shop.figures()

    # Shopify repeats what it has no answer to, and looks at the answers before any shop is there.
    await until(lambda: bool(shop.program.events("configuration_reloaded")))
    assert await shop.redacted() == 200
    assert await shop.uninstalled() == 200
    assert await shop.redacted(secret="another's") == 401  # noqa: S106 - no secret of anybody's
    assert await shop.sent("orders/create", {"id": 1}) == 401


async def leaves(watched: Watched, person: Person) -> None:
    """Uninstalls; an order of the last minute comes later."""
    shop = watched.shop
    assert await shop.uninstalled() == 200
    assert await shop.uninstalled() == 200, "told twice, by two subscriptions"
    late: JsonObject = {"id": person.order + 1, "email": person.email, "note_attributes": []}
    assert await shop.sent("orders/paid", late) == 200
    await shop.worked_off()
    await until(lambda: watched.tokens() == {})
    assert await is_served(shop) is False
    await shop.killed()
    assert await is_served(shop) is False, "nor after a restart"


async def is_served(shop: ShopProcess) -> bool:
    """Whether a page of the shop is answered; waits for the answer to change to no."""
    end = time.monotonic() + 10
    while True:
        status, _ = await shop.call("POST", "/v1/consent", json={"shopify": {}})
        if status != 200 or time.monotonic() > end:
            return status == 200


@pytest.mark.full
async def test_an_old_redact_takes_no_shop_that_came_back(watched: Watched) -> None:
    # R39; Shopify 14, 15
    shop = watched.shop
    await shop.install()
    anna = canaries.anna()
    await lived(shop, anna)
    left = time.time() - 2  # times may be told to the second
    assert await shop.uninstalled() == 200
    await until(lambda: watched.tokens() == {})
    key = (shop.tenant / "tenant.toml").read_text()

    await shop.install(times=2)
    assert watched.tokens()
    assert await shop.uninstalled(at=left) == 200, "the former uninstall, sent once more"
    assert await shop.redacted(at=left) == 200
    await shop.worked_off()
    assert watched.traced(anna) == [], "people of the time before are forgotten"
    assert watched.tokens(), "the shop is not"
    assert (shop.tenant / "tenant.toml").read_text() == key
    ben = canaries.ben()
    await lived(shop, ben)
    assert watched.traced(ben)

    # The uninstall was never told of: the redact of the present installation counts.
    assert await shop.redacted(at=time.time() + 172_800) == 200
    await until(lambda: not shop.tenant.exists())
    await shop.worked_off()
    assert watched.traced(ben) == []
    assert watched.tokens() == {}
