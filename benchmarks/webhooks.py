"""Webhooks: how many are acknowledged a second, durably, and that none is lost or doubled.

First a server on one core takes deliveries as fast as a sender on another gives them. Then many,
a tenth of them twice, in no order, while the server is killed again and again; a checker reads
what the platform heard and what the server knows (F27, F28).

    python3 dev.py bench webhooks                        two minutes
    python3 dev.py bench webhooks --deliveries 1000000   the long run
    python3 dev.py bench webhooks --redis                distributed by Redis Streams
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from history import History, Verdict, judged, read, waiting
from load import Round
from posting_server import PLANTED, Killed, Sender, deliveries, laid_out, shuffled, started
from processes import cores, free_port, redis
from record import machine

WANTED_A_SECOND, WANTED_P99_MS = 1_500, 50.0
CONNECTIONS = 48
DUPLICATES = 0.1
PATIENCE_S = 600.0
"""How long what was acknowledged may take to have its effect, once nobody is killed any more."""


class Rate(NamedTuple):
    """Acknowledged by a server that nobody kills."""

    deliveries: int
    per_second: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    settled_s: float
    """From the last acknowledgement until everything had its effect."""
    resident_mb: float


class Chaos(NamedTuple):
    """Of a server that is killed again and again."""

    sent: int
    different: int
    seconds: float
    kills: int
    refused: int
    settled_s: float
    resident_mb: float
    verdict: Verdict


async def rate(folder: Path, count: int, state: str, progress: Progress) -> Rate:
    """As fast as it goes."""
    laid_out(folder)
    server_core, client_core = cores()
    _pinned(client_core)
    port = free_port()
    server = started(folder, port, server_core, state=state)
    history = History()
    task = progress.add_task("acknowledging", total=count)
    sender = Sender(
        port, iter(deliveries(count, 1)), history, lambda many: progress.advance(task, many)
    )
    try:
        warm = Sender(port, iter(deliveries(500, 2)), History(), lambda _: None)
        await warm.send(CONNECTIONS)
        begun = time.monotonic()
        await sender.send(CONNECTIONS)
        seconds = time.monotonic() - begun
        settled_s = await _settled(folder)
        resident = server.resident_mb()
    finally:
        server.stop()
    progress.update(task, completed=count)
    times = Round(count, latencies_ms=sender.latencies_ms)
    return Rate(
        count,
        count / seconds,
        times.percentile(0.5),
        times.percentile(0.99),
        times.percentile(1.0),
        settled_s,
        resident,
    )


async def chaos(
    folder: Path, count: int, every_s: float, planted: str | None, state: str, progress: Progress
) -> Chaos:
    """So many, while the server is killed."""
    laid_out(folder)
    server_core, client_core = cores()
    _pinned(client_core)
    made = deliveries(int(count / (1 + DUPLICATES)), 3)
    line = shuffled(made, DUPLICATES, 4)
    history = History()
    task = progress.add_task(f"with a kill every {every_s:g} s", total=len(line))
    killed = Killed(folder, server_core, every_s, planted, state)
    killing = asyncio.create_task(killed.run())
    sender = Sender(killed.port, iter(line), history, lambda many: progress.advance(task, many))
    begun = time.monotonic()
    try:
        await sender.send(CONNECTIONS)
        seconds = time.monotonic() - begun
        killing.cancel()
        await asyncio.wait((killing,))
        await killed.kill()  # what was acknowledged last is as durable as the rest
        settled_s = await _settled(folder, killed)
    finally:
        killing.cancel()
        await asyncio.wait((killing,))
        killed.server.stop()
    progress.update(task, completed=len(line))
    read(folder / "data", history)
    return Chaos(
        len(line),
        len(made),
        seconds,
        killed.kills,
        sender.refused,
        settled_s,
        killed.resident_mb,
        judged(history),
    )


def _pinned(core: int) -> None:
    """The sender keeps off the server's core."""
    import os  # noqa: PLC0415 - Linux alone has it

    os.sched_setaffinity(0, {core})


