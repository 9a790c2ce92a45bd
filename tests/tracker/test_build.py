"""The built file: small, and exactly what the source builds (R1)."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tracker.stand import TRACKER

SOURCE = TRACKER.parents[1]
MOST = 8_192


def test_it_weighs_at_most_eight_kilobytes() -> None:
    built = TRACKER.read_bytes()
    packed = len(gzip.compress(built, 9))
    print(f"tracker.js: {len(built)} bytes, {packed} gzip")  # noqa: T201 - the figure R1 asks for
    assert len(built) <= MOST


def test_it_is_one_plain_script() -> None:
    built = TRACKER.read_text("utf-8")
    assert built.startswith("try{let ")
    for never in ("innerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "unload"):
        assert never not in built
    assert re.findall(r"https?://|\bvar\b|setAttribute\(\"on", built) == []


def test_the_committed_file_is_what_the_source_builds(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (SOURCE / "node_modules" / ".bin" / "esbuild").exists():
        pytest.skip("esbuild is not installed: npm ci --prefix tracker")
    built = tmp_path / "tracker.js"
    subprocess.run(  # noqa: S603 - the node found on the path, our own script
        [node, SOURCE / "build.mjs", built], check=True, capture_output=True, timeout=60
    )
    assert built.read_bytes() == TRACKER.read_bytes()


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (SOURCE / "package-lock.json").read_text("utf-8")
