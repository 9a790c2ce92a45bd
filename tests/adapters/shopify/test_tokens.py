"""Shopify 16: exchange, refresh, rotation, a lost answer; Shopify 15: uninstall and reinstall."""

import asyncio
import contextlib
import secrets
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from adapters.shopify import making_shopify as making
from adapters.shopify.databases import postgres
from adapters.shopify.granting import Granting
from saccade.catalog import CatalogError
from saccade_shopify.calls import Calls
from saccade_shopify.grants import Grants
from saccade_shopify.tokens import MARGIN_S, REFRESHING_S, NotInstalledError, ShopTokens
from saccade_shopify.vault import LEASE_S, Tokens, Vault, VaultError

BASE = f"https://{making.SHOP}"
KEY = Fernet.generate_key().decode()


class Clock:
    def __init__(self) -> None:
        self.now = making.NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Granting:
    return Granting(clock)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as found:
        yield found


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.full)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.db'}"
    server: str = request.getfixturevalue("server")
    name = f"records_{secrets.token_hex(4)}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


class Workers:
    """Processes of one installation, as far as a database can tell them apart."""

    def __init__(self, url: str, desk: Granting, clock: Clock) -> None:
        self._url, self._desk, self._clock = url, desk, clock
        self.vaults: list[Vault] = []
        self.silent = False
        """Shopify takes a call and never answers."""

    def start(self, key: str = KEY, refreshing_s: float = REFRESHING_S) -> ShopTokens:
        vault = Vault(self._url, (key,))
        self.vaults.append(vault)
        calls = Calls(lambda: httpx.MockTransport(self._answer), longest_wait_s=0.0)
        grants = Grants(making.CLIENT_ID, making.secrets, calls, self._clock)
        return ShopTokens(vault, grants, self._clock, refreshing_s)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if self.silent:
            await asyncio.Event().wait()
        return making.streamed(self._desk.answer(request))


@pytest.fixture
async def workers(url: str, desk: Granting, clock: Clock) -> AsyncIterator[Workers]:
    made = Workers(url, desk, clock)
    yield made
    for vault in made.vaults:
        vault.close()


async def test_token_exchange(workers: Workers, desk: Granting) -> None:
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    assert desk.asked == [
        {
            "client_id": making.CLIENT_ID,
            "client_secret": making.SECRET,
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": "good",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
            "expiring": "1",
        }
    ]
    assert await tokens.get(making.SHOP, BASE) == "access-1"
    assert len(desk.asked) == 1


async def test_an_invalid_session_token_installs_nothing(workers: Workers) -> None:
    tokens = workers.start()
    with pytest.raises(CatalogError, match=r"400 invalid_subject_token"):
        await tokens.exchange(making.SHOP, BASE, "forged")
    with pytest.raises(NotInstalledError):
        await tokens.get(making.SHOP, BASE)


async def test_the_authorization_code_grant_asks_for_an_expiring_token(
    workers: Workers, desk: Granting
) -> None:
    tokens = workers.start()
    await tokens.authorize(making.SHOP, BASE, "the-code")
    assert (desk.asked[0]["code"], desk.asked[0]["expiring"]) == ("the-code", "1")
    assert await tokens.get(making.SHOP, BASE) == "access-1"


async def test_it_is_refreshed_ahead_of_time_and_rotates(
    workers: Workers, desk: Granting, clock: Clock
) -> None:
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    clock.now += 3_600 - MARGIN_S - 1
    assert await tokens.get(making.SHOP, BASE) == "access-1"
    clock.now += 2
    assert await tokens.get(making.SHOP, BASE) == "access-2"
    clock.now += 3_600
    assert await tokens.get(making.SHOP, BASE) == "access-3"
    assert [one.get("refresh_token") for one in desk.asked] == [None, "refresh-1", "refresh-2"]
    assert await workers.start().get(making.SHOP, BASE) == "access-3", "another process knows it"


