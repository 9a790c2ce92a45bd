"""While the loop is late nothing is decided: ``/v1`` says so, pages go out as they are (F30)."""

from pathlib import Path
from typing import Any

import pytest

import making
from saccade.deadline import Deadline
from saccade.domain import Reason, Served
from saccade.stores.journal import SqlJournal
from saccade.stores.memory import MemoryState
from saccade.tenants import Slot
from saccade_server.metrics import Metrics
from saccade_server.pulse import Pulse
from saccade_server.shedding import SheddingEngine
from server.shopfront import NoModel, Serve, Shop


class LatePulse(Pulse):
    """As late as a test says."""

    is_late = False

    @property
    def late(self) -> bool:
        return self.is_late


@pytest.fixture
async def late_shop(serve: Serve) -> tuple[Shop, LatePulse]:
    shop = await serve()
    pulse = shop.house.pulse = LatePulse()
    return shop, pulse


async def test_flushes_are_refused_while_it_is_late_and_taken_again_after(
    late_shop: tuple[Shop, LatePulse], laptop: dict[str, Any]
) -> None:
    shop, pulse = late_shop
    pulse.is_late = True
    refused = await shop.post("/v1/signals", laptop)
    assert refused.status == 503
    assert refused.headers["Retry-After"] == "2"
    assert (await refused.json())["type"] == "/docs#problem-overload"
    assert (await shop.known("s1")).profile is None
    key = {"route": "/v1/signals", "field_kind": "overload"}
    assert shop.counted("saccade_rejected_total", **key) == 1
    pulse.is_late = False
    assert (await shop.post("/v1/signals", laptop)).status == 200


async def test_what_is_read_is_answered_all_the_while(
    late_shop: tuple[Shop, LatePulse],
) -> None:
    shop, pulse = late_shop
    pulse.is_late = True
    for route in ("/livez", "/readyz", "/metrics", "/tracker.js", "/v1/experience?session=s1"):
        assert (await shop.get(route)).status == 200


@pytest.mark.parametrize("fallback", ["default", "rule"])
async def test_an_engine_begins_nothing_while_it_is_late(tmp_path: Path, fallback: str) -> None:
    pulse, metrics = LatePulse(), Metrics()
    shop = making.tenant()
    slots = {
        name: Slot.model_validate({"moment": "product", "fallback": fallback})
        for name in shop.slots
    }
    runtime = making.ready(shop.model_copy(update={"slots": slots}))
    journal = SqlJournal(f"sqlite:///{tmp_path}/journal.db")
    tenants = {making.TENANT: runtime}
    engine = SheddingEngine(pulse, metrics, tenants, MemoryState(), journal, NoModel())
    try:
        asked = making.request()
        pulse.is_late = True
        assert engine.ask(asked, Deadline()).cancelled()
        experience = (await engine.decide(asked, Deadline())).experience
        assert experience.reason is Reason.TIMEOUT
        served = Served.DEFAULT if fallback == "default" else Served.RULE
        assert experience.served is served
        labels = {"reason": "TIMEOUT", "served": served.value}
        assert metrics.registry.get_sample_value("saccade_shed_decisions_total") == 2
        assert metrics.registry.get_sample_value("saccade_decisions_total", labels) == 1
        pulse.is_late = False
        assert (await engine.ask(asked, Deadline())).experience.reason is not Reason.TIMEOUT
    finally:
        await engine.close()
        await journal.close()
