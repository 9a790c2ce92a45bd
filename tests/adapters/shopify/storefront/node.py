"""Node programs of the extensions' own folder; a visible skip where they are not installed."""

import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[4] / "adapters" / "shopify"
THEME = FOLDER / "extensions" / "saccade-theme"
_HERE = Path(__file__).parent


def installed() -> str:
    """The Node to run; a visible skip without it or the extensions' packages."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node is not installed: apt-get install nodejs npm")
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        pytest.skip("the extensions' packages are not installed: npm ci --prefix adapters/shopify")
    return program


def node(*arguments: str | Path, told: str = "") -> subprocess.CompletedProcess[str]:
    """Run Node in the extensions' folder."""
    return subprocess.run(  # noqa: S603 - the node found on the path, our own scripts
        [installed(), *arguments],
        cwd=FOLDER,
        input=told,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def rendered(name: str, **context: Any) -> str:
    """A block of the theme extension as HTML."""
    return _rendered(json.dumps([name, context]))


def called(module: str, name: str, calls: list[list[Any]]) -> list[Any]:
    """What a function of an extension's module answers to each list of arguments."""
    ran = node(_HERE / "calling.mjs", FOLDER, told=json.dumps([module, name, calls]))
    assert ran.returncode == 0, ran.stderr
    answers: list[Any] = json.loads(ran.stdout)
    return answers


@cache
def bundles() -> dict[str, str]:
    """The extensions' scripts as Shopify's CLI bundles them, by file name."""
    with tempfile.TemporaryDirectory() as scratch:
        ran = node("bundle.mjs", scratch)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return {path.name: path.read_text("utf-8") for path in Path(scratch).iterdir()}


@cache
def _rendered(told: str) -> str:
    ran = node(_HERE / "render.mjs", FOLDER, told=told)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
