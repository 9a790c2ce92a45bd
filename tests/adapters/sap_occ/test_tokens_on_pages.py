"""OCC 16 on real sockets: our token goes with ``/api/product`` and with no shopper's call."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import msgspec
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from faults.page import SHOPPER, SteeredEngine, gateway_before
from faults.wire import Wire, call
from making import tenant
from saccade.ports import Adapter
from saccade_demo import catalog, occ
from saccade_demo.occ.authorization import TOKEN_PATH, Authorization
from server.shopfront import until

SITE = "/occ/v2/electronics"
OWN = "/api/product/816324"
SECRET = "a secret of the test's own"  # noqa: S105 - what it says
SHOPPERS_CALLS = (
    ("GET", f"{SITE}/products/816324?fields=FULL"),
    ("HEAD", f"{SITE}/products/816324"),
    ("GET", f"{SITE}/products/search?query=laptop"),
    ("GET", f"{SITE}/users/anonymous/carts/none"),
    ("POST", f"{SITE}/users/anonymous/carts"),
    ("GET", "/occ/v2/basesites"),
    ("GET", f"/api/product/../..{TOKEN_PATH}"),
)


@dataclass
class Shop:
    """A platform that gives tokens, and the gateway before it."""

    port: int
    authorization: Authorization
    seen: list[tuple[str, str, str | None]] = field(
        default_factory=list[tuple[str, str, str | None]]
    )
    """Method, path and ``Authorization`` of each call the platform got."""
    slow: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where the authorization server answers."""

    async def ask(self, target: str, *headers: tuple[str, str], method: str = "GET") -> Wire:
        return await call(self.port, target, SHOPPER, *headers, method=method)

    def of_pages(self) -> list[str | None]:
        return [sent for _, path, sent in self.seen if path != TOKEN_PATH]


@contextlib.asynccontextmanager
async def opened(environment: pytest.MonkeyPatch) -> AsyncGenerator[Shop]:
    environment.setenv("OCC_SECRET", SECRET)
    shop = Shop(0, Authorization({"saccade": SECRET}))
    shop.slow.set()

    @web.middleware
    async def seeing(request: web.Request, handler: Handler) -> web.StreamResponse:
        shop.seen.append((request.method, request.path, request.headers.get("Authorization")))
        if request.path == TOKEN_PATH:
            await shop.slow.wait()
        return await handler(request)

    platform = occ.application(catalog.load(), shop.authorization)
    platform.middlewares.insert(0, seeing)
    runner = web.AppRunner(platform, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    adapter = {"client_id": "saccade", "client_secret_env": "OCC_SECRET"}
    configured = tenant(url=f"http://127.0.0.1:{port}").model_copy(update={"adapter": adapter})
    try:
        async with gateway_before(port, SteeredEngine(), shop=configured) as shop.port:
            yield shop
    finally:
        await runner.cleanup()


def code(answer: Wire) -> str:
    assert answer.status == 200
    assert b'"saccade":' in answer.body
    return str(msgspec.json.decode(answer.body)["code"])


async def test_our_route_carries_it_and_shoppers_calls_never_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened(monkeypatch) as shop:
        assert code(await shop.ask(OWN)) == "816324"  # without: none was ready
        await until(lambda: shop.authorization.granted == 1)
        await until_used(shop)
        shop.seen.clear()
        for method, target in SHOPPERS_CALLS:
            await shop.ask(target, method=method)
            assert code(await shop.ask(OWN)) == "816324"
        sent = shop.of_pages()
        ours = [value for _, _, value in shop.seen if value is not None]
        assert len(ours) == len(SHOPPERS_CALLS)
        assert {value[:7] for value in ours} == {"Bearer "}
        assert sent.count(None) == len(SHOPPERS_CALLS) - 1  # the last one leads nowhere
        assert {path for _, path, value in shop.seen if value} == {f"{SITE}/products/816324"}
        assert shop.authorization.granted == 1


async def test_a_preflight_of_our_route_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(monkeypatch) as shop:
        await shop.ask(OWN)
        await until_used(shop)
        shop.seen.clear()
        await shop.ask(OWN, method="OPTIONS")
        assert shop.seen == [("OPTIONS", f"{SITE}/products/816324", None)]


async def until_used(shop: Shop) -> None:
    """Ask until a page was given the token: it is fetched beside."""
    async with asyncio.timeout(10):
        while shop.of_pages()[-1] is None:
            assert code(await shop.ask(OWN)) == "816324"


async def test_a_page_never_waits_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(monkeypatch) as shop:
        shop.slow.clear()
        answers = await asyncio.gather(*(shop.ask(OWN) for _ in range(20)))
        assert [code(answer) for answer in answers] == ["816324"] * 20
        assert shop.of_pages() == [None] * 20
        await until(lambda: ("POST", TOKEN_PATH, None) in shop.seen)
        assert shop.seen.count(("POST", TOKEN_PATH, None)) == 1  # and one fetch for all of them
        shop.slow.set()
        await until_used(shop)


async def test_a_token_the_platform_forgot_costs_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(monkeypatch) as shop:
        await shop.ask(OWN)
        await until_used(shop)
        shop.authorization.revoke_all()
        shop.seen.clear()
        assert code(await shop.ask(OWN)) == "816324"
        first, second = shop.of_pages()[:2]
        assert first is not None
        assert second is None
        shop.seen.append(("", "", None))
        async with asyncio.timeout(10):
            while shop.of_pages()[-1] is None:  # the rest after the first fetch, then a fresh one
                await shop.ask(OWN)
                await asyncio.sleep(0.05)
        assert shop.of_pages()[-1] != first


async def test_a_callers_own_token_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(monkeypatch) as shop:
        await shop.ask(OWN)
        await until_used(shop)
        shop.seen.clear()
        answer = await shop.ask(OWN, ("authorization", "Bearer of-a-shopper"))
        assert answer.status == 401
        assert shop.of_pages() == ["Bearer of-a-shopper"]


class Broken:
    """A credential that keeps no promise."""

    def ready(self) -> str | None:
        raise RuntimeError

    def refused(self, authorization: str) -> None:
        raise RuntimeError(authorization)


class Stale(Broken):
    """Gives what is refused, and fails when it is told."""

    def ready(self) -> str | None:
        return "Bearer stale"


@pytest.mark.parametrize("credential", [Broken(), Stale()])
async def test_an_adapter_that_fails_at_it_costs_no_page(credential: Broken) -> None:  # R27
    runner = web.AppRunner(occ.application(catalog.load()), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    def adapt(adapter: Adapter) -> Adapter:
        return msgspec.structs.replace(adapter, credential=credential)

    port = runner.addresses[0][1]
    try:
        async with gateway_before(port, SteeredEngine(), adapt=adapt) as own:
            assert code(await call(own, OWN, SHOPPER)) == "816324"
    finally:
        await runner.cleanup()
