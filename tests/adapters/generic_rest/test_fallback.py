"""R23 on a mapped platform: a slot falls back to the page's default or to a cached rule."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from adapters.generic_rest.shops import shop
from conftest import unused_port
from faults import upstream as up
from faults.page import SHOPPER, gateway_before, with_block
from faults.redis_shop import Memory, RulesOnly
from faults.upstream import ScriptedUpstream
from faults.wire import call
from making import ready, tenant
from saccade.domain import Moment
from saccade.engine import Engine
from saccade.ports import StatePort
from saccade.state import State, ViewKey
from saccade.stores import open_state
from saccade.stores.memory import MemoryState
from saccade.tenants import Slot
from saccade_generic_rest import factory

BODY = b'{"data":{"sku":"816324","price":{"amount":1249.00}}}'
PAGE = "/api/items/816324"


class HungState(MemoryState):
    """A store that takes a question and never answers it."""

    async def read(self, keys: Sequence[ViewKey]) -> Sequence[State]:
        await asyncio.Event().wait()
        raise AssertionError(keys)


def refused() -> StatePort:
    """A Redis that is not there."""
    return open_state(f"redis://127.0.0.1:{unused_port()}/0")


@pytest.mark.parametrize(("state", "reason"), [(HungState, "TIMEOUT"), (refused, "ERROR")])
@pytest.mark.parametrize("fallback", ["default", "rule"])
async def test_where_no_decision_came_the_slot_says_what_is_shown(
    state: Callable[[], StatePort],
    reason: str,
    fallback: Literal["default", "rule"],
    tmp_path: Path,
) -> None:  # R23
    async with ScriptedUpstream(up.json(BODY)) as platform:
        slot = Slot(moment=Moment.PRODUCT, fallback=fallback)
        made = tenant(url=platform.url).model_copy(update={"slots": {"battery-guarantee": slot}})
        store = state()
        engine = Engine({made.name: ready(made)}, store, Memory(), RulesOnly())
        adapter = factory.build(shop(tmp_path, url=platform.url))
        async with gateway_before(
            platform.port, engine, shop=made, adapt=lambda _: adapter
        ) as port:
            through = await call(port, PAGE, SHOPPER)
        if not isinstance(store, HungState):
            await engine.close()
            await store.close()
    block = msgspec.json.decode(through.body).get("saccade")
    if block is None:
        assert (fallback, through.body) == ("default", BODY)
        return
    assert (block["served"], block["reason"]) == (fallback, reason)
    assert through.body == with_block(BODY, msgspec.json.encode(block))
    shown = [(one["op"], one["slot"]) for one in block.get("instructions", [])]
    assert shown[:1] == ([("move", "battery-guarantee")] if fallback == "rule" else [])
