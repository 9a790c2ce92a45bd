"""Simulated shoppers over real HTTP: what they send is what a server takes, and only at home."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from aiohttp import web

from saccade import identity
from saccade.signals import Signals
from saccade_demo import catalog, traffic


class Server:
    """Takes product calls and signals, and remembers them."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.products: list[tuple[str, str]] = []
        self.batches: list[dict[str, Any]] = []
        self.url = ""

    async def product(self, request: web.Request) -> web.Response:
        view = identity.find_view(request.headers, request.query_string)
        assert identity.find(request.headers, request.query_string, "")
        self.products.append((request.match_info["code"], view or ""))
        body: dict[str, object] = {"code": request.match_info["code"], "saccade": {}}
        return web.json_response(body, status=self.status)

    async def signals(self, request: web.Request) -> web.Response:
        self.batches.append(await request.json())
        return web.json_response({}, status=self.status)

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/occ/v2/electronics/products/{code}", self.product)
        app.router.add_post("/v1/signals", self.signals)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner


async def test_shoppers_call_products_and_send_typed_signals() -> None:
    server = Server()
    runner = await server.start()
    try:
        driven = await traffic.drive(server.url, 4, 1.5, seed=7, flush_s=0.2)
    finally:
        await runner.cleanup()
    assert driven.visits == len({batch["session_id"] for batch in server.batches}) == 4
    assert driven.decided == driven.product_calls == len(server.products)
    assert driven.refused == {}
    assert {code for code, _ in server.products} <= catalog.load().products.keys()
    views = {view for _, view in server.products}
    for batch in server.batches:
        assert identity.parse(batch.pop("session_id"), None, open_site=True)
        assert batch.pop("view") in views
        assert batch.pop("product_id") in catalog.load().products
        assert msgspec.convert(batch, Signals) != Signals()


async def test_a_server_that_fails_is_counted_and_the_visit_goes_on() -> None:
    server = Server(status=503)
    runner = await server.start()
    try:
        driven = await traffic.drive(server.url, 1, 1.0, seed=1, flush_s=0.2)
    finally:
        await runner.cleanup()
    assert driven.batches >= 1
    assert Counter(driven.refused).keys() == {"503"}
    assert driven.refused["503"] == driven.product_calls + driven.batches


async def test_nobody_at_home(free_port: int) -> None:
    driven = await traffic.drive(f"http://127.0.0.1:{free_port}", 1, 1.0, flush_s=0.2)
    assert sum(driven.refused.values()) == driven.product_calls + driven.batches


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http://10.0.0.1:8080",
        "http://0.0.0.0:8080",
        "http://localhost.example.com",
        "http://169.254.169.254",
        "not a url",
    ],
)
async def test_other_machines_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="stay at home"):
        await traffic.drive(url, 1, 1.0)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_by_its_names(host: str) -> None:
    assert traffic.is_loopback(host)


@pytest.mark.parametrize("count", [0, -1, traffic.MOST_SHOPPERS + 1])
async def test_the_crowd_is_bounded(count: int) -> None:
    with pytest.raises(ValueError, match="number of shoppers"):
        await traffic.drive("http://127.0.0.1:1", count, 1.0)
