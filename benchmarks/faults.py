"""The fault table: every fault of the page path injected, and what pages felt of it.

Runs the fault suites, load and chaos included, one test after another, so that nothing but a fault
delays a page. The tests assert; this prints what they saw. Ends with 1 where a test failed, a page
was broken or waited longer than its row allows, or a fault was not met both calm and under load.
"""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
SUITES = ("tests/faults", "tests/deploy")
LIMIT_MS = 200.0
"""The most a page may wait beyond its platform (FAULTS.md, P)."""
OWN_LIMIT_MS = {"F30": 1_000.0}
"""Rows that name another."""

ELSEWHERE = {
    ("F22", "load"): "F38: hung",
    ("F30", "calm"): "is load",
}
"""What is not to be run, and why: a loop that stands still under load is what nginx falls back
from, and a burst is never calm."""

INJECTED = {
    "F1": "Redis refused: closed port",
    "F2": "Redis hung: SIGSTOP, CLIENT PAUSE",
    "F3": "Redis slow, 5-300 ms: fault proxy",
    "F4": "Redis Cluster fail-over: a master killed",
    "F5": "Redis OOM, NOREPLICAS, READONLY: CONFIG SET",
    "F6": "wrong type, non-UTF-8, old schema in a key",
    "F7": "Redis maxclients: CONFIG SET",
    "F8": "cancelled in mid-reply: time-outs of 0.3-2 ms",
    "F9": "platform hangs or drips",
    "F10": "platform 4xx, 5xx, Retry-After",
    "F11": "platform truncated, by length and chunked",
    "F12": "bad JSON, deep JSON, NaN, huge integer",
    "F13": "gzip, broken gzip, decompression bomb",
    "F14": "200 MB body",
    "F15": "redirects, also to an internal host",
    "F16": "reset or close before headers",
    "F17": "keep-alive race: close after the answer",
    "F18": "large, many and odd headers; 103, 204, 304",
    "F19": "Content-Length with Transfer-Encoding, bad chunk",
    "F20": "DNS hangs, TLS expired",
    "F21": "model truncated, flipped, absent",
    "F22": "event loop blocked for 1 s",
    "F23": "CPU starved by neighbours",
    "F30": "50 x burst",
    "F31": "rolling restart under load",
    "F32": "cold cache, thundering herd",
    "F33": "slowloris, idle sockets",
    "F34": "file descriptors exhausted",
    "F35": "configuration broken at reload",
    "F38": "middleware killed, stopped or hung, behind nginx",
}


@dataclass(slots=True)
class Seen:
    """What the tests said of one fault; a worst wait is ``None`` where nobody measured it so."""

    name: str = ""
    calm_runs: int = 0
    load_runs: int = 0
    broken: int = 0
    calm_ms: float | None = None
    load_ms: float | None = None
    failed: list[str] = field(default_factory=list[str])
    skipped: list[str] = field(default_factory=list[str])

    def add(self, *, runs: int, broken: int, added_ms: float | None, load: bool) -> None:
        """One record of `fault_report`."""
        self.broken += broken
        if load:
            self.load_runs += runs
            self.load_ms = _worse(self.load_ms, added_ms)
        else:
            self.calm_runs += runs
            self.calm_ms = _worse(self.calm_ms, added_ms)

    @property
    def runs(self) -> int:
        """Pages in all."""
        return self.calm_runs + self.load_runs

    @property
    def missing(self) -> list[str]:
        """Of calm and load, what is to be measured and was not."""
        ways = {"calm": self.calm_ms, "load": self.load_ms}
        return [
            way
            for way, worst in ways.items()
            if worst is None and self.name in INJECTED and (self.name, way) not in ELSEWHERE
        ]

    @property
    def holds(self) -> bool:
        """Nothing speaks against it; also where nothing was run."""
        return not self.failed and not self.broken and not self._slow

    @property
    def _slow(self) -> bool:
        worst = max(self.calm_ms or 0.0, self.load_ms or 0.0)
        return worst >= OWN_LIMIT_MS.get(self.name, LIMIT_MS)

    @property
    def verdict(self) -> str:
        """In a word, or why there is none."""
        if self.failed:
            return f"failed: {', '.join(self.failed)}"
        if self.runs == 0:
            return f"not run: {'; '.join(self.skipped) or 'no test recorded it'}"
        if not self.holds:
            return "broken" if self.broken else "slow"
        return f"holds, no {' or '.join(self.missing)} run" if self.missing else "holds"