async def _settled(folder: Path, killed: Killed | None = None) -> float:
    begun = time.monotonic()
    while waiting(folder / "data") and time.monotonic() - begun < PATIENCE_S:
        await asyncio.sleep(0.2)
        if killed is not None:
            killed.looked()
    return time.monotonic() - begun


def shown(rate: Rate | None, chaos: Chaos) -> Table:
    """What was wanted and what was measured."""
    table = Table(title="Webhooks", title_justify="left")
    for heading in ("", "wanted", "measured"):
        table.add_column(heading)
    if rate is not None:
        table.add_row(
            f"acknowledged a second, synced, {CONNECTIONS} connections",
            f"≥ {WANTED_A_SECOND:,}",
            f"{rate.per_second:,.0f}",
        )
        told = f"{rate.p99_ms:.1f} ms (p50 {rate.p50_ms:.1f}, worst {rate.worst_ms:.0f})"
        table.add_row("p99 of an acknowledgement", f"< {WANTED_P99_MS:.0f} ms", told)
        table.add_row("all of them in effect after", "", f"{rate.settled_s:.1f} s")
        table.add_row("resident memory", "", f"{rate.resident_mb:.0f} MB")
    told = f"{chaos.sent:,} of {chaos.different:,} different in {chaos.seconds:.0f} s"
    table.add_row("sent under kills", "", f"{told}, {chaos.kills} kills")
    table.add_row("refused with 503 and sent again", "", f"{chaos.refused:,}")
    table.add_row("all of them in effect after", "", f"{chaos.settled_s:.1f} s")
    table.add_row("resident memory, at most", "", f"{chaos.resident_mb:.0f} MB")
    for name, found in chaos.verdict._asdict().items():
        table.add_row(name, "0", f"{len(found):,}")
    return table


def met(rate: Rate | None, chaos: Chaos) -> bool:
    """Whether everything that is wanted was measured."""
    quick = rate is None or (rate.per_second >= WANTED_A_SECOND and rate.p99_ms < WANTED_P99_MS)
    return quick and chaos.verdict.clean


def as_json(rate: Rate | None, chaos: Chaos) -> dict[str, Any]:
    """The figures, with where they were measured."""
    counts = {name: len(found) for name, found in chaos.verdict._asdict().items()}
    return {
        "machine": machine(),
        "rate": rate and rate._asdict(),
        "chaos": {**chaos._asdict(), "verdict": counts},
    }


@contextmanager
def started_redis(folder: Path) -> Generator[str]:
    """The URL of a Redis that shares the server's core."""
    server_core, _ = cores()
    store = redis(folder, server_core)
    try:
        yield f"redis://127.0.0.1:{store.port}/0"
    finally:
        store.stop()


async def run(options: argparse.Namespace, console: Console) -> int:
    """The exit code."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        tempfile.TemporaryDirectory(prefix="saccade-webhooks-") as folder,
        Progress(*columns, TimeRemainingColumn(), console=console) as progress,
    ):
        home = Path(folder)
        with started_redis(home) if options.redis else nullcontext("memory://") as state:
            quick = None
            if options.rate:
                quick = await rate(home / "rate", options.rate, state, progress)
            under = await chaos(
                home / "chaos", options.deliveries, options.every, options.planted, state, progress
            )
    console.print(shown(quick, under))
    for name, found in under.verdict._asdict().items():
        for line in found[:5]:
            console.print(f"{name}: {line}", style="red", markup=False)
    if options.json:
        options.json.write_text(json.dumps(as_json(quick, under), indent=1) + "\n", "utf-8")
    return 0 if met(quick, under) else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--deliveries", type=int, default=100_000, help="sent under kills")
    parser.add_argument("--rate", type=int, default=30_000, help="sent to measure the rate")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between kills")
    parser.add_argument(
        "--planted", choices=sorted(PLANTED), help="a fault in the server, for the checker to find"
    )
    parser.add_argument(
        "--redis", action="store_true", help="state in Redis, deliveries distributed by its stream"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return asyncio.run(run(parser.parse_args(arguments), Console(width=110)))


if __name__ == "__main__":
    sys.exit(main())
