"""The page path, side by side in one run, every answer checked; what each duty costs.

Direct, nginx as a proxy, a Node proxy, the three services Saccade replaces (`peers/README.md`), and
Saccade with every duty on: journal, consent, holdout, caps, metrics, a policy over 50 candidates.
One product, one upstream, the same calls; contenders share one core, client and upstream have
another. Rounds are interleaved; CPU is what the kernel charged to a contender's processes, Redis
included, for each answer that was right: decided, where it is to be decided. Ratios are medians of
per-round ratios. Then beacons, stalled stages, and the cost of each duty.

Ends with 1 where an answer was wrong, and with 3 where a figure misses what must hold.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import uvloop
from rich.console import Console

import answers
import layouts
import shop
import tables
from contenders import (
    Contender,
    Wiring,
    home_of,
    journal_of,
    nginx_proxy,
    platform,
    saccade,
    saccade_contender,
)
from duties import Cost, costs
from load import Check, Request
from processes import Server, cores, redis
from record import Must, musts, record, write
from rounds import Load, Series, interleaved
from stalls import Stalled, all_stalls, stalled_services

DIRECT, NGINX, NODE = "direct", "nginx proxy", "Node proxy"
SERVICES, MEMORY, REDIS = "three services", "Saccade, memory", "Saccade, Redis"
SHORT = {"node": NODE, "three": SERVICES, "memory": MEMORY, "redis": REDIS}
"""What ``--only`` calls them; direct and nginx always run, since all is measured against them."""
WARM_UP = 3
"""Rounds that do not count: Node is slow until it has compiled what it runs, some 3,000 calls."""
JOURNALED_S = 1.0
"""Decisions are durable within a tenth of this."""
PARTS = ("page", "beacons", "stalls", "duties")


@dataclass(slots=True)
class Results:
    """All that was measured, and the price of a core, where one was given."""

    core_hour: float | None = None
    page: list[Series] = field(default_factory=list[Series])
    flushes: list[Series] = field(default_factory=list[Series])
    beacons: list[Series] = field(default_factory=list[Series])
    stalls: list[Stalled] = field(default_factory=list[Stalled])
    duties: list[Cost] = field(default_factory=list[Cost])
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    unkept: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def wrong(self) -> list[tuple[str, str]]:
        """Every complaint, and about whom."""
        series = [*self.page, *self.flushes, *self.beacons]
        found = [*self.unkept]
        found += [(each.name, what) for each in series for what in each.wrong()]
        found += [(each.contender, what) for each in self.stalls for what in each.wrong]
        return found + [(each.duty, what) for each in self.duties for what in each.wrong]


class Bench(NamedTuple):
    """Where and how it runs."""

    folder: Path
    product: bytes
    load: Load
    only: frozenset[str]
    said: Callable[[str], None]

    def runs(self, name: str) -> bool:
        """Whether a part, or a contender by its short name, is wanted."""
        family = PARTS if name in PARTS else tuple(SHORT)
        asked = self.only.intersection(family)
        return not asked or name in asked


def main() -> None:
    """Parse, run, print, write."""
    parser = argparse.ArgumentParser(description="The page path, side by side in one run.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=1_000, help="a round and contender")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument(
        "--only",
        default="",
        help=f"parts ({', '.join(PARTS)}) and contenders ({', '.join(SHORT)}), by commas",
    )
    parser.add_argument("--core-hour", type=float, help="what a core costs an hour, in any money")
    parser.add_argument("--product", type=Path, help="a product document to serve instead")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args()
    only = frozenset(options.only.split(",")) - {""}
    if unknown := only.difference(PARTS, SHORT):
        parser.error(f"--only: {', '.join(sorted(unknown))} is neither part nor contender")
    load = Load(options.rounds, options.requests, options.connections)
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(uvloop.run(measure(options, Path(folder), load, only)))


async def measure(
    options: argparse.Namespace, folder: Path, load: Load, only: frozenset[str]
) -> int:
    """Everything asked for; the exit code."""
    product = options.product.read_bytes() if options.product else await shop.lab_product()
    errors, started = Console(stderr=True), time.monotonic()

    def said(what: str) -> None:
        errors.print(f"{time.monotonic() - started:5.0f} s  {what}", style="dim", markup=False)

    bench = Bench(folder, product, load, only, said)
    results = Results(options.core_hour)
    await side_by_side(bench, results)
    held = musts(results, load)
    tables.show(results, held, len(product), load)
    if options.json:
        write(options.json, record(results, held, len(product), load))
    return outcome(results, held)


def outcome(results: Results, held: Sequence[Must]) -> int:
    """The exit code."""
    if results.wrong():
        return 1
    return 0 if all(each.met for each in held) else 3


async def side_by_side(bench: Bench, results: Results) -> None:
    """Start everything once, run the parts, stop everything."""
    serving, driving = cores()
    servers: list[Server] = []
    try:
        upstream = platform(bench.folder, bench.product, driving)
        servers.append(upstream)
        if any(bench.runs(part) for part in ("page", "beacons", "stalls")):
            line = await contenders(bench, upstream, serving, servers, results.skipped)
            await compared(bench, line, results, (upstream.port, serving))
        for server in reversed(servers[1:]):
            server.stop()
        del servers[1:]
        if bench.runs("duties"):
            results.duties = await costs(
                bench.folder, bench.product, upstream.port, serving, bench.load, bench.said
            )
    finally:
        for server in reversed(servers):
            server.stop()


async def compared(
    bench: Bench, line: list[Contender], results: Results, place: tuple[int, int]
) -> None:
    """Pages, beacons and stalls; ``place`` is the upstream's port and the serving core."""
    if bench.runs("page"):
        results.page = [Series(each, each.pages) for each in line]
        await interleaved(results.page, bench.load, bench.said, warm_up=WARM_UP)
        await asyncio.sleep(JOURNALED_S)
        results.unkept = [each for series in results.page for each in unkept(series)]
    if bench.runs("beacons"):
        results.flushes = [Series(each, each.flushes) for each in line if each.flushes]
        await interleaved(results.flushes, bench.load, bench.said)
        results.beacons = [Series(each, each.beacons) for each in line if each.beacons]
        await interleaved(results.beacons, bench.load, bench.said)
    if bench.runs("stalls"):
        load = bench.load._replace(rounds=min(3, bench.load.rounds))
        for each in line:
            if each.name == REDIS:
                results.stalls += await all_stalls(
                    each, bench.folder, bench.product, *place, load, bench.said
                )
            elif each.name == SERVICES:
                results.stalls += await stalled_services(each, bench.product, load)