def _worse(one: float | None, other: float | None) -> float | None:
    """The longer wait of those that were measured."""
    return max((wait for wait in (one, other) if wait is not None), default=None)


def named(test: str) -> list[str]:
    """The faults a test's name speaks of, as ``test_f2_hung`` and ``test_f11_f19_framing`` do."""
    return [f"F{number}" for number in re.findall(r"(?<=_)f(\d+)(?=_|\[|$)", test)]


def read(suite: ET.Element) -> tuple[dict[str, Seen], list[str]]:
    """What a JUnit file says of each fault, and the tests that failed."""
    seen = {fault: Seen(fault) for fault in INJECTED}
    failures: list[str] = []
    for case in suite.iter("testcase"):
        name = case.get("name", "?")
        for record in case.iterfind("properties/property[@name='fault']"):
            fields: dict[str, Any] = json.loads(record.get("value", ""))
            fault = str(fields.pop("fault"))
            seen.setdefault(fault, Seen(fault)).add(**fields)
        if case.find("failure") is not None or case.find("error") is not None:
            failures.append(f"{case.get('classname')}::{name}")
            for fault in named(name):
                seen.setdefault(fault, Seen(fault)).failed.append(name)
        skipped = case.find("skipped")
        if skipped is not None:
            for fault in named(name):
                seen.setdefault(fault, Seen(fault)).skipped.append(
                    skipped.get("message", "skipped")
                )
    return seen, failures


def run(arguments: Sequence[str], suites: Sequence[str] = SUITES) -> tuple[int, ET.Element]:
    """Pytest's exit code and its JUnit file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "faults.xml"
        command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml")]
        options = ["-p", "no:cacheprovider", "--continue-on-collection-errors"]
        code = subprocess.call(
            [*command, *options, f"--junitxml={file}", *suites, *arguments], cwd=ROOT
        )
        if not file.exists():
            sys.exit(f"pytest ended with {code} before it ran a test")
        return code, ET.parse(file).getroot()  # noqa: S314 - pytest wrote it for us


def order(seen: Iterable[str]) -> list[str]:
    """Faults by number, then whatever else was recorded, by name."""

    def place(name: str) -> tuple[float, str]:
        number = re.fullmatch(r"F(\d+)", name)
        return float(number[1]) if number else math.inf, name

    return sorted(seen, key=place)


def shown(seen: dict[str, Seen]) -> Table:
    """The table."""
    table = Table(title="Faults: pages asked, pages broken, the worst wait added to one")
    figures = ("calm", "load", "broken", "calm ms", "load ms")
    for heading in ("fault", "injected", *figures, "verdict"):
        table.add_column(heading, justify="right" if heading in figures else "left")
    for fault in order(seen):
        one = seen[fault]
        counts = [f"{count:,}" if count else "" for count in (one.calm_runs, one.load_runs)]
        waits = [
            ELSEWHERE.get((fault, way), "") if wait is None else f"{wait:.1f}"
            for way, wait in (("calm", one.calm_ms), ("load", one.load_ms))
        ]
        broken = str(one.broken) if one.runs else ""
        table.add_row(fault, INJECTED.get(fault, ""), *counts, broken, *waits, one.verdict)
    return table


def as_json(seen: dict[str, Seen], failures: list[str]) -> str:
    """The same for a machine."""
    faults = {
        fault: {
            "injected": INJECTED.get(fault),
            "pages": {"calm": one.calm_runs, "load": one.load_runs},
            "broken": one.broken,
            "worst_added_ms": {"calm": one.calm_ms, "load": one.load_ms},
            "verdict": one.verdict,
        }
        for fault, one in ((fault, seen[fault]) for fault in order(seen))
    }
    return json.dumps({"faults": faults, "failed_tests": failures}, indent=2)


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="Whatever else is given goes to pytest, such as -k f2."
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there, too")
    options, arguments = parser.parse_known_args()
    code, suite = run(arguments)
    seen, failures = read(suite)
    console = Console(width=150)
    console.print(shown(seen))
    for failure in failures:
        console.print(f"failed: {failure}", style="red", markup=False)
    if options.json:
        options.json.write_text(as_json(seen, failures) + "\n", "utf-8")
    if not all(one.holds for one in seen.values()):
        return 1
    # A choice of faults was asked for, or all of them: then a row that nobody ran does not hold.
    unseen = not arguments and any(one.missing for one in seen.values())
    return 1 if code or unseen else 0


if __name__ == "__main__":
    sys.exit(main())
