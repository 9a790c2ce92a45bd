"""R23: a slot falls back to the page's default or to a cached rule, and `served` says which."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Literal

import msgspec
import pytest

from conftest import unused_port
from faults import upstream as up
from faults.page import PRODUCT, SHOPPER, SteeredEngine, gateway_before, page_path, with_block
from faults.redis_shop import Memory, RulesOnly
from faults.upstream import Line, Received, ScriptedUpstream
from faults.wire import Wire, call
from making import ready, tenant
from saccade.deadline import Deadline
from saccade.domain import (
    Decision,
    DecisionRequest,
    Experience,
    Instruction,
    Mode,
    Moment,
    Op,
    Reason,
    Served,
)
from saccade.engine import Engine
from saccade.ports import StatePort
from saccade.state import State, ViewKey
from saccade.stores import open_state
from saccade.stores.memory import MemoryState
from saccade.tenants import Slot, Tenant

BODY = b'{"code":"816324","price":{"value":1249.00},"name":"Laptop"}'
OWN = "/api/product/816324"
RULE = Experience(
    decision_id=None,
    mode=Mode.DEFAULT,
    confidence=0.0,
    reason=Reason.TIMEOUT,
    served=Served.RULE,
    instructions=(Instruction(Op.MOVE, "battery-guarantee", to="top"),),
)
RULE_BLOCK = msgspec.json.encode(RULE)


class HungState(MemoryState):
    """A store that takes a question and never answers it."""

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        await asyncio.Event().wait()
        raise AssertionError(keys)


def shop(fallback: Literal["default", "rule"], url: str) -> Tenant:
    """The lab's tenant, the campaign's slot falling back as said."""
    made = tenant(url=url)
    slot = Slot(moment=Moment.PRODUCT, fallback=fallback)
    return made.model_copy(update={"slots": {**made.slots, "battery-guarantee": slot}})


@contextlib.asynccontextmanager
async def gateway_on(
    state: StatePort, fallback: Literal["default", "rule"]
) -> AsyncGenerator[tuple[ScriptedUpstream, int]]:
    """A gateway with the real engine and the SAP adapter; yields the platform and its own port."""
    async with ScriptedUpstream(up.json(BODY)) as platform:
        made = shop(fallback, platform.url)
        engine = Engine({made.name: ready(made)}, state, Memory(), RulesOnly())
        async with gateway_before(platform.port, engine, shop=made) as port:
            yield platform, port
        if not isinstance(state, HungState):
            await engine.close()
            await state.close()


def refused() -> StatePort:
    """A Redis that is not there."""
    return open_state(f"redis://127.0.0.1:{unused_port()}/0")


def checked(through: Wire, reason: str) -> None:
    """The platform's bytes with the campaign's rule in them, kept by no cache."""
    block = msgspec.json.decode(through.body)["saccade"]
    assert through.body == with_block(BODY, msgspec.json.encode(block))
    assert (block["served"], block["reason"], block["decision_id"]) == ("rule", reason, None)
    assert block["instructions"][0] == {"op": "move", "slot": "battery-guarantee", "to": "top"}
    assert through.value(b"cache-control") == b"private, no-store"


@pytest.mark.parametrize("state", [HungState, refused])
async def test_by_default_the_page_is_the_platforms(state: type[HungState]) -> None:  # R23
    async with gateway_on(state(), "default") as (platform, port):
        direct, through = await call(platform.port, PRODUCT), await call(port, PRODUCT, SHOPPER)
        found = msgspec.json.decode(through.body).get("saccade", {"served": "default"})
        assert (found["served"], found.get("instructions", [])) == ("default", [])
        if state is HungState:
            assert through.body == direct.body


@pytest.mark.parametrize(("state", "reason"), [(HungState, "TIMEOUT"), (refused, "ERROR")])
async def test_a_rule_is_shown_where_no_decision_came(
    state: type[HungState], reason: str
) -> None:  # R23
    async with gateway_on(state(), "rule") as (_, port):
        checked(await call(port, PRODUCT, SHOPPER), reason)
        checked(await call(port, OWN, SHOPPER), reason)


@pytest.mark.parametrize("target", [PRODUCT, OWN])
async def test_a_late_decision_gives_way_to_the_rule(target: str) -> None:  # R23, R24
    async with page_path(up.json(BODY), at_once=False) as page:
        page.engine.instead = RULE
        assert (await page.get(target)).body == with_block(BODY, RULE_BLOCK)
        assert page.engine.abandoned == 1
        assert page.metrics.decisions == [(Reason.TIMEOUT, Served.RULE)]


async def test_a_late_decision_without_a_rule_leaves_the_platforms_bytes() -> None:  # R23, R27
    async with page_path(up.json(BODY), at_once=False) as page:
        direct, through = await page.both()
        assert through.body == direct.body
        assert page.metrics.decisions == [(Reason.TIMEOUT, Served.DEFAULT)]


async def test_a_platform_slower_than_the_budget_carries_the_rule_too() -> None:  # R23
    async def slow(received: Received, line: Line) -> None:
        await asyncio.sleep(0.2)
        await up.json(BODY)(received, line)

    async with page_path(slow, at_once=False) as page:
        page.engine.instead = RULE
        assert (await page.get()).body == with_block(BODY, RULE_BLOCK)
        assert page.engine.abandoned == 1


class Raising(SteeredEngine):
    """Raises when it is asked."""

    def ask(self, request: DecisionRequest, deadline: Deadline) -> "asyncio.Future[Decision]":
        self.asked.append(request)
        raise RuntimeError


class Failing(SteeredEngine):
    """Answers with an exception."""

    def ask(self, request: DecisionRequest, deadline: Deadline) -> "asyncio.Future[Decision]":
        self.asked.append(request)
        future: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        future.set_exception(RuntimeError("no"))
        return future


class Helpless(Raising):
    """Has no fallback either, though it promised."""

    def fallback(self, request: DecisionRequest, reason: Reason) -> Experience | None:
        raise RuntimeError


@pytest.mark.parametrize(
    ("engine", "instead", "expected"),
    [
        (Raising, None, BODY),
        (Raising, RULE, with_block(BODY, RULE_BLOCK)),
        (Failing, None, BODY),
        (Failing, RULE, with_block(BODY, RULE_BLOCK)),
        (Helpless, RULE, BODY),
    ],
)
async def test_an_engine_that_fails_falls_back_too(
    engine: type[SteeredEngine], instead: Experience | None, expected: bytes
) -> None:  # R23, R27
    async with (
        ScriptedUpstream(up.json(BODY)) as upstream,
        gateway_before(upstream.port, engine(instead=instead)) as port,
    ):
        assert (await call(port, PRODUCT, SHOPPER)).body == expected
