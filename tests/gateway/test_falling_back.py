"""Our own route, which always says something, and parts of ours that fail (R23, R27)."""

import asyncio

import msgspec
import pytest

from faults import upstream as up
from faults.page import PRODUCT, SHOPPER, SteeredEngine, gateway_before, page_path
from faults.upstream import ScriptedUpstream
from faults.wire import call
from saccade.deadline import Deadline
from saccade.domain import Decision, DecisionRequest, Experience
from saccade.ports import Adapter, Call

BODY = b'{"code":"816324","price":{"value":1249.00},"name":"Laptop"}'


async def test_our_own_route_always_says_something() -> None:  # R32
    async with page_path(up.json(BODY)) as page:
        through = await call(page.port, "/api/product/816324")
        block = msgspec.json.decode(through.body)["saccade"]
        assert block == {
            "decision_id": None,
            "mode": "default",
            "confidence": 0.0,
            "reason": "LOW_CONFIDENCE",
            "served": "default",
            "instructions": [],
        }
        assert through.body.startswith(BODY[:-1])
        assert through.value(b"cache-control") == b"private, no-store"
        assert page.engine.asked == []
        assert page.metrics.decisions == []
        await page.get("/api/product/816324")
        assert page.asked_upstream == [
            b"/occ/v2/electronics/products/816324?fields=FULL",
            b"/occ/v2/electronics/products/816324?fields=FULL",
        ]
        assert page.engine.deliveries == [True]


async def test_our_own_route_says_so_where_the_decision_is_late() -> None:
    async with page_path(up.json(BODY), at_once=False) as page:
        through = await page.get("/api/product/816324")
        block = msgspec.json.decode(through.body)["saccade"]
        assert (block["reason"], block["served"]) == ("TIMEOUT", "default")
        assert page.engine.abandoned == 1


class BrokenRendering:
    """An integrator's adapter on a bad day."""

    def __init__(self, adapter: Adapter, part: str) -> None:
        self._rendering, self._part = adapter.rendering, part

    def read(self, call: Call) -> DecisionRequest | None:
        if self._part == "read":
            raise RuntimeError(self._part)
        return self._rendering.read(call)

    def merge(self, body: bytes, experience: Experience) -> bytes:
        if self._part == "merge":
            raise RuntimeError(self._part)
        return self._rendering.merge(body, experience)


@pytest.mark.parametrize("part", ["read", "merge"])
async def test_an_adapter_that_raises_costs_the_decision_and_not_the_page(part: str) -> None:
    def breaking(adapter: Adapter) -> Adapter:
        return msgspec.structs.replace(adapter, rendering=BrokenRendering(adapter, part))

    async with page_path(up.json(BODY), adapt=breaking) as page:
        direct, through = await page.both()
        assert through.body == direct.body  # R27
        assert page.engine.deliveries == ([] if part == "read" else [False])


async def test_an_engine_that_breaks_its_promise_costs_the_decision_and_not_the_page() -> None:
    class Raising(SteeredEngine):
        def ask(self, request: DecisionRequest, deadline: Deadline) -> "asyncio.Future[Decision]":
            raise RuntimeError("no")

    class Failing(SteeredEngine):
        def ask(self, request: DecisionRequest, deadline: Deadline) -> "asyncio.Future[Decision]":
            future: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
            future.set_exception(RuntimeError("no"))
            return future

    for engine in (Raising(), Failing()):
        async with (
            ScriptedUpstream(up.json(BODY)) as upstream,
            gateway_before(upstream.port, engine) as port,
        ):
            assert (await call(port, PRODUCT, SHOPPER)).body == BODY
