"""From what a fault test saw to the table: through pytest, its workers and its JUnit file."""

import importlib.util
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "faults.py"


def loaded(path: Path) -> ModuleType:
    """The program as a module; it is not on the import path."""
    spec = importlib.util.spec_from_file_location("faults_program", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look their annotations up
    spec.loader.exec_module(module)
    return module


table = loaded(PROGRAM)

TESTS = """
import pytest
from faults.report import fault_report

def test_f1_twice(fault_report):
    fault_report("F1", broken=0, added_ms=3.21, runs=20)
    fault_report("F1", broken=0, added_ms=9.0, runs=300, load=True)

def test_f1_again(fault_report):
    fault_report("F1", broken=0, added_ms=1.0, runs=5)
    fault_report("F1", broken=0, added_ms=None, runs=7)
    fault_report("leak", broken=0, added_ms=0.0, runs=100)

def test_f2_broken(fault_report):
    fault_report("F2", broken=2, added_ms=1.0, runs=20)

def test_f3_slow(fault_report):
    fault_report("F3", broken=0, added_ms=200.0, runs=20, load=True)

def test_f4_f5_failing(fault_report):
    fault_report("F4", broken=0, added_ms=1.0, runs=1)
    assert False

@pytest.mark.skip(reason="no redis-server: apt-get install redis-server")
def test_f6_skipped(fault_report):
    pass

@pytest.mark.skip(reason="never mind")
def test_half_f7f(fault_report):
    pass
"""


@pytest.fixture(scope="module", params=["-n0", pytest.param("-n2", marks=pytest.mark.full)])
def ran(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, ET.Element]:
    """`TESTS`, run as the program runs the suites; alone, and by workers."""
    suite = tmp_path_factory.mktemp("suite") / "test_faults.py"
    suite.write_text(TESTS, "utf-8")
    code, found = table.run([str(request.param), "-q"], [str(suite)])
    return code, found


@pytest.mark.full
def test_records_come_through(ran: tuple[int, ET.Element]) -> None:
    code, suite = ran
    seen, failures = table.read(suite)
    assert code == 1
    assert [failure.rpartition("::")[2] for failure in failures] == ["test_f4_f5_failing"]
    first = seen["F1"]
    assert (first.calm_runs, first.load_runs, first.broken) == (32, 300, 0)
    assert (first.calm_ms, first.load_ms) == (3.2, 9.0)
    assert {fault: seen[fault].verdict for fault in ("F1", "F2", "F3", "F4", "F5", "F6", "F7")} == {
        "F1": "holds",
        "F2": "broken",
        "F3": "slow",
        "F4": "failed: test_f4_f5_failing",
        "F5": "failed: test_f4_f5_failing",
        "F6": "not run: no redis-server: apt-get install redis-server",
        "F7": "not run: no test recorded it",
    }
    assert {fault for fault in seen if not seen[fault].holds} == {"F2", "F3", "F4", "F5"}


def test_the_same_for_a_machine(ran: tuple[int, ET.Element]) -> None:
    told = json.loads(table.as_json(*table.read(ran[1])))
    assert list(told["faults"]) == [*table.order(table.INJECTED), "leak"]
    assert told["faults"]["F3"] == {
        "injected": "Redis slow, 5-300 ms: fault proxy",
        "pages": {"calm": 0, "load": 20},
        "broken": 0,
        "worst_added_ms": {"calm": None, "load": 200.0},
        "verdict": "slow",
    }
    assert len(told["failed_tests"]) == 1


def test_every_fault_is_shown_by_number(ran: tuple[int, ET.Element]) -> None:
    shown = table.shown(table.read(ran[1])[0])
    *faults, last = list(shown.columns[0].cells)
    assert faults == sorted(faults, key=lambda fault: int(str(fault)[1:]))
    assert len(faults) == len(table.INJECTED) == 30
    assert last == "leak", "not in the table of faults, and recorded all the same"


def test_what_was_not_run_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All is asked for, and F1 is met calm alone: a table without it must not pass for whole."""

    def suite(without: str) -> ET.Element:
        root = ET.Element("testsuite")
        properties = ET.SubElement(ET.SubElement(root, "testcase", name="t"), "properties")
        for fault in table.INJECTED:
            for load in (False, True):
                if f"{fault} {load}" != without and (fault, load) not in {
                    ("F22", True),
                    ("F30", False),
                }:
                    record = {"fault": fault, "broken": 0, "added_ms": 900.0 * (fault == "F30")}
                    value = json.dumps({**record, "runs": 1, "load": load})
                    ET.SubElement(properties, "property", name="fault", value=value)
        return root

    def ends(without: str, *arguments: str) -> int:
        def ran_so(_: object) -> tuple[int, ET.Element]:
            return 0, suite(without)

        monkeypatch.setattr(sys, "argv", ["faults", *arguments])
        monkeypatch.setattr(table, "run", ran_so)
        return int(table.main())

    assert ends("") == 0
    capsys.readouterr()
    assert ends("F1 True") == 1
    assert "holds, no load run" in capsys.readouterr().out
    assert ends("F1 True", "-k", "f2") == 0


@pytest.mark.parametrize(
    ("test", "faults"),
    [
        ("test_f2_hung[stopped-load]", ["F2"]),
        ("test_f11_f19_framing", ["F11", "F19"]),
        ("test_through_f38", ["F38"]),
        ("test_half_f7f", []),
        ("test_frames", []),
    ],
)
def test_a_test_names_its_faults(test: str, faults: list[str]) -> None:
    assert table.named(test) == faults
