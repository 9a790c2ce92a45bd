"""The tag's figures: a difference is told from noise, and a short run measures every part."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

DIFFERENCES = """
import json
from visits import ARMS, MEASURES, Visits, difference
def beyond(tagged, plain, again):
    found = Visits()
    for arm, values in zip(ARMS, (tagged, plain, again)):
        found.by_arm[arm] = [dict.fromkeys(MEASURES, value) for value in values]
    told = difference(found, "largest paint")
    return [told.beyond_noise, told.differs.median, told.noise]
rising = [100.0 + 10 * at for at in range(8)]
jitter = [value + (-1) ** at for at, value in enumerate(rising)]
print(json.dumps({
    "slower": beyond([value + 20 for value in rising], rising, jitter),
    "noisy": beyond([value + 0.2 for value in rising], rising, jitter),
    "faster": beyond([value - 20 for value in rising], rising, jitter),
    "alike": beyond(rising, rising, rising),
}))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Python among the benchmarks' modules."""
    return subprocess.run(  # noqa: S603 - this Python, fixed arguments
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(BENCHMARKS)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.full
def test_a_difference_is_told_from_noise() -> None:
    done = run("-c", DIFFERENCES)
    assert done.returncode == 0, done.stderr
    told: dict[str, list[Any]] = json.loads(done.stdout)
    assert [name for name, (beyond, *_) in told.items() if beyond] == ["slower"]
    assert told["slower"][1] == pytest.approx(20, abs=0.6)  # each round's own, though rounds rise
    assert told["noisy"][2] == 1.0
    assert told["alike"][2] == 0.1, "what a browser's clock can tell"


@pytest.mark.full
@pytest.mark.browser
@pytest.mark.timeout(220)
@pytest.mark.usefixtures("chromium")
def test_a_short_run_measures(tmp_path: Path) -> None:
    """A figure that is missed is no matter here; one that is not measured is."""
    file = tmp_path / "figures.json"
    short = ("--rounds", "1", "--exits", "6", "--reactions", "2", "--json", str(file))
    done = run(str(BENCHMARKS / "browser.py"), *short, "--only", "visits,exits,reactions")
    assert done.returncode in {0, 3}, done.stdout + done.stderr
    figures: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert figures["exits"]["gone"] == figures["exits"]["received"]
    assert sum(figures["exits"]["gone"].values()) == 6
    assert figures["visits"]["changed"] == 1
    for felt in figures["visits"]["rounds"].values():
        assert felt[0]["largest paint"] > 0
    assert all(0 < changed < drawn for changed, drawn in figures["reactions_ms"])
