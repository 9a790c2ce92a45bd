"""SSRF through base URLs: every address is checked, the checked one is used, nothing is followed.

The service that must not be reached listens on loopback, where only this machine reaches it.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from aiohttp import ClientSession
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import ValidationError

from faults import upstream as up
from faults.names import Answering
from faults.page import PRODUCT, SteeredEngine, gateway_before, page_path
from faults.upstream import ScriptedUpstream
from faults.wire import call
from making import tenant
from saccade.tenants import Tenant, Upstream
from saccade_gateway.addresses import CheckedResolver
from saccade_gateway.answer import Answer
from saccade_gateway.client import Platform
from saccade_gateway.pinned import PinnedTransport
from security.controls import proves


def anywhere(_: str, *, allow_private: bool) -> bool:
    """`addresses.allowed` that allows all."""
    return allow_private or True


def merchant(url: str, *, allow_private: bool = False) -> Tenant:
    """A tenant whose merchant typed this base URL; what its form forbids is got round."""
    upstream = tenant(url=url).upstream.model_copy(update={"allow_private": allow_private})
    return tenant().model_copy(update={"upstream": upstream})


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "127.1"])
async def test_a_base_url_that_is_a_private_address(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> bool:
        async with ScriptedUpstream(up.json(b'{"secret":1}')) as internal:
            shop = merchant(f"http://{host}:{internal.port}")
            async with gateway_before(internal.port, SteeredEngine(), shop=shop) as port:
                await call(port, PRODUCT)
            return internal.connections > 0

    everywhere = [
        (f"saccade_gateway.{module}.allowed", anywhere) for module in ("client", "addresses")
    ]
    await proves(monkeypatch, run, *everywhere)


@pytest.mark.parametrize(
    ("answers", "allow_private"),
    [
        (["127.0.0.1"], False),
        (["127.0.0.1", "8.8.8.8"], False),
        (["127.0.0.1", "169.254.169.254"], True),
        (["127.0.0.1", "fd00:ec2::254"], True),
    ],
)
async def test_a_name_that_stands_for_a_forbidden_address(
    answers: list[str], allow_private: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> bool:
        async with ScriptedUpstream(up.json(b'{"secret":1}')) as internal:
            shop = merchant(f"http://shop.example:{internal.port}", allow_private=allow_private)
            names = Answering(answers)
            async with gateway_before(
                internal.port, SteeredEngine(), shop=shop, resolver=names
            ) as port:
                await call(port, PRODUCT)
            return internal.connections > 0

    await proves(monkeypatch, run, ("saccade_gateway.addresses.allowed", anywhere))


@contextlib.asynccontextmanager
async def listening_at(address: str, port: int) -> AsyncGenerator[list[None]]:
    """Counts the connections to an address of loopback."""
    came: list[None] = []

    def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(None)
        writer.close()

    server = await asyncio.start_server(accept, address, port)
    try:
        yield came
    finally:
        server.close()
        await server.wait_closed()


async def test_a_name_that_changes_after_it_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the address that was looked at is the one connected to."""

    async def run() -> bool:
        async with (
            ScriptedUpstream(up.json(b"{}")) as shop,
            listening_at("127.0.0.3", shop.port) as internal,
        ):
            names = Answering(["127.0.0.1"], ["127.0.0.3"])
            engine = SteeredEngine()
            async with gateway_before(
                shop.port, engine, resolver=names, host="shop.example"
            ) as port:
                await call(port, PRODUCT)
            return bool(internal)

    checked = CheckedResolver.resolve

    async def checks_and_asks_again(
        self: CheckedResolver, host: str, port: int, family: Any
    ) -> list[ResolveResult]:
        await checked(self, host, port, family)
        inner: AbstractResolver = self._inner
        return await inner.resolve(host, port, family)

    place = "saccade_gateway.addresses.CheckedResolver.resolve"
    await proves(monkeypatch, run, (place, checks_and_asks_again))


async def test_a_redirect_to_an_internal_host(monkeypatch: pytest.MonkeyPatch) -> None:  # F15
    async def run() -> bool:
        async with ScriptedUpstream(up.json(b'{"secret":1}')) as internal:
            inward = (b"Location", b"http://127.0.0.1:%d/latest/meta-data" % internal.port)
            async with page_path(up.answer(b"", inward, status=b"302 Found")) as page:
                answer = await call(page.port, PRODUCT)
                assert answer.status == 302
            return internal.connections > 0

    plainly = Platform.send

    async def follows(self: Platform, *arguments: Any) -> Answer:
        answer = await plainly(self, *arguments)
        if answer.status == 302:
            there = dict(answer.headers)[b"Location"].decode()
            async with ClientSession() as client, client.get(there):
                pass
        return answer

    await proves(monkeypatch, run, ("saccade_gateway.client.Platform.send", follows))


async def test_the_catalog_is_not_read_from_a_private_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> bool:
        async with ScriptedUpstream(up.json(b"{}")) as internal:
            transport = PinnedTransport(allow_private=False)
            async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
                with contextlib.suppress(httpx.ConnectError):
                    await client.get(internal.url)
            return internal.connections > 0

    await proves(monkeypatch, run, ("saccade_gateway.pinned.allowed", anywhere))


async def test_a_public_platform_is_spoken_to_over_tls_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> bool:
        try:
            Upstream.model_validate({"url": "http://shop.example"})
        except ValidationError:
            return False
        return True

    Upstream.model_validate({"url": "https://shop.example"})
    Upstream.model_validate({"url": "http://shop.example", "allow_private": True})
    await proves(monkeypatch, run, ("saccade.tenants.SCHEMES_IN_PUBLIC", ("https", "http")))
