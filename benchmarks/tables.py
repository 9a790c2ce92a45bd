"""The tables of a run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bill import PAGES, Bill, bills
from duties import Cost
from record import NGINX, SERVICES, Must, machine, named
from rounds import Load, Series, Spread, ratio
from stalls import P99_MS, WORST_MS, Stalled

if TYPE_CHECKING:
    from page import Results

WIDTH = 120


def show(results: "Results", held: Sequence[Must], size: int, load: Load) -> None:
    """All of them, then what was wrong."""
    console = Console(width=WIDTH)
    where = machine()
    console.print(
        f"{where['cpu']}, {where['cores']} cores, load {where['load_average'][0]}; "
        f"{size:,} bytes of product, {load.connections} connections, "
        f"{load.rounds} rounds of {load.requests} requests, one server core",
        markup=False,
    )
    if results.page:
        console.print(compared("Pages: a new decision for each", results.page))
        console.print(by_process(results.page), style="dim", markup=False)
        console.print(billed(bills(results.page, results.core_hour)))
    if results.flushes:
        title = "Flushes of a product page: folded in, decided, answered"
        console.print(compared(title, results.flushes))
        console.print(compared("Beacons of other pages: folded in", results.beacons))
    if results.stalls:
        console.print(stalled(results.stalls))
    if results.duties:
        console.print(duties(results.duties))
    if held:
        console.print(verdicts(held))
    for name, why in results.skipped.items():
        console.print(f"skipped: {name}: {why}", style="yellow", markup=False)
    for name, complaint in results.wrong()[:5]:
        console.print(f"{name}: {complaint}", style="red", markup=False)


def headed(title: str, *headings: str) -> Table:
    """A table whose first column is words and whose others are figures."""
    table = Table(title=title, title_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table


def compared(title: str, line: Sequence[Series]) -> Table:
    """Contenders side by side; ± is half of what lies between the quartiles over the rounds.

    "× three" is how many times the three services' answers a CPU second buys.
    """
    table = headed(
        *(title, "contender", "CPU µs", "× nginx", "a CPU s", "× three"),
        *("p50 ms", "p99 ms", "worst", "batch", "undecided", "wrong"),
    )
    nginx, services = named(line, NGINX), named(line, SERVICES)
    for mine in line:
        cpu, batch = mine.cpu_us(), mine.batch()
        table.add_row(
            mine.name,
            f"{cpu:.0f}",
            told(ratio(mine, nginx)) if nginx else "",
            f"{1e6 / cpu:,.0f}" if cpu else "",
            told(ratio(services, mine)) if services and mine.contender.decides else "",
            f"{mine.latency_ms(0.5):.1f}",
            f"{mine.latency_ms(0.99):.1f}",
            f"{mine.worst_ms():.0f}",
            f"{batch:.1f}" if batch else "",
            str(mine.undecided()),
            str(len(mine.wrong())),
        )
    return table


def billed(rows: Sequence[Bill]) -> Table:
    """CPU time and cost (R29)."""
    table = headed(
        f"What {PAGES:,} decided pages cost",
        *("contender", "CPU s", "beyond nginx's", "cost"),
    )
    for each in rows:
        table.add_row(
            each.contender,
            f"{each.cpu_s:.3f}",
            "" if each.deciding_s is None else f"{each.deciding_s:.3f}",
            "--core-hour PRICE" if each.cost is None else f"{each.cost:.2g}",
        )
    return table


def by_process(line: Sequence[Series]) -> str:
    """Where the CPU time went, for those of several processes."""
    told_of = (each for each in line if len(each.contender.accounted) > 1)
    return "\n".join(
        f"{each.name}: "
        + ", ".join(f"{name} {us:.0f} µs" for name, us in each.by_process().items())
        for each in told_of
    )


def told(value: Spread) -> str:
    """A ratio with its spread."""
    if value.median >= 100:
        return f"{value.median:.0f}"
    return f"{value.median:.1f} ±{(value.high - value.low) / 2:.1f}"


def stalled(rows: Sequence[Stalled]) -> Table:
    """What clients waited."""
    table = headed(
        f"A stage stalled: p99 < {P99_MS:.0f} ms, worst < {WORST_MS:.0f} ms, every page whole",
        *("contender", "stalled", "pages", "decided", "p50 ms", "p99 ms", "worst ms", "broken", ""),
    )
    for each in rows:
        table.add_row(
            each.contender,
            each.stage,
            f"{each.requests:,}",
            f"{100 * each.decided / max(1, each.requests):.0f} %",
            f"{each.p50_ms:.1f}",
            f"{each.p99_ms:.1f}",
            f"{each.worst_ms:.1f}",
            str(len(each.wrong)),
            "held" if each.kept else "missed",
        )
    return table


def duties(rows: Sequence[Cost]) -> Table:
    """What each duty costs; negative or within its quartiles of 0 is no cost that can be seen."""
    table = headed(
        "What each duty costs: all of them, less the same without it",
        *("duty", "costs µs", "quartiles", "µs without it", "batch without it", "wrong"),
    )
    for each in rows:
        cost = each.costs_us
        table.add_row(
            each.duty,
            f"{cost.median:+.0f}" if cost else "",
            f"{cost.low:+.0f} to {cost.high:+.0f}" if cost else "",
            f"{each.cpu_us:.0f}",
            f"{each.batch:.1f}" if each.batch else "",
            str(len(each.wrong)),
        )
    return table


def verdicts(held: Sequence[Must]) -> Table:
    """What must hold."""
    table = headed("What must hold", "figure", "wanted", "measured", "")
    for each in held:
        mark = "[green]held[/]" if each.met else "[red]missed[/]"
        table.add_row(each.claim, each.wanted, each.measured, mark)
    return table
