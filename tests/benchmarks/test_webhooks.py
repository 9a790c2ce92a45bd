"""The checker of the webhook benchmark finds what it is to find, in histories and in servers."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.test_page import told

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

HISTORY = """
import json
from history import History, Sent, judged
history = History()
sent = [Sent("a", order="o1"), Sent("b", product="p", version=1), Sent("c", product="p", version=2)]
history.sent = {each.key: each for each in sent}
history.acknowledged = {"a", "b", "c"}
history.records = {"a": ["done"], "b": ["stale"], "c": ["done"]}
history.orders.update(["o1"])
history.products = {"p": 2}
%s
print(json.dumps(judged(history)._asdict()))
"""


def verdict(change: str) -> dict[str, Any]:
    """Of a history with nothing wrong but this."""
    found: dict[str, Any] = told(HISTORY % change)
    return found


def test_a_history_with_nothing_wrong_is_clean() -> None:
    assert verdict("") == {"lost": [], "doubled": [], "stale": []}
    unheard = "history.sent['d'] = Sent('d', order='o9')"
    assert verdict(unheard) == {"lost": [], "doubled": [], "stale": []}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("del history.records['a']", "lost"),
        ("history.records['a'] = ['waiting']", "lost"),
        ("history.records['a'] = ['dead']", "lost"),
        ("history.orders.clear()", "lost"),
        ("history.products.clear()", "lost"),
        ("history.records['a'] = ['done', 'done']", "doubled"),
        ("history.orders.update(['o1'])", "doubled"),
        ("history.records['x'] = ['done']", "doubled"),
        ("history.products['p'] = 1", "stale"),
        ("history.products['p'] = 3", "stale"),
    ],
)
def test_each_fault_in_a_history_is_told(change: str, what: str) -> None:
    """F27, F28: and as nothing else."""
    found = verdict(change)
    assert [name for name, lines in found.items() if lines] == [what]


@pytest.mark.full
@pytest.mark.timeout(280)
@pytest.mark.parametrize(
    ("planted", "what"), [("early", "lost"), ("twice", "doubled"), ("stale", "stale")]
)
def test_each_fault_in_a_server_is_found(tmp_path: Path, planted: str, what: str) -> None:
    """Acknowledged before it is durable, not deduplicated, stale states written."""
    code, figures = bench(tmp_path, "--planted", planted)
    assert code == 1
    assert figures["chaos"]["verdict"][what] > 0, figures


@pytest.mark.full
@pytest.mark.timeout(280)
@pytest.mark.parametrize("by", [(), ("--redis",)], ids=["looks", "streams"])
def test_a_server_that_is_killed_loses_and_doubles_nothing(
    tmp_path: Path, by: tuple[str, ...]
) -> None:
    """F27, F28: a kill -9 every second and a half, a tenth sent twice, in no order."""
    code, figures = bench(tmp_path, *by)
    chaos = figures["chaos"]
    assert (code, chaos["verdict"]) == (0, {"lost": 0, "doubled": 0, "stale": 0})
    assert chaos["kills"] > 1
    assert chaos["sent"] > chaos["different"]


def bench(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """A short run: its exit code and its figures."""
    out = tmp_path / "figures.json"
    short = ("--rate", "0", "--deliveries", "4000", "--every", "1.5", "--json", str(out))
    done = subprocess.run(  # noqa: S603 - this Python, fixed arguments
        [sys.executable, str(BENCHMARKS / "webhooks.py"), *short, *arguments],
        env={**os.environ, "PYTHONPATH": str(BENCHMARKS)},
        capture_output=True,
        text=True,
        timeout=270,
        check=False,
    )
    assert out.exists(), done.stdout + done.stderr
    return done.returncode, json.loads(out.read_text("utf-8"))
