"""What a decision costs in process, and how long it takes from received to sent.

In process: the engine on in-process state, each call a new page view of a hesitating shopper, with
consent, holdout, caps and the model, journal records handed over and dropped; then the model alone.
Over HTTP: flushes of changed signals to a server of its own at a stated, open-loop load, measured
by the client from the first byte sent to the whole answer read.
"""

import argparse
import asyncio
import gc
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import uvloop
from rich.console import Console
from rich.table import Table

from contenders import Wiring, saccade
from load import Round, run
from processes import cores, free_port, redis
from saccade import features
from saccade.actions import runtime
from saccade.campaigns import read_campaigns
from saccade.deadline import Deadline
from saccade.domain import (
    Decision,
    DecisionRequest,
    Exposure,
    Identity,
    JsonObject,
    Moment,
    Op,
    Outcome,
)
from saccade.engine import Engine
from saccade.registry import FileModels
from saccade.signals import Signals
from saccade.state import Session, State
from saccade.stores.memory import MemoryState
from saccade.tenants import read_tenant
from shop import LAPTOP_SHOPPER, campaigns_toml, tenant_toml

SHOPPERS = 5_000
"""Enough that each has a handful of views, as in a shop."""


class Dropped:
    """A journal that keeps nothing: the benchmark is of the decision."""

    def decided(self, decision: Decision) -> None:
        """Drop it."""

    async def exposed(self, exposure: Exposure) -> None:
        """Drop it."""

    async def followed(self, outcome: Outcome) -> None:
        """Drop it."""

    async def find(self, tenant: str, decision_id: str) -> JsonObject | None:
        """Nothing is kept, so nothing is asked for."""
        raise KeyError(tenant, decision_id)

    async def close(self) -> None:
        """Nothing is open."""


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description="What a decision costs.")
    parser.add_argument("--decisions", type=int, default=5_000)
    parser.add_argument("--rate", type=int, default=200, help="flushes a second")
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        uvloop.run(measure(options, Path(folder)))


async def measure(options: argparse.Namespace, folder: Path) -> None:
    """Both tables."""
    console = Console(width=110)
    console.print(await in_process(options.decisions, folder))
    console.print(model_alone())
    console.print(await over_http(options, folder))


