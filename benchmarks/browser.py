"""What the one tag weighs, costs and keeps in real Chromium, before the lab's foreign page.

Bytes; main-thread time under heavy input on a slowed processor; layout shift, largest paint and
input delay with the tag and without, in interleaved rounds; requests a minute; last beacons of
page exits; and the time from a flush to the page changed by its answer.

Ends with 1 where not all could be measured in time, and with 3 where a figure misses what must
hold.
"""

import argparse
import asyncio
import gzip
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import browser_tables
from exits import Exits, a_minute, exits
from reactions import reactions
from record import Must, write
from storefront import ROOT, Storefront, opened
from tracker.cost import THROTTLE, cost
from tracker.pages import shop
from tracker.stand import stand_up
from visits import Visits, differences, visits

TRACKER = ROOT / "tracker" / "dist" / "tracker.js"
MOST_BYTES = 8_192
MOST_MS = 20.0
MOST_REQUESTS = 36
"""Six flushes in ten seconds (R3)."""
MOST_REACTION_MS = 100.0
PARTS = ("cost", "visits", "requests", "exits", "reactions")
LONGEST_S = 240.0
"""All of it takes about three and a half minutes."""


@dataclass(slots=True)
class Results:
    """All that was measured."""

    raw: int
    packed: int
    spent_ms: list[float] = field(default_factory=list[float])
    visits: Visits | None = None
    requests: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    exits: Exits | None = None
    reactions: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])


def main() -> None:
    """Parse, run, print, write."""
    parser = argparse.ArgumentParser(description="The tag in real Chromium.")
    parser.add_argument("--rounds", type=int, default=6, help="of visits with and without")
    parser.add_argument("--exits", type=int, default=200)
    parser.add_argument("--reactions", type=int, default=25)
    parser.add_argument("--only", default="", help=f"parts ({', '.join(PARTS)}), by commas")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args()
    only = frozenset(options.only.split(",")) - {""} or frozenset(PARTS)
    if unknown := only.difference(PARTS):
        parser.error(f"--only: {', '.join(sorted(unknown))} is no part")
    built = TRACKER.read_bytes()
    results = Results(len(built), len(gzip.compress(built, 9)))
    with tempfile.TemporaryDirectory() as folder:
        try:
            asyncio.run(measure(options, only, Path(folder), results))
        except TimeoutError:
            print(f"not all measured within {LONGEST_S:.0f} s", file=sys.stderr)
            code = 1
        else:
            code = 0
    held = musts(results)
    browser_tables.show(results, held)
    if options.json:
        write(options.json, browser_tables.record(results, held))
    sys.exit(code or (0 if all(each.met for each in held) else 3))


async def measure(
    options: argparse.Namespace, only: frozenset[str], folder: Path, results: Results
) -> None:
    """Everything asked for. What is not to be disturbed runs alone."""
    started = time.monotonic()

    def said(what: str) -> None:
        print(f"{time.monotonic() - started:5.0f} s  {what}", file=sys.stderr)

    async with asyncio.timeout(LONGEST_S), opened(folder) as storefront:
        if "cost" in only:
            results.spent_ms = await main_thread(storefront, said)
        if "visits" in only:
            results.visits = await visits(storefront, options.rounds, said)
        if "reactions" in only:
            results.reactions = await reactions(storefront, options.reactions, said)
        async with asyncio.TaskGroup() as together:
            if "requests" in only:
                together.create_task(minutes(storefront, results, said))
            if "exits" in only:
                together.create_task(gone(storefront, results, options.exits, said))


async def main_thread(storefront: Storefront, said: Callable[[str], None]) -> list[float]:
    """Milliseconds a second in the tracker's functions, three times."""
    found: list[float] = []
    async with stand_up() as stand:
        stand.page = shop(stand.server)
        for number in range(3):
            found.append((await cost(stand, storefront.browser, tagged=True))[0])
            said(f"main thread: {number + 1} of 3")
    return found


async def minutes(storefront: Storefront, results: Results, said: Callable[[str], None]) -> None:
    """A minute of somebody who reads, and one of a page left alone."""
    active, idle = await asyncio.gather(
        a_minute(storefront, active=True), a_minute(storefront, active=False)
    )
    results.requests = {"a shopper who reads": active, "a page left open": idle}
    said("requests: a minute each")


async def gone(
    storefront: Storefront, results: Results, count: int, said: Callable[[str], None]
) -> None:
    """The exits, counted as they happen."""
    results.exits = Exits()
    await exits(storefront, count, results.exits, said)


def musts(results: Results) -> list[Must]:
    """What was measured of what must hold; parts that did not run are not in it."""
    raw = f"{results.raw:,}"
    found = [Must("tracker, bytes", f"≤ {MOST_BYTES:,}", raw, results.raw <= MOST_BYTES)]
    if results.spent_ms:
        spent = statistics.median(results.spent_ms)
        claim = f"main thread a second, {THROTTLE} × throttle, heavy input"
        found.append(Must(claim, f"≤ {MOST_MS:.0f} ms", f"{spent:.1f} ms", spent <= MOST_MS))
    if results.visits:
        for each in differences(results.visits):
            measured = browser_tables.figure(each.differs.median, each.unit, signed=True)
            wanted = f"≤ {browser_tables.figure(each.noise, each.unit)} of noise"
            claim = f"{each.measure}, with less without"
            found.append(Must(claim, wanted, measured, not each.beyond_noise))
        changed, count = results.visits.changed, len(results.visits.by_arm["with"])
        claim = "visits in which the tag changed the page"
        found.append(Must(claim, f"{count}", f"{changed}", changed == count))
    for who, requests in results.requests.items():
        sent = sum(requests.values())
        claim = f"requests in the first minute of {who}"
        found.append(Must(claim, f"≤ {MOST_REQUESTS}", f"{sent}", sent <= MOST_REQUESTS))
    if results.exits:
        out, kept = results.exits.gone.total(), results.exits.received.total()
        found.append(Must("last beacons received", f"{out}", f"{kept}", kept == out))
    if results.reactions:
        p95 = browser_tables.quantile([changed for changed, _ in results.reactions], 0.95)
        claim = "flush sent to page changed, p95"
        met = p95 <= MOST_REACTION_MS
        found.append(Must(claim, f"≤ {MOST_REACTION_MS:.0f} ms", f"{p95:.1f} ms", met))
    return found


if __name__ == "__main__":
    main()
