"""`dev.py`: what it installs when, and that it fails in sentences."""

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "dev.py"


def loaded(path: Path) -> ModuleType:
    """A program as a module; neither is on the import path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


dev = loaded(PROGRAM)
checks = loaded(ROOT / "scripts" / "check.py")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A checkout as far as installing is concerned."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.lock").write_text("a==1")
    (tmp_path / "requirements" / "dev.lock").write_text("a==1\nb==2")
    (tmp_path / "pyproject.toml").write_text("[project]")
    return tmp_path


def missing(stamp: dict[str, str], house: Path, lock: str) -> list[str]:
    """What a command that needs ``lock`` would install."""
    parts: list[str] = dev.missing(stamp, dev.wanted(house / "requirements" / lock, house))
    return parts


def stamp(house: Path, lock: str) -> dict[str, str]:
    """The stamp after everything of ``lock`` was installed."""
    marks: dict[str, str] = dev.wanted(house / "requirements" / lock, house)
    return marks


class TestWhatIsInstalled:
    def test_everything_on_a_fresh_machine(self, house: Path) -> None:
        assert missing({}, house, "run.lock") == ["venv", "packages", "project"]

    @pytest.mark.parametrize("lock", ["run.lock", "dev.lock"])
    def test_nothing_the_second_time(self, house: Path, lock: str) -> None:
        assert missing(stamp(house, lock), house, lock) == []

    def test_tests_add_to_the_demo(self, house: Path) -> None:
        assert missing(stamp(house, "run.lock"), house, "dev.lock") == ["packages"]

    def test_the_demo_needs_nothing_after_the_tests(self, house: Path) -> None:
        assert missing(stamp(house, "dev.lock"), house, "run.lock") == []

    def test_packages_when_the_lock_changes(self, house: Path) -> None:
        before = stamp(house, "run.lock")
        (house / "requirements" / "run.lock").write_text("a==2")
        assert missing(before, house, "run.lock") == ["packages"]

    def test_nothing_for_the_demo_when_only_the_tests_lock_changes(self, house: Path) -> None:
        before = stamp(house, "dev.lock")
        (house / "requirements" / "dev.lock").write_text("a==1\nb==3")
        assert missing(before, house, "run.lock") == []
        assert missing(before, house, "dev.lock") == ["packages"]

    def test_the_project_when_its_metadata_changes(self, house: Path) -> None:
        before = stamp(house, "run.lock")
        (house / "pyproject.toml").write_text("[project]\nscripts = {}")
        assert missing(before, house, "run.lock") == ["project"]

    def test_everything_where_the_folder_was_copied(self, house: Path, tmp_path: Path) -> None:
        before = stamp(house, "run.lock") | {"root": str(tmp_path / "elsewhere")}
        assert missing(before, house, "run.lock") == ["venv", "packages", "project"]

    @pytest.mark.parametrize("text", ["", "{", "[1]", "null", "\0"])
    def test_a_broken_stamp_is_no_stamp(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "installed.json"
        path.write_text(text)
        assert dev.read_stamp(path) == {}
        assert dev.read_stamp(tmp_path / "absent") == {}

    def test_an_interrupted_installation_is_begun_anew(
        self, house: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        venv = house / ".venv"
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").touch()
        (venv / "installed.json").write_text(json.dumps(stamp(house, "run.lock")))
        names = {"ROOT": house, "VENV": venv, "BIN": venv / "bin", "STAMP": venv / "installed.json"}
        for name, value in {**names, "LOCKS": house / "requirements"}.items():
            monkeypatch.setattr(dev, name, value)

        def fails(title: str, *_arguments: str) -> None:
            raise dev.Stop(f"{title}: no network")

        monkeypatch.setattr(dev, "install", fails)
        with pytest.raises(dev.Stop, match="no network"):
            dev.prepare("dev.lock")
        assert dev.read_stamp(venv / "installed.json") == {}


class TestTestCommand:
    def test_quick_and_parallel_by_default(self) -> None:
        expected = ["-m", "not full", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
        found = dev.pytest_arguments(["-k", "journal"], 2)
        assert found == [*expected, "--durations=10", "-k", "journal"]

    def test_full_asks_for_all(self) -> None:
        assert dev.pytest_arguments(["--full"], 2) == dev.pytest_arguments([], 2)[2:]

    @pytest.mark.parametrize(("processors", "workers"), [(1, "2"), (3, "3"), (64, "4")])
    def test_workers(self, processors: int, workers: str) -> None:
        assert dev.pytest_arguments([], processors)[3] == workers

    @pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system has no affinity")
    def test_a_process_that_may_use_one_processor_counts_one(self) -> None:
        script = (
            "import importlib.util, os, sys\n"
            "os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])\n"
            "spec = importlib.util.spec_from_file_location('dev', sys.argv[1])\n"
            "dev = importlib.util.module_from_spec(spec)\n"
            "spec.loader.exec_module(dev)\n"
            "print(dev.processors())\n"
        )
        command = [sys.executable, "-c", script, str(PROGRAM)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
        assert ran.stdout == "1\n"

    def test_bytecode_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        became: list[str] = []

        def execv(program: str, command: list[str]) -> None:
            del command
            became.append(program)

        monkeypatch.setattr(os, "execv", execv)
        dev.become("pytest")
        assert became == [str(dev.BIN / "pytest")]
        assert "PYTHONDONTWRITEBYTECODE" not in os.environ

    @pytest.mark.parametrize("argument", ["-n0", "--numprocesses=1", "--pdb", "-s"])
    def test_alone_where_asked(self, argument: str) -> None:
        assert dev.pytest_arguments([argument], 4) == ["-m", "not full", argument]


class TestLocks:
    @pytest.mark.parametrize("name", ["run.lock", "dev.lock"])
    def test_ours_are_exact_hashed_and_without_addresses(self, name: str) -> None:
        text = (ROOT / "requirements" / name).read_text()
        assert len(text.splitlines()) > 100
        assert checks.lock_problems(text) == []

    def test_dev_holds_all_that_run_holds(self) -> None:
        run, both = (
            set((ROOT / "requirements" / name).read_text().replace("\\\n", " ").splitlines())
            for name in ("run.lock", "dev.lock")
        )
        assert run < both

    @pytest.mark.parametrize(
        "line",
        [
            "a==1",
            "a>=1 --hash=sha256:" + "0" * 64,
            "a==1 --hash=sha256:short",
            "a @ file:///somewhere",
            "-e .",
            "--index-url https" + "://example.test/simple",
        ],
    )
    def test_anything_else_is_found(self, line: str) -> None:
        good = "a==1 ; python_version < '3.12' \\\n    --hash=sha256:" + "0" * 64
        assert checks.lock_problems(good) == []
        assert checks.lock_problems(f"{good}\n{line}") != []


class TestSentences:
    def test_an_old_python_can_read_it(self) -> None:
        ast.parse(PROGRAM.read_text(), feature_version=(3, 8))

    def test_an_old_python_is_told(self) -> None:
        assert dev.too_old((3, 11)) is None
        told = dev.too_old((3, 8))
        assert told is not None
        assert told.startswith("this is Python 3.8; Saccade needs 3.11 or newer. Try: ")

    def test_a_python_without_venv_is_told_the_package(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def absent(_name: str) -> None:
            return None

        monkeypatch.setattr(importlib.util, "find_spec", absent)
        monkeypatch.setattr(shutil, "which", absent)
        with pytest.raises(dev.Stop, match="apt-get install python3-venv"):
            dev.make_venv()

    def test_a_step_that_fails_shows_why(self, capsys: pytest.CaptureFixture[str]) -> None:
        failing = [sys.executable, "-c", "print('no such host'); raise SystemExit(3)"]
        with pytest.raises(dev.Stop, match="packages failed:\n\nno such host\n"):
            dev.step("packages", failing)
        assert capsys.readouterr().out == "  packages ... failed\n"

    def test_pip_takes_over_where_uv_cannot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tried: list[str] = []

        def step(_title: str, command: list[str]) -> None:
            tried.append(command[0])
            if command[0] == "uv":
                raise dev.Stop("uv failed: no such index")

        monkeypatch.setattr(dev, "installers", lambda: [["uv"], ["pip"]])
        monkeypatch.setattr(dev, "step", step)
        dev.install("packages", "-r", "run.lock")
        assert tried == ["uv", "pip"]

    @pytest.mark.parametrize(
        ("arguments", "lock"), [(["--port", "0"], "run.lock"), (["shopify"], "dev.lock")]
    )
    def test_a_demo_gets_what_it_draws_with(
        self, monkeypatch: pytest.MonkeyPatch, arguments: list[str], lock: str
    ) -> None:
        prepared: list[str] = []
        monkeypatch.setattr(dev, "prepare", prepared.append)

        def become(*command: str) -> int:
            return len(command)

        monkeypatch.setattr(dev, "become", become)
        assert dev.demo(arguments) == len(["saccade", "demo", *arguments])
        assert prepared == [lock]
        needed = "python-liquid==" in (dev.LOCKS / lock).read_text("utf-8")
        assert needed is ("shopify" in arguments)

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            ([], 2, "python3 dev.py COMMAND"),
            (["--help"], 0, "python3 dev.py COMMAND"),
            (["dmeo"], 2, "'dmeo' is no command"),
            (["bench"], 2, "NAME is one of: "),
            (["bench", "nosuch"], 2, "NAME is one of: "),
        ],
    )
    def test_misuse_installs_nothing_and_says_how(
        self, arguments: list[str], code: int, says: str
    ) -> None:
        done = subprocess.run(  # noqa: S603 - this interpreter, our own program
            [sys.executable, str(PROGRAM), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code
        assert says in done.stdout + done.stderr
        assert "Traceback" not in done.stderr

    def test_an_interrupt_ends_quietly(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def interrupted(_arguments: list[str]) -> int:
            raise KeyboardInterrupt

        monkeypatch.setitem(dev.COMMANDS, "demo", interrupted)
        monkeypatch.setattr(sys, "argv", ["dev.py", "demo"])
        assert dev.main() == 130
        assert capsys.readouterr().err == "\nstopped\n"