async def test_all_workers_together_refresh_once(
    workers: Workers, desk: Granting, clock: Clock
) -> None:
    first = workers.start()
    await first.exchange(making.SHOP, BASE, "good")
    clock.now += 3_600
    many = [first, workers.start(), workers.start()]
    found = await asyncio.gather(*(one.get(making.SHOP, BASE) for one in many * 10))
    assert set(found) == {"access-2"}
    assert len(desk.asked) == 2


@pytest.mark.parametrize("lost", [1, 4])
async def test_a_lost_refresh_answer_is_survived(
    workers: Workers, desk: Granting, clock: Clock, lost: int
) -> None:
    """The pair of the lost answer is never used, so the former refresh token is still good."""
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    clock.now += 3_600
    desk.lose = lambda number: number <= 1 + lost
    assert await tokens.get(making.SHOP, BASE) == f"access-{2 + lost}"
    assert {one["refresh_token"] for one in desk.asked[1:]} == {"refresh-1"}
    desk.used(f"access-{2 + lost}")
    assert "refresh-1" not in desk.good
    clock.now += 3_600
    assert await tokens.get(making.SHOP, BASE) == f"access-{3 + lost}"


async def test_a_refresh_that_fails_ahead_of_time_harms_nobody(
    workers: Workers, desk: Granting, clock: Clock
) -> None:
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    clock.now += 3_600 - MARGIN_S + 1
    desk.lose = lambda _: True
    assert await tokens.get(making.SHOP, BASE) == "access-1"
    clock.now += MARGIN_S
    with pytest.raises(CatalogError, match="cannot be reached"):
        await tokens.get(making.SHOP, BASE)
    desk.lose = lambda _: False
    assert (await tokens.get(making.SHOP, BASE)).startswith("access-")


async def test_a_worker_that_dies_while_it_refreshes_keeps_nobody_out(
    workers: Workers, clock: Clock
) -> None:
    """Its lease ends, and the refresh token it may have sent is good for whoever goes on."""
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    assert workers.vaults[0].lease(making.SHOP, "the one that dies", clock.now)
    clock.now += 3_600
    assert LEASE_S < 3_600
    assert await tokens.get(making.SHOP, BASE) == "access-2"


async def test_a_refresh_is_given_up_before_its_lease_ends(
    workers: Workers, desk: Granting, clock: Clock
) -> None:
    """Else another process would refresh by the same token while the first is still under way."""
    assert REFRESHING_S < LEASE_S - 10
    tokens = workers.start(refreshing_s=0.05)
    await tokens.exchange(making.SHOP, BASE, "good")
    clock.now += 3_600
    workers.silent = True
    with pytest.raises(CatalogError, match="in time"):
        await tokens.get(making.SHOP, BASE)
    assert workers.vaults[0].lease(making.SHOP, "another process", clock.now)
    workers.vaults[0].release(making.SHOP, "another process")
    workers.silent = False
    assert await tokens.get(making.SHOP, BASE) == "access-2"
    assert {one["refresh_token"] for one in desk.asked[1:]} == {"refresh-1"}


async def test_a_lease_is_one_at_a_time(workers: Workers, clock: Clock) -> None:
    await workers.start().exchange(making.SHOP, BASE, "good")
    (vault,) = workers.vaults
    assert vault.lease(making.SHOP, "one", clock.now)
    assert not vault.lease(making.SHOP, "other", clock.now)
    vault.release(making.SHOP, "other")
    assert not vault.lease(making.SHOP, "other", clock.now)
    assert vault.lease(making.SHOP, "other", clock.now + LEASE_S + 1)
    found = vault.find(making.SHOP)
    assert found is not None
    assert not vault.replace(found, "one", Tokens("late", None)), "whose lease was over"


async def test_a_refused_token_is_replaced_though_it_seems_good(
    workers: Workers, desk: Granting
) -> None:
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    assert await tokens.get(making.SHOP, BASE, refused="access-1") == "access-2"
    assert await tokens.get(making.SHOP, BASE, refused="access-1") == "access-2"
    assert len(desk.asked) == 2


