"""``saccade adapter new``, and the guide that fills in what it leaves open (R36, R40)."""

import ast
import hashlib
import json
import os
import shlex
import site
import subprocess
import tomllib
import venv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from saccade_server import scaffold
from saccade_server.cli import app
from saccade_server.settings import SettingError
from server.guide import Command, fills, steps

ROOT = Path(__file__).parents[2]

OPEN = {"samples", "pages", "products", "orders", "webhooks"}
"""What a new package leaves to be filled in."""

OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one as the value of the option it negates
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


def house() -> dict[str, str]:
    """Every file of core and gateway, by its content."""
    return {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("core", "gateway")
        for path in sorted((ROOT / part).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_a_new_package_has_the_files_every_adapter_has(tmp_path: Path) -> None:
    scaffold.write("corner_shop", tmp_path / "new")
    package = tmp_path / "new" / "saccade_corner_shop"
    names = {"__init__", "catalog", "events", "rendering", "settings", "samples"}
    assert {path.stem for path in package.glob("*.py")} == names
    assert (package / "py.typed").exists()
    for path in (tmp_path / "new").rglob("*.py"):
        ast.parse(path.read_text("utf-8"), str(path))
    project = tomllib.loads((tmp_path / "new" / "pyproject.toml").read_text("utf-8"))["project"]
    named = {"corner_shop": "saccade_corner_shop:factory"}
    assert project["entry-points"]["saccade.adapters"] == named


def test_every_blank_is_filled_in_by_the_guide_in_about_sixty_lines() -> None:
    assert {one.region for one in fills()} == OPEN
    code = sum(one.lines for one in fills() if one.region != "samples")
    assert code <= 60, code  # R40; what is declared of the platform in samples comes on top


@pytest.mark.parametrize("name", ["Corner", "9shop", "a-b", "", "sap_occ", "a" * 40])
def test_a_name_that_will_not_do_is_refused(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(app, ["adapter", "new", name, "--into", str(tmp_path)])
    assert isinstance(done.exception, SettingError)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    arguments = ["adapter", "new", "corner", "--into", str(tmp_path)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.py")}
    assert isinstance(CliRunner().invoke(app, arguments).exception, SettingError)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.py")} == before


class Reader:
    """Who follows the guide: an environment of their own beside ours, and a folder to work in."""

    def __init__(self, folder: Path) -> None:
        own = folder / "environment"
        venv.create(own, with_pip=True)
        self._bin = own / "bin"
        (packages,) = own.glob("lib/python*/site-packages")
        # Ours are found behind its own, as if they were installed there.
        lines = [f"import site; site.addsitedir({one!r})\n" for one in site.getsitepackages()]
        (packages / "saccade.pth").write_text("".join(lines), "utf-8")
        self._program("saccade", "from saccade_server.cli import main; main()")
        self._program("pytest", "import pytest, sys; sys.exit(pytest.main())")
        self.cwd = folder

    def types(self, command: Command) -> None:
        """Run a command; ``cd`` changes where the next one runs."""
        words = shlex.split(command.line, comments=True)
        if words[0] == "cd":
            self.cwd /= words[1]
            return
        environment = {**os.environ, **OFFLINE, "PATH": f"{self._bin}:{os.environ['PATH']}"}
        environment.pop("PYTEST_ADDOPTS", None)
        done = subprocess.run(  # noqa: S602 - the guide's own lines, which redirect
            command.line,
            shell=True,
            cwd=self.cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == command.code, f"{command.line}\n{done.stdout}\n{done.stderr}"

    def _program(self, name: str, code: str) -> None:
        path = self._bin / name
        path.write_text(f"#!{self._bin / 'python'}\n{code}\n", "utf-8")
        path.chmod(0o755)


@pytest.mark.full
@pytest.mark.timeout(400)
def test_the_guide_goes_from_nothing_to_a_certified_adapter(tmp_path: Path) -> None:
    before = house()
    reader = Reader(tmp_path)
    for step in steps():
        if isinstance(step, Command):
            reader.types(step)
        else:
            step.apply(reader.cwd)
    certificate = json.loads((reader.cwd / "certificate.json").read_text("utf-8"))
    assert certificate["passed"]
    assert certificate["adapter"] == "corner"
    assert certificate["counts"] == {"kept": len(certificate["results"])}  # nothing is exempt
    assert house() == before  # R36
