"""The comparison: every contender answers rightly, and a wrong answer would not pass."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"


def run(*arguments: str, seconds: float = 290) -> subprocess.CompletedProcess[str]:
    """Python where benchmarks find one another, as they do when they are run."""
    path = {"PYTHONPATH": str(BENCHMARKS)}
    return subprocess.run(  # noqa: S603 - this Python, fixed arguments
        [sys.executable, *arguments],
        env={**os.environ, **path},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def told(code: str) -> Any:
    """What a few lines among the benchmarks' modules print, read as JSON."""
    done = run("-c", code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def page(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """The figures of a short run. A figure that is missed is no matter here, a wrong answer is."""
    for program in ("nginx", "redis-server"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt-get install {program}")
    file = tmp_path / "figures.json"
    short = ("--rounds", "1", "--connections", "2", "--json", str(file))
    done = run(str(BENCHMARKS / "page.py"), *short, *arguments)
    assert done.returncode in {0, 3}, done.stdout + done.stderr
    figures: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return figures


@pytest.mark.full
@pytest.mark.timeout(300)
def test_the_three_services_and_saccade_answer_alike(tmp_path: Path) -> None:
    figures = page(tmp_path, "--requests", "100", "--only", "page,beacons,three,redis")
    if figures["skipped"]:
        pytest.skip(str(figures["skipped"]))
    by_name = {row["name"]: row for row in figures["page"]}
    assert set(by_name) == {"direct", "nginx proxy", "three services", "Saccade, Redis"}
    for row in (*figures["page"], *figures["flushes"], *figures["beacons"]):
        assert row["wrong"] == 0
        assert row["cpu_us"] > 0
    assert {row["name"] for row in figures["flushes"]} == {"three services", "Saccade, Redis"}
    assert by_name["three services"]["undecided"] < 100  # some were decided, and found right
    assert by_name["Saccade, Redis"]["over"]["nginx proxy"]["median"] > 1


@pytest.mark.full
@pytest.mark.timeout(300)
def test_the_node_proxy_changes_no_byte(tmp_path: Path) -> None:
    figures = page(tmp_path, "--requests", "50", "--only", "page,node")
    if figures["skipped"]:
        pytest.skip(str(figures["skipped"]))
    (row,) = [row for row in figures["page"] if row["name"] == "Node proxy"]
    assert row["wrong"] == 0


@pytest.mark.full
@pytest.mark.timeout(300)
def test_every_duty_can_be_taken_out(tmp_path: Path) -> None:
    figures = page(tmp_path, "--requests", "100", "--only", "duties")
    assert [row["wrong"] for row in figures["duties"]] == [0] * 9


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_stalled_stage_breaks_no_page(tmp_path: Path) -> None:
    figures = page(tmp_path, "--requests", "200", "--only", "stalls,redis")
    assert len(figures["stalls"]) == 5
    assert [row["wrong"] for row in figures["stalls"]] == [0] * 5
    hung = figures["stalls"][1]
    assert hung["decided"] < hung["requests"]  # the stall was felt


READERS = """
import answers, json
product = b'{"code":"1","name":"\\xc3\\xa9"}\\n'
expected = answers.experience()
def answer(**changes):
    ours = json.dumps({"decision_id": "0123456789", **expected, **changes}, ensure_ascii=False)
    return b'{"code":"1","name":"\\xc3\\xa9","saccade":' + ours.encode() + b"}"
strict = answers.decided(product, expected)
anew = answers.decided(product, expected, spliced=False)
spaced = answer().replace(b'"code":"1"', b'"code": "1"')
print(json.dumps({
    "right": strict(200, answer()),
    "status": strict(500, answer()),
    "mode": strict(200, answer(mode="default")),
    "confidence": strict(200, answer(confidence=expected["confidence"] - 0.01)),
    "instructions": strict(200, answer(instructions=expected["instructions"][:-1])),
    "unnamed": strict(200, answer(decision_id="")),
    "bytes": strict(200, spaced),
    "content": strict(200, answer().replace(b'"1"', b'"2"')),
    "plain": strict(200, product),
    "late": strict(200, answer(reason="TIMEOUT", served="default", instructions=[])),
    "anew": anew(200, spaced),
    "anew, content": anew(200, spaced.replace(b'"1"', b'"2"')),
}))
"""


@pytest.mark.full
def test_the_readers_refuse_what_is_wrong() -> None:
    said: dict[str, str] = told(READERS)
    assert [name for name, complaint in said.items() if not complaint] == ["right", "anew"]
    undecided = [name for name, complaint in said.items() if complaint.startswith("undecided")]
    assert undecided == ["plain", "late"]


RATIOS = """
import itertools, json, rounds
from contenders import Contender
from load import Round
def series(*cpu):
    made = rounds.Series(Contender("one", 0, [], itertools.repeat((b"", lambda *_: ""))), iter(()))
    made.rounds = [Round(cpu_us=each) for each in cpu]
    return made
one, other = series(10.0, 100.0, 30.0), series(5.0, 10.0, 30.0)
print(json.dumps([rounds.ratio(one, other), rounds.difference(one, other)]))
"""


def test_ratios_are_medians_of_each_rounds_own() -> None:
    (median, low, high), (difference, *_) = told(RATIOS)
    assert (median, low, high) == (2.0, 1.5, 6.0)  # 2, 10 and 1; the medians' ratio is 3
    assert difference == 5.0  # 5, 90 and 0; the medians' difference is 20


BILLS = """
import itertools, json, rounds, tables
from bill import bills
from contenders import Contender
from load import Round
from rich.console import Console
def series(name, decides, *cpu):
    pages = itertools.repeat((b"", lambda *_: ""))
    made = rounds.Series(Contender(name, 0, [], pages, pages if decides else None), iter(()))
    made.rounds = [Round(cpu_us=each) for each in cpu]
    return made
line = [
    series("direct", False, 1.0), series("nginx proxy", False, 20.0, 30.0, 40.0),
    series("Saccade, Redis", True, 200.0, 360.0, 400.0),
]
shown = [Console(width=120, record=True, file=open("/dev/null", "w")) for _ in range(2)]
for console, price in zip(shown, (None, 0.05)):
    console.print(tables.billed(bills(line, price)))
print(json.dumps([bills(line, 0.05), bills(line[2:], None), [one.export_text() for one in shown]]))
"""


@pytest.mark.full
def test_a_thousand_decisions_have_a_printed_cost() -> None:  # R29
    priced, unpriced, (without, printed) = told(BILLS)
    # Medians: 360 µs a page are 0.36 s of a core a thousand, 0.33 s of it not nginx's.
    assert priced == [["Saccade, Redis", 0.36, 0.33, pytest.approx(0.36 / 3_600 * 0.05)]]
    assert unpriced == [["Saccade, Redis", 0.36, None, None]]
    assert {"0.360", "0.330", "5e-06"} <= set(printed.split())
    assert "--core-hour" in without


def test_the_picture_is_in_proportion(tmp_path: Path) -> None:
    names = {"nginx proxy": 20.0, "Saccade, Redis": 300.0, "three services": 2_400.0}
    over = {"three services": {"median": 0.125, "low": 0.1, "high": 0.2}}
    figures = {
        "machine": {"cpu": "A <processor>"},
        "load": {"rounds": 7, "requests": 1_000, "connections": 16},
        "product_bytes": 15_000,
        "page": [{"name": name, "cpu_us": cpu, "over": over} for name, cpu in names.items()],
    }
    read, drawn = tmp_path / "figures.json", tmp_path / "speed.svg"
    read.write_text(json.dumps(figures), "utf-8")
    done = run(str(BENCHMARKS / "picture.py"), str(read), str(drawn))
    assert done.returncode == 0, done.stderr
    svg = ET.fromstring(drawn.read_text("utf-8"))  # noqa: S314 - written a line above
    bars = svg.findall("{http://www.w3.org/2000/svg}rect")
    lengths = [float(bar.attrib["width"]) for bar in bars]
    assert [round(length / lengths[-1], 3) for length in lengths] == [0.008, 0.125, 1.0]
    words = [each.text or "" for each in svg.findall("{http://www.w3.org/2000/svg}text")]
    assert "300 µs, 8.0 × fewer" in words


def test_the_middlewares_lock_has_every_hash_and_no_address() -> None:
    lock = BENCHMARKS / "peers" / "three_services" / "middleware" / "package-lock.json"
    text = lock.read_text("utf-8")
    packages = json.loads(text)["packages"]
    locked = {name: each for name, each in packages.items() if name}
    assert {"node_modules/express", "node_modules/axios"} <= set(locked)
    assert [name for name, each in locked.items() if "integrity" not in each] == []
    assert "://" not in text
