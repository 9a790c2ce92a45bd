"""Adapters with routes: mounted, bounded, lent a desk; an install served at once (R45)."""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.fernet import Fernet
from pydantic import SecretStr

from adapters.shopify import making_shopify as making
from saccade_server.keys import master_secret
from saccade_server.listening import bound, url_of
from saccade_server.serving import serving
from saccade_server.settings import SettingError, Settings
from saccade_server.tenancy import install_all
from saccade_shopify import signatures

APP = f"""\
client_id = "{making.CLIENT_ID}"
client_secret_env = "TEST_SHOPIFY_SECRET"
url = "http://127.0.0.1"
token_keys_env = "TEST_SHOPIFY_KEYS"
"""


@contextlib.asynccontextmanager
async def shopify() -> AsyncGenerator[str]:
    """A shop's admin on a real socket: grants a token, tells its currency, has no products."""

    async def token(_: web.Request) -> web.Response:
        pair = {"access_token": "a-1", "refresh_token": "r-1", "expires_in": 3_600}
        return web.json_response({**pair, "refresh_token_expires_in": 7_776_000})

    async def graphql(request: web.Request) -> web.Response:
        assert request.headers["X-Shopify-Access-Token"] == "a-1"
        asked = (await request.json())["query"]
        if "currencyCode }" in asked and "shop {" in asked:
            return web.json_response({"data": {"shop": {"currencyCode": "CHF"}}})
        if "bulkOperationRunQuery" in asked:
            run = {"bulkOperation": {"id": "gid://shopify/BulkOperation/1"}}
            return web.json_response({"data": {"bulkOperationRunQuery": run}})
        return web.json_response({"data": {"node": {"status": "COMPLETED", "url": None}}})

    app = web.Application()
    app.add_routes(
        [
            web.post("/admin/oauth/access_token", token),
            web.post("/admin/api/2026-10/graphql.json", graphql),
        ]
    )
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A server without a tenant, and with an app that makes them."""
    monkeypatch.setenv("TEST_SHOPIFY_SECRET", making.SECRET)
    monkeypatch.setenv("TEST_SHOPIFY_KEYS", Fernet.generate_key().decode())
    config = tmp_path / "tenants"
    config.mkdir()
    settings = Settings(config=config, data=tmp_path / "data", port=0)
    read = partial(install_all, config, ("shopify",), master_secret(settings))
    async with shopify() as admin:
        (config / "shopify.toml").write_text(f'{APP}admin_url = "{admin}"\n', "utf-8")
        open_site = "[site]\nkey=$key\nopen=true\n$currency\n[consent]\nbasis='opt_out'\n"
        (config / "shopify.tenant.toml").write_text(
            'name=$name\nplatform="shopify"\nplatform_site=$shop\n'
            f"[upstream]\nurl=$url\nallow_private=$private\n{open_site}[adapter]\n$adapter\n",
            "utf-8",
        )
        with contextlib.closing(bound(settings, shared=False)) as listener:
            async with serving(settings, read(), listener, read=read):
                yield url_of(listener)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


async def test_shopify_16_an_install_makes_a_tenant_that_is_served_at_once(url: str) -> None:
    """And whoever is signed in through the app proxy is joined, as ``/v1/identify`` would (R45)."""
    bearer = {"Authorization": f"Bearer {making.token(time.time())}"}
    async with aiohttp.ClientSession(url) as client:
        async with client.post("/v1/session", json={}) as before:
            assert before.status == 400, "nobody is served yet"
        async with client.post("/shopify/install", headers=bearer) as installed:
            assert (installed.status, await installed.json()) == (
                200,
                {"told": "This shop is connected."},
            )
        await _until_served(client)
        first = await _identified(client, "v1.s1", "7")
        assert await _identified(client, "v2.s2", "7") == {
            "session_id": "v1.s2",
            "identified": True,
        }, "the same customer on another device goes on as the same visitor"
        assert first == {"session_id": "v1.s1", "identified": True}


async def _until_served(client: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(30):
        while True:
            async with client.get("/v1/experience?session=s&product=1") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.05)


async def _identified(client: aiohttp.ClientSession, session: str, customer: str) -> object:
    pairs = {
        "saccade_session": session,
        "logged_in_customer_id": customer,
        "path_prefix": "/apps/saccade",
        "shop": making.SHOP,
        "timestamp": str(int(time.time())),
    }
    split = {name: [one] for name, one in pairs.items()}
    signed = signatures.app_proxy(SecretStr(making.SECRET), split)
    query = urlencode({**pairs, "signature": signed})
    async with client.post(f"/apps/saccade/identify?{query}") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return json.loads(await answer.read())


async def test_an_adapters_routes_are_bounded_and_know_their_methods(url: str) -> None:
    async with aiohttp.ClientSession(url) as client:
        async with client.post("/shopify/install", data=b"x" * 70_000) as answer:
            assert answer.status == 413
            assert answer.content_type == "application/problem+json"
        async with client.delete("/shopify/identify") as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "OPTIONS, POST")
        async with client.get("/shopify/none") as answer:
            assert answer.status == 404


def test_a_folder_without_tenants_is_refused_where_no_adapter_makes_them(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="holds no tenant"):
        install_all(tmp_path, ("shopify",), b"m" * 32)
    (tmp_path / "shopify.toml").write_text(APP, "utf-8")
    assert install_all(tmp_path, ("shopify",), b"m" * 32) == ()
    with pytest.raises(SettingError, match="holds no tenant"):
        install_all(tmp_path, ("sap_occ",), b"m" * 32)
