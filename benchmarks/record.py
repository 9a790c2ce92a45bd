"""What a run measured as data: for a file, for the picture, and held against what must hold."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rounds import Load, Series, Spread, ratio

if TYPE_CHECKING:
    from page import Results

SACCADE = "Saccade, Redis"
"""What is held against the figures: the same state store as the three services have."""
NGINX, SERVICES = "nginx proxy", "three services"


class Must(NamedTuple):
    """One figure that must hold."""

    claim: str
    wanted: str
    measured: str
    met: bool


def named(series: Sequence[Series], name: str) -> Series | None:
    """The series of one contender, where it took part."""
    return next((each for each in series if each.name == name), None)


def musts(results: "Results", load: Load) -> list[Must]:
    """What was measured of what must hold; parts that did not run are not in it."""
    found: list[Must] = []
    for claim, series, over, wanted in (
        ("decided requests per CPU second, × the three services", results.page, SERVICES, 7.0),
        ("answered flushes per CPU second, × the three services", results.flushes, SERVICES, 5.0),
        ("stored beacons per CPU second, × the three services", results.beacons, SERVICES, 5.0),
    ):
        mine, other = named(series, SACCADE), named(series, over)
        if mine and other:
            value = ratio(other, mine).median
            found.append(Must(claim, f"≥ {wanted:.0f}", f"{value:.1f}", value >= wanted))
    mine, other = named(results.page, SACCADE), named(results.page, NGINX)
    if mine and other:
        value = ratio(mine, other).median
        found.append(Must("CPU per request, × nginx's", "≤ 20", f"{value:.1f}", value <= 20))
    ours = [each for each in results.stalls if each.contender.startswith("Saccade")]
    if ours:
        p99 = max(each.p99_ms for each in ours)
        worst = max(each.worst_ms for each in ours)
        claim = f"client's {{}} with any stage stalled, {load.connections} connections"
        found.append(Must(claim.format("p99"), "< 190 ms", f"{p99:.0f} ms", p99 < 190))
        found.append(Must(claim.format("worst"), "< 200 ms", f"{worst:.0f} ms", worst < 200))
    return found


def record(results: "Results", held: Sequence[Must], size: int, load: Load) -> dict[str, Any]:
    """Everything, as JSON has it."""
    return {
        "machine": machine(),
        "product_bytes": size,
        "load": load._asdict(),
        "page": [_series(each, results.page) for each in results.page],
        "core_hour": results.core_hour,
        "flushes": [_series(each, results.flushes) for each in results.flushes],
        "beacons": [_series(each, results.beacons) for each in results.beacons],
        "stalls": [{**each._asdict(), "wrong": len(each.wrong)} for each in results.stalls],
        "duties": [
            {
                "duty": each.duty,
                "costs_us": _spread(each.costs_us),
                "cpu_us_without": each.cpu_us,
                "batch": each.batch,
                "wrong": len(each.wrong),
            }
            for each in results.duties
        ],
        "must": [each._asdict() for each in held],
        "skipped": results.skipped,
    }


def machine() -> dict[str, Any]:
    """Where, and how busy it was."""
    try:
        told = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        name = next(line.partition(": ")[2] for line in told if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor()
    return {
        "cpu": name,
        "cores": os.cpu_count(),
        "load_average": [round(each, 2) for each in os.getloadavg()],
        "python": platform.python_version(),
        "system": platform.system(),
    }


def write(path: Path, data: dict[str, Any]) -> None:
    """One run's figures."""
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _series(mine: Series, line: Sequence[Series]) -> dict[str, Any]:
    over = {name: named(line, name) for name in (NGINX, SERVICES)}
    return {
        "name": mine.name,
        "cpu_us": round(mine.cpu_us(), 1),
        "by_process_us": {name: round(each, 1) for name, each in mine.by_process().items()},
        "over": {name: _spread(ratio(mine, other)) for name, other in over.items() if other},
        "per_cpu_second": round(1e6 / mine.cpu_us()) if mine.cpu_us() else None,
        "p50_ms": round(mine.latency_ms(0.5), 2),
        "p99_ms": round(mine.latency_ms(0.99), 2),
        "worst_ms": round(mine.worst_ms(), 2),
        "batch": mine.batch(),
        "undecided": mine.undecided(),
        "wrong": len(mine.wrong()),
    }


def _spread(value: Spread | None) -> dict[str, float] | None:
    return {name: round(one, 3) for name, one in value._asdict().items()} if value else None