async def test_a_void_refresh_token_names_the_fix(
    workers: Workers, desk: Granting, clock: Clock
) -> None:
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    desk.good.clear()
    clock.now += 3_600
    with pytest.raises(CatalogError, match=r"invalid_grant.*Fix: open the app in the admin"):
        await tokens.get(making.SHOP, BASE)
    await tokens.exchange(making.SHOP, BASE, "good")
    assert await tokens.get(making.SHOP, BASE) == "access-2"


async def test_a_refresh_that_the_opened_app_overtook_is_no_fault(
    workers: Workers, desk: Granting, clock: Clock
) -> None:
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    clock.now += 3_600
    answer = desk.answer

    def overtaken(request: httpx.Request) -> httpx.Response:
        new = Tokens("opened", clock.now + 3_600, "refresh-new", clock.now + 7_776_000)
        workers.vaults[0].install(making.SHOP, new, clock.now)
        desk.good.clear()
        return answer(request)

    desk.answer = overtaken  # type: ignore[method-assign] # Shopify hears of the page first
    assert await tokens.get(making.SHOP, BASE) == "opened"


async def test_a_wrong_client_secret_is_no_matter_for_a_merchant(
    workers: Workers, desk: Granting, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    clock.now += 3_600
    monkeypatch.setattr(making, "CLIENT_ID", "another app")  # as Shopify knows it
    with pytest.raises(CatalogError, match=r"invalid_client\)\. Fix: compare client_id") as told:
        await tokens.get(making.SHOP, BASE)
    assert "open the app" not in str(told.value)
    assert desk.good == {"refresh-1"}


async def test_tokens_of_a_key_that_is_gone_name_the_fix_to_whoever_asks(
    workers: Workers,
) -> None:
    """A walk through a catalog tells only what is a `CatalogError` in words."""
    await workers.start().exchange(making.SHOP, BASE, "good")
    other = workers.start(Fernet.generate_key().decode())
    with pytest.raises(CatalogError, match=r"no key reads.*Fix: put the key .* back"):
        await other.get(making.SHOP, BASE)
    await other.exchange(making.SHOP, BASE, "good")
    assert await other.get(making.SHOP, BASE) == "access-2", "opening the app is the other fix"


async def test_an_install_nobody_was_told_the_end_of_is_anew(
    workers: Workers, clock: Clock
) -> None:
    """An uninstall from before it that comes late must be told from one that counts."""
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    clock.now += 60
    await tokens.exchange(making.SHOP, BASE, "good")
    assert workers.vaults[0].installed_at(making.SHOP) == clock.now


# --- uninstall ------------------------------------------------------------------------------


async def test_shopify_15_uninstall_and_a_clean_reinstall(workers: Workers, clock: Clock) -> None:
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    (vault,) = workers.vaults
    assert await tokens.drop(making.SHOP)
    assert not await tokens.drop(making.SHOP)
    with pytest.raises(NotInstalledError):
        await tokens.get(making.SHOP, BASE)
    assert vault.installed_at(making.SHOP) is None
    clock.now += 60
    await tokens.exchange(making.SHOP, BASE, "good")
    found = vault.find(making.SHOP)
    assert found is not None
    assert (found.installed_at, found.version) == (clock.now, 1)
    assert await tokens.get(making.SHOP, BASE) == "access-2"


async def test_shopify_15_what_is_refreshed_while_the_app_is_uninstalled_is_not_kept(
    workers: Workers, desk: Granting, clock: Clock
) -> None:
    tokens = workers.start()
    await tokens.exchange(making.SHOP, BASE, "good")
    (vault,) = workers.vaults
    clock.now += 3_600

    def gone(number: int) -> bool:
        if number == 2:
            vault.drop(making.SHOP)
        return False

    desk.lose = gone
    with pytest.raises(NotInstalledError):
        await tokens.get(making.SHOP, BASE)
    assert vault.find(making.SHOP) is None


async def test_shopify_15_nothing_is_left_in_the_file(tmp_path: Path) -> None:
    """A canary is searched in the database and its WAL, while it is kept and when it went."""
    file = tmp_path / "records.db"
    vault = Vault(f"sqlite:///{file}", (KEY,))
    for number in range(50):
        vault.install(f"shop-{number}.myshopify.com", Tokens("x" * 300, None), making.NOW)
    shop = "canary-shop.myshopify.com"
    vault.install(shop, Tokens("canary-access", 1.0, "canary-refresh"), making.NOW)
    found = vault.find(shop)
    assert found is not None
    assert vault.lease(shop, "me", making.NOW)
    assert vault.replace(found, "me", Tokens("canary-access-2", 1.0, "canary-refresh-2"))

    def kept() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert b"canary-shop" in kept()
    assert b"canary-access" not in kept(), "tokens are encrypted at rest"
    reader = sqlite3.connect(file, check_same_thread=False)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM shopify_shops").fetchone() == (51,)
    threading.Timer(0.2, reader.rollback).start()  # it is in the log's way, and goes
    vault.drop(shop)
    reader.close()
    assert b"canary" not in kept()
    assert len(vault.names()) == 50
    vault.close()


async def test_shopify_15_while_a_reader_keeps_the_log_a_shop_is_not_said_to_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saccade_shopify.vault.PATIENCE_S", 0.05)
    file = tmp_path / "records.db"
    vault = Vault(f"sqlite:///{file}", (KEY,))
    vault.install(making.SHOP, Tokens("access", None), making.NOW)
    with contextlib.closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM shopify_shops").fetchone()
        with pytest.raises(VaultError, match="in use"):
            vault.drop(making.SHOP)
    assert vault.find(making.SHOP) is None
    assert not vault.drop(making.SHOP), "it may be repeated"
    vault.close()


# --- keys -----------------------------------------------------------------------------------


def test_the_newest_key_encrypts_and_all_decrypt(url: str) -> None:
    former, newest = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with contextlib.closing(Vault(url, (former,))) as vault:
        for name in ("acme", "bolt"):
            vault.install(f"{name}.myshopify.com", Tokens(f"token of {name}", None), making.NOW)
    with contextlib.closing(Vault(url, (newest, former))) as vault:
        assert list(vault.rotate()) == ["acme.myshopify.com", "bolt.myshopify.com"]
    with contextlib.closing(Vault(url, (newest,))) as vault:
        found = vault.find("bolt.myshopify.com")
        assert found is not None
        assert found.tokens.access == "token of bolt"
    with (
        contextlib.closing(Vault(url, (former,))) as vault,
        pytest.raises(VaultError, match="no key reads"),
    ):
        vault.find("bolt.myshopify.com")


def test_one_changed_byte_of_what_is_kept_is_noticed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    with contextlib.closing(Vault(url, (KEY,))) as vault:
        vault.install(making.SHOP, Tokens("access", None), making.NOW)
        engine = create_engine(url)
        with engine.begin() as connection:
            (sealed,) = connection.execute(text("select tokens from shopify_shops")).one()
            other = sealed[:40] + (b"A" if sealed[40:41] != b"A" else b"B") + sealed[41:]
            connection.execute(text("update shopify_shops set tokens = :other"), {"other": other})
        engine.dispose()
        with pytest.raises(VaultError):
            vault.find(making.SHOP)


def test_a_database_that_is_away_fails_no_start_and_is_found_again(tmp_path: Path) -> None:
    there = tmp_path / "there"
    with contextlib.closing(Vault(f"sqlite:///{there / 'records.db'}", (KEY,))) as vault:
        there.rmdir()
        with pytest.raises(DBAPIError):
            vault.find(making.SHOP)
        there.mkdir()
        assert vault.find(making.SHOP) is None
        vault.install(making.SHOP, Tokens("access", None), making.NOW)
        assert vault.installed_at(making.SHOP) == making.NOW


def test_tokens_are_not_shown() -> None:
    assert "secret" not in repr(Tokens("secret-1", 1.0, "secret-2"))
