"""Shopify 23: two shops at once, in one process and in several; nothing crosses."""

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.fernet import Fernet

from adapters.shopify import making_shopify as making
from saccade.deliveries import Refetch
from saccade.domain import Event
from saccade.ports import Adapter
from saccade_shopify import ShopifyFactory, hosting
from saccade_shopify.vault import Tokens, Vault

SHOPS = ("acme", "bolt")
APP = f"""\
client_id = "{making.CLIENT_ID}"
client_secret_env = "TEST_SHOPIFY_SECRET"
url = "https://app.example"
token_keys_env = "TEST_SHOPIFY_KEYS"
"""


class Desk:
    def __init__(self, folder: Path, records_url: str) -> None:
        self.folder, self.records_url = folder, records_url

    def secret(self, tenant: str) -> bytes:
        return f"the secret of {tenant}".encode()

    async def read_anew(self) -> None:
        raise AssertionError("nothing is installed here")

    async def identify(self, tenant: str, session: str, by: str, said: str) -> str | None:
        raise AssertionError("nobody signs in here")


async def admin(request: httpx.Request) -> httpx.Response:
    """Each shop answers to its own token alone, and with its own products. Some call later ones
    overtake."""
    shop = request.url.host.partition(".")[0]
    said = json.loads(request.content)
    if random.random() < 0.1:
        await asyncio.sleep(random.random() / 500)
    if request.headers["X-Shopify-Access-Token"] != f"token-of-{shop}":
        return making.streamed(httpx.Response(401, json={}))
    nodes = [
        {"id": gid, "title": f"{shop} {gid}", "variants": {"nodes": [{"availableForSale": True}]}}
        for gid in said["variables"]["ids"]
    ]
    return making.streamed(httpx.Response(200, json={"data": {"nodes": nodes}}))


@pytest.fixture
def adapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Adapter]:
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("TEST_SHOPIFY_KEYS", key)

    def played(**_: object) -> Callable[[], httpx.MockTransport]:
        return lambda: httpx.MockTransport(admin)

    monkeypatch.setattr(hosting, "pinned", played)
    (tmp_path / "shopify.toml").write_text(APP, "utf-8")
    url = f"sqlite:///{tmp_path / 'records.db'}"
    with contextlib.closing(Vault(url, (key,))) as vault:
        for name in SHOPS:
            vault.install(f"{name}.myshopify.com", Tokens(f"token-of-{name}", None), 1.0)
    factory = ShopifyFactory()
    factory.host(Desk(tmp_path, url))
    return {name: factory.build(making.tenant(name)) for name in SHOPS}


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.full)])
async def test_interleaved_calls_and_deliveries(adapters: dict[str, Adapter], count: int) -> None:
    random.seed(23)
    running = asyncio.Semaphore(64)

    async def one(number: int) -> None:
        name = random.choice(SHOPS)
        adapter = adapters[name]
        async with running:
            if number % 2:
                (found,) = await adapter.catalog.get([str(number)])
                assert found.name == f"{name} gid://shopify/Product/{number}"
                return
            shop = f"{name}.myshopify.com"
            order = making.classic("orders/create", {"id": number}, shop=shop)
            assert adapter.events.verify(order)
            (event,) = adapter.events.translate(order)
            assert isinstance(event, Event)
            assert (event.tenant, event.reference) == (name, str(number))
            await asyncio.sleep(0)
            item = {"inventory_item_id": 1_000_000 + number}
            own = {"id": number, "variants": [item]}
            adapter.events.translate(making.classic("products/update", own, shop=shop))
            other = adapters[SHOPS[name == "acme"]]
            (asked,) = other.events.translate(
                making.classic("inventory_levels/update", item, shop=shop)
            )
            gid = f"gid://shopify/InventoryItem/{item['inventory_item_id']}"
            assert asked == Refetch((gid,)), "one shop's items are unknown to the other"

    await asyncio.gather(*(one(number) for number in range(1, count + 1)))


REFRESHING = """
import asyncio, sys
import httpx
from adapters.shopify import making_shopify as making
from saccade_shopify.calls import Calls
from saccade_shopify.grants import Grants
from saccade_shopify.tokens import ShopTokens
from saccade_shopify.vault import Vault

async def main(url, key, base, shops):
    grants = Grants(making.CLIENT_ID, making.secrets, Calls(httpx.AsyncHTTPTransport))
    tokens = ShopTokens(Vault(url, (key,)), grants)
    print("ready", flush=True)
    sys.stdin.readline()
    found = await asyncio.gather(*(tokens.get(shop, base) for shop in shops for _ in range(5)))
    print(" ".join(found), flush=True)

url, key, base, *shops = sys.argv[1:]
asyncio.run(main(url, key, base, shops))
"""


@contextlib.asynccontextmanager
async def granting(asked: list[str]) -> AsyncGenerator[str]:
    """A token endpoint on a real socket, slow enough for others to come meanwhile."""

    async def token(request: web.Request) -> web.Response:
        said = await request.json()
        asked.append(said["refresh_token"])
        await asyncio.sleep(0.2)
        pair = {"access_token": f"new-{said['refresh_token']}", "refresh_token": "next"}
        return web.json_response({**pair, "expires_in": 3_600})

    app = web.Application()
    app.add_routes([web.post("/admin/oauth/access_token", token)])
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.mark.full
async def test_shopify_16_of_all_processes_one_refreshes_a_shop(tmp_path: Path) -> None:
    url, key = f"sqlite:///{tmp_path / 'records.db'}", Fernet.generate_key().decode()
    shops = [f"{name}.myshopify.com" for name in SHOPS]
    with contextlib.closing(Vault(url, (key,))) as vault:
        for shop in shops:
            vault.install(shop, Tokens("old", 1.0, f"refresh-of-{shop}"), 1.0)
    asked: list[str] = []
    async with granting(asked) as base:
        command = [sys.executable, "-c", REFRESHING, url, key, base, *shops]
        pipe = asyncio.subprocess.PIPE
        processes = [
            await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[2]
            )
            for _ in range(4)
        ]
        for process in processes:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        told = await asyncio.gather(*(process.communicate(b"\n") for process in processes))
    expected = [f"new-refresh-of-{shop}" for shop in shops for _ in range(5)]
    assert [out.decode().split() for out, _ in told] == [expected] * 4
    assert sorted(asked) == [f"refresh-of-{shop}" for shop in shops]
