"""Health and figures: degraded is not dead, and what is measured is what happened."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from conftest import unused_port
from saccade.stores import open_state
from saccade_server.house import Phase
from saccade_server.pulse import beating
from saccade_server.watch import watch
from server.shopfront import Serve, Shop, until


def samples(text: str) -> dict[str, float]:
    """Figures by name and labels, as Prometheus reads them."""
    return {
        sample.name + str(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_alive_as_long_as_it_answers(shop: Shop) -> None:
    answer = await shop.get("/livez")
    assert (answer.status, await answer.json()) == (200, {"status": "alive"})


async def test_ready_and_what_it_works_without(shop: Shop) -> None:
    answer = await shop.get("/readyz")
    assert answer.status == 200
    assert await answer.json() == {"status": "ready", "degraded": ["model"]}
    shop.house.unsynced.add("lab")
    assert (await (await shop.get("/readyz")).json())["degraded"] == ["model", "catalog"]


@pytest.mark.parametrize(
    "route", ["/livez", "/readyz", "/metrics", "/docs", "/openapi.json", "/tracker.js"]
)
async def test_head_is_served_and_other_methods_are_told_which_are(shop: Shop, route: str) -> None:
    head = await shop.client.head(route)  # RFC 9110, 9.3.2
    assert (head.status, await head.read()) == (200, b"")
    assert head.content_type == (await shop.get(route)).content_type
    for method in ("POST", "DELETE", "OPTIONS"):
        refused = await shop.client.request(method, route)
        assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")
        assert refused.content_type == "application/problem+json"
    assert shop.counted("saccade_rejected_total", route=route, field_kind="method") == 3


async def test_headers_as_long_as_shops_send_them_are_taken(shop: Shop) -> None:  # F18
    answer = await shop.get("/livez", headers={"Cookie": "a=" + "b" * 30_000})
    assert answer.status == 200


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.STOPPING])
async def test_a_server_that_starts_or_stops_wants_no_traffic(shop: Shop, phase: Phase) -> None:
    shop.house.phase = phase
    answer = await shop.get("/readyz")
    assert (answer.status, (await answer.json())["status"]) == (503, phase)
    assert (await shop.get("/livez")).status == 200


async def test_without_redis_it_is_degraded_and_not_dead(serve: Serve) -> None:  # F1
    shop = await serve(state=open_state(f"redis://127.0.0.1:{unused_port()}/0"))
    answer = await shop.get("/readyz")
    assert answer.status == 200
    assert (await answer.json())["degraded"] == ["state", "model"]


async def test_figures_tell_what_was_decided_and_how_long_each_stage_took(
    shop: Shop, laptop: dict[str, Any]
) -> None:  # R26
    await shop.post("/v1/signals", laptop)
    for _ in range(3):
        await shop.get("/v1/experience?session=s1&product=816324&view=v1")
    await shop.post("/v1/signals", {**laptop, "spec_hover_ms": -1})
    answer = await shop.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = await answer.text()
    found = samples(text)
    assert found["saccade_decisions_total[('reason', 'RULE'), ('served', 'rule')]"] == 3
    assert found["saccade_stage_seconds_count[('stage', 'profile')]"] == 3
    assert found["saccade_stage_seconds_count[('stage', 'rendering')]"] == 1
    key = "saccade_rejected_total[('field_kind', 'out_of_range'), ('route', '/v1/signals')]"
    assert found[key] == 1
    assert found["saccade_request_seconds_count[('route', '/v1/signals')]"] == 2
    assert "s1" not in text
    assert "816324" not in text


async def test_the_watch_tells_what_is_down(serve: Serve) -> None:  # F1
    shop = await serve(state=open_state(f"redis://127.0.0.1:{unused_port()}/0"))
    for _ in range(10):
        await shop.get("/v1/experience?session=s1")
    watching = asyncio.create_task(watch(shop.house, every=0.001))
    await until(lambda: shop.counted("saccade_degraded", part="state") > 0)
    await until(lambda: shop.counted("saccade_state_circuit_open") > 0)
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    assert shop.counted("saccade_degraded", part="journal") == 0
    assert shop.counted("saccade_journal_dropped") == 0


async def test_lag_is_told_as_it_is_felt(shop: Shop) -> None:  # F22
    beats = asyncio.create_task(beating(shop.house.pulse, shop.house.metrics.lagged))
    await until(lambda: shop.counted("saccade_loop_lag_seconds_count") > 0)
    time.sleep(0.3)  # noqa: ASYNC251 - the very fault: the loop is blocked
    await until(lambda: shop.counted("saccade_loop_lag_seconds_sum") > 0.25)
    beats.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beats


async def test_what_was_refused_is_told_with_its_reason(shop: Shop) -> None:  # F35
    shop.house.refused["configuration"] = "lab/tenant.toml: name: is missing. Fix: add it"
    told = await (await shop.get("/readyz")).json()
    assert told["status"] == "ready"
    assert told["degraded"] == ["model", "configuration"]
    assert told["refused"] == {"configuration": "lab/tenant.toml: name: is missing. Fix: add it"}


WORKER = """
from pathlib import Path
import sys
import time
from saccade.domain import Reason, Served
from saccade_server.metrics import Metrics
metrics = Metrics(Path(sys.argv[1]))
metrics.decided(Reason.MODEL, Served.MODEL)
metrics.observe("scoring", 0.031)
metrics.loop_lag.set(float(sys.argv[2]))
sys.stdout.write(metrics.exposition().decode())
"""


def test_workers_tell_their_figures_together(tmp_path: Path) -> None:
    told = ""
    for lag in ("0.5", "0.25"):
        told = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", WORKER, str(tmp_path), lag],
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    found = samples(told)
    assert found["saccade_decisions_total[('reason', 'MODEL'), ('served', 'model')]"] == 2
    assert found["saccade_stage_over_budget_total[('stage', 'scoring')]"] == 2
    assert found["saccade_loop_lag_now_seconds[]"] == 0.5