async def in_process(count: int, folder: Path) -> Table:
    """A decision alone, and in batches as concurrent callers make them."""
    engine = await lab_engine(folder)
    gc.collect()
    gc.freeze()  # as the server does once it is up
    table = Table(title="In process, memory state: µs a decision")
    for heading in ("batch", "decisions", "p50", "p95", "p99"):
        table.add_column(heading, justify="right")
    views = itertools.count()
    for batch in (1, 16, 64):
        spent: list[float] = []
        for _ in range(max(200, count // batch)):
            started = time.perf_counter()
            answers = [engine.ask(view(next(views)), Deadline(60_000)) for _ in range(batch)]
            for answer in answers:
                await answer
            spent.append((time.perf_counter() - started) * 1e6 / batch)
            for answer in answers:
                engine.settle(answer.result(), delivered=True)
            if any(answer.result().chosen != "battery-fear" for answer in answers):
                sys.exit("a decision did not choose the campaign")
        quantiles = np.percentile(spent, (50, 95, 99))
        row = (f"{value:.0f}" for value in quantiles)
        table.add_row(str(batch), f"{len(spent) * batch:,}", *row)
    await engine.close()
    return table


async def lab_engine(folder: Path) -> Engine:
    """One tenant, the committed model, as many hesitating shoppers."""
    saccade_files(folder)
    tenant = read_tenant(folder / "bench")
    campaigns = read_campaigns(folder / "bench", tenant, {Moment.PRODUCT: frozenset(Op)})
    state = MemoryState()
    ready = {"bench": runtime(tenant, campaigns, b"a key of the benchmark's own")}
    engine = Engine(ready, state, Dropped(), FileModels.packaged())
    for number in range(SHOPPERS):
        await engine.ingest(view(number), laptop_shopper())
    return engine


def saccade_files(folder: Path) -> None:
    """The same tenant as the page benchmark's."""
    home = folder / "bench"
    home.mkdir()
    (home / "tenant.toml").write_text(tenant_toml(9, holdout=0.0), "utf-8")
    (home / "campaigns.toml").write_text(campaigns_toml(candidates=1, cap=1_000_000), "utf-8")


def laptop_shopper() -> Signals:
    """The shopper of R10."""
    values = {name: value for name, value in LAPTOP_SHOPPER.items() if name != "product_id"}
    return msgspec.convert(values, Signals)


def view(number: int) -> DecisionRequest:
    """A new page view of one shopper after another."""
    name = f"shopper-{number % SHOPPERS}"
    return DecisionRequest(
        "bench", Identity(name, name), Moment.PRODUCT, "816324", view=f"v{number}"
    )


def model_alone() -> Table:
    """Features and probabilities, without anything around them."""
    model = FileModels.packaged().current()
    if model is None:
        sys.exit("the committed model did not load")
    state = State(Session(0.0, 0.0, "816324", laptop_shopper()))
    table = Table(title="Features and model alone: µs a row")
    for heading in ("batch", "p50", "p99"):
        table.add_column(heading, justify="right")
    for batch in (1, 16, 64):
        spent: list[float] = []
        for _ in range(2_000):
            started = time.perf_counter()
            model.probabilities(features.matrix([state] * batch, 0.0))
            spent.append((time.perf_counter() - started) * 1e6 / batch)
        table.add_row(str(batch), *(f"{value:.1f}" for value in np.percentile(spent, (50, 99))))
    return table


async def over_http(options: argparse.Namespace, folder: Path) -> Table:
    """Flushes at a fixed rate, to memory and Redis state."""
    serving, _ = cores()
    table = Table(title=f"Flush received to answer read, {options.rate}/s for {options.seconds} s")
    for heading in ("state", "flushes", "p50 ms", "p95 ms", "p99 ms", "max ms", "wrong"):
        table.add_column(heading, justify="right")
    store = redis(folder, serving)
    try:
        for name, state in (
            ("memory", "memory://"),
            ("Redis", f"redis://127.0.0.1:{store.port}/0"),
        ):
            wiring = Wiring(candidates=1)
            server = saccade(folder, name, state, free_port(), serving, wiring)
            try:
                result = await open_loop(server.port, options.rate, options.seconds)
            finally:
                server.stop()
            quantiles = (f"{result.percentile(share):.2f}" for share in (0.5, 0.95, 0.99, 1.0))
            table.add_row(name, f"{result.requests:,}", *quantiles, str(len(result.wrong)))
    finally:
        store.stop()
    return table


async def open_loop(port: int, rate: int, seconds: int) -> Round:
    """``rate`` connections, each sending one flush a second at its own moment."""
    total = Round()

    async def shopper(number: int) -> None:
        await asyncio.sleep(number / rate)
        requests = flushes(number)
        for _ in range(seconds):
            started = time.perf_counter()
            one = await run(port, requests, answered, connections=1, count=1)
            total.latencies_ms += one.latencies_ms
            total.wrong += one.wrong
            total.requests += one.requests
            await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - started)))

    await asyncio.gather(*(shopper(number) for number in range(rate)))
    return total


def flushes(number: int) -> Iterator[bytes]:
    """Growing evidence of one shopper, as the tracker sends it."""
    for step in itertools.count(1):
        grown = {
            "session_id": f"shopper-{number}",
            "view": f"v{number}",
            **LAPTOP_SHOPPER,
            "spec_hover_ms": 700 * step,
            "session_duration_ms": 4_600 * step,
        }
        body = json.dumps(grown).encode()
        yield (
            f"POST /v1/signals?site=bench HTTP/1.1\r\nHost: shop.test\r\n"
            f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body


def answered(status: int, body: bytes) -> str:
    """204, or 200 with an experience."""
    return "" if status == 204 or (status == 200 and b'"decision_id"' in body) else f"{status}"


if __name__ == "__main__":
    main()
