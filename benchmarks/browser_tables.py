"""What `bench browser` measured, as tables and as data."""

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from exits import WAYS, Exits
from record import Must, machine
from tables import WIDTH, headed, verdicts
from visits import THROTTLE, Visits, differences

if TYPE_CHECKING:
    from browser import Results


def show(results: "Results", held: Sequence[Must]) -> None:
    """All of them."""
    console = Console(width=WIDTH)
    where = machine()
    console.print(
        f"{where['cpu']}, {where['cores']} cores, load {where['load_average'][0]}; "
        f"tracker.js {results.raw:,} bytes, {results.packed:,} gzip",
        markup=False,
    )
    if results.spent_ms:
        each = ", ".join(f"{spent:.1f}" for spent in results.spent_ms)
        console.print(f"main thread: {each} ms a second at {THROTTLE} × throttle, heavy input")
    if results.visits:
        console.print(felt(results.visits))
    if results.requests:
        console.print(asked(results))
    if results.exits:
        console.print(gone(results.exits))
    if results.reactions:
        console.print(changed(results.reactions))
    console.print(verdicts(held))


def felt(visits: Visits) -> Table:
    """With the tag, less without it."""
    rounds = len(visits.by_arm["with"])
    table = headed(
        f"What the tag adds to a visit, {THROTTLE} × throttle, {rounds} interleaved rounds",
        *("measure", "without", "difference", "quartiles", "noise", ""),
    )
    for each in differences(visits):
        low, high = (figure(one, "", signed=True) for one in (each.differs.low, each.differs.high))
        table.add_row(
            each.measure,
            figure(each.without, each.unit),
            figure(each.differs.median, each.unit, signed=True),
            f"{low} to {high}",
            figure(each.noise, each.unit),
            "beyond noise" if each.beyond_noise else "noise",
        )
    return table


def asked(results: "Results") -> Table:
    """Requests by path."""
    paths = sorted({path for each in results.requests.values() for path in each})
    table = headed("Requests in a page's first minute", "of", *paths, "all")
    for who, requests in results.requests.items():
        counts = [str(requests[path]) for path in paths]
        table.add_row(who, *counts, str(requests.total()))
    return table


def gone(exits: Exits) -> Table:
    """Pages that went, and last words kept."""
    table = headed("Last beacons", "the page goes because", "pages", "received")
    for way in WAYS:
        table.add_row(way, str(exits.gone[way]), str(exits.received[way]))
    table.add_row("in all", str(exits.gone.total()), str(exits.received.total()))
    return table


def changed(reactions: Sequence[tuple[float, float]]) -> Table:
    """From a flush to its effect."""
    title = f"Flush sent to page changed by its answer, loopback, {len(reactions)} shoppers"
    table = headed(title, "until", "p50 ms", "p95 ms", "worst ms")
    for name, place in (("the document is changed", 0), ("the next frame is made", 1)):
        values = [each[place] for each in reactions]
        shown = (quantile(values, 0.5), quantile(values, 0.95), max(values))
        table.add_row(name, *(f"{value:.1f}" for value in shown))
    return table


def figure(value: float, unit: str, *, signed: bool = False) -> str:
    """Milliseconds to a tenth; a layout shift, which has no unit, to what a browser tells."""
    digits = 1 if unit or abs(value) >= 1 else 4
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    return f"{text} {unit}".strip()


def quantile(values: Sequence[float], share: float) -> float:
    """The least value that so many do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def record(results: "Results", held: Sequence[Must]) -> dict[str, Any]:
    """Everything, as JSON has it."""
    exits, visits = results.exits, results.visits
    return {
        "machine": machine(),
        "bytes": {"raw": results.raw, "gzip": results.packed},
        "main_thread_ms": [round(each, 2) for each in results.spent_ms],
        "visits": {
            "rounds": visits.by_arm,
            "changed": visits.changed,
            "differences": [
                {**each._asdict(), "differs": each.differs._asdict()}
                for each in differences(visits)
            ],
        }
        if visits
        else None,
        "requests": results.requests,
        "exits": {"gone": exits.gone, "received": exits.received} if exits else None,
        "reactions_ms": [[round(each, 2) for each in both] for both in results.reactions],
        "median_reaction_ms": round(statistics.median(one for one, _ in results.reactions), 2)
        if results.reactions
        else None,
        "must": [each._asdict() for each in held],
    }