def unkept(series: Series) -> list[tuple[str, str]]:
    """A complaint where decided pages are missing in the journal: then a duty was not done."""
    if series.contender.journal is None:
        return []
    shown = sum(each.requests - len(each.wrong) for each in series.rounds)
    kept = series.contender.journaled()
    return [(series.name, f"{kept:,} of {shown:,} decisions journaled")] if kept < shown else []


async def contenders(
    bench: Bench, upstream: Server, core: int, servers: list[Server], skipped: dict[str, str]
) -> list[Contender]:
    """All that take part, in the order of the table; what cannot is in ``skipped``."""
    plain = answers.same_as(bench.product)
    proxy = nginx_proxy(bench.folder, upstream.port, core)
    servers.append(proxy)
    line = [
        Contender(DIRECT, upstream.port, [upstream], passing(plain)),
        Contender(NGINX, proxy.port, [proxy], passing(plain)),
    ]
    if bench.runs("node"):
        if missing := layouts.no_node():
            skipped[NODE] = missing
        else:
            node = layouts.node_proxy(bench.folder, upstream.port, core)
            servers.append(node)
            line.append(Contender(NODE, node.port, [node], passing(plain)))
    if bench.runs("three"):
        if missing := layouts.no_services():
            skipped[SERVICES] = missing
        else:
            services = layouts.three_services(bench.folder, upstream.port, core)
            servers += services
            names = shop.crowd(bench.load.requests)
            line.append(
                await layouts.three_services_contender(SERVICES, services, bench.product, names)
            )
    line += await saccades(bench, upstream, core, servers)
    bench.said("started")
    return line


async def saccades(
    bench: Bench, upstream: Server, core: int, servers: list[Server]
) -> list[Contender]:
    """Saccade with state in memory, and with a Redis of its own."""
    found: list[Contender] = []
    for short, name in (("memory", MEMORY), ("redis", REDIS)):
        if not bench.runs(short):
            continue
        store = redis(bench.folder, core) if short == "redis" else None
        if store is not None:
            servers.append(store)
        state = f"redis://127.0.0.1:{store.port}/0" if store else "memory://"
        wiring = Wiring(state=state)
        server = saccade(bench.folder, name, state, upstream.port, core, wiring)
        servers.append(server)
        names = shop.crowd(bench.load.requests)
        contender = await saccade_contender(name, server, bench.product, names, wiring)
        if store is not None:
            contender.accounted.append(store)
            contender.state = store
        contender.journal = journal_of(home_of(bench.folder, name))
        found.append(contender)
    return found


def passing(check: Check) -> "repeat[Request]":
    """The same call for everybody, by a shopper nobody needs to know."""
    return repeat((shop.page_call(shop.sessions(1)[0], "v0"), check))


if __name__ == "__main__":
    main()
