"""The README's walk, run as it is written: every block of shell, and what it says it prints."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import unused_port

README = Path(__file__).parents[3] / "adapters" / "sap_occ" / "README.md"
BLOCK = re.compile(r"```bash\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
MARK = "=== block"


def walk() -> list[tuple[str, str | None]]:
    """Each block with what follows it as its output; its ports replaced by free ones."""
    text = README.read_text("utf-8")
    for port in ("9002", "8080"):
        text = text.replace(f":{port}", f":{(free := unused_port())}")
        text = text.replace(f"({port})", f"({free})").replace(f"--port {port}", f"--port {free}")
    return [(found[1], found[2]) for found in BLOCK.finditer(text)]


def expected(text: str) -> re.Pattern[str]:
    """What is printed, with … for anything."""
    parts = [re.escape(part) for part in text.strip().split("…")]
    return re.compile(r"[\s\S]*?".join(parts))


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[list[tuple[str, str | None, str]]]:
    """Every block, what it should print, and what it did."""
    for tool in ("bash", "curl"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: apt-get install {tool}")
    blocks = walk()
    script = "\n".join(f"echo '{MARK}'\n{block}" for block, _ in blocks)
    kept = {name: value for name, value in os.environ.items() if "SACCADE_" not in name}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    process = subprocess.Popen(  # noqa: S603 - the README's own lines
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - looked for above
        cwd=tmp_path,
        env={**kept, "PATH": path, "COLUMNS": "200", "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=90)
        assert process.returncode == 0, out + err
        said = out.split(f"{MARK}\n")[1:]
        yield [(block, text, one) for (block, text), one in zip(blocks, said, strict=True)]
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # the stand-in and the server
        process.wait(timeout=20)


@pytest.mark.full
def test_the_walk_prints_what_it_says(printed: list[tuple[str, str | None, str]]) -> None:
    assert len(printed) >= 10
    for block, text, out in printed:
        wanted = expected(text or "")
        assert wanted.fullmatch(out.strip()), f"{block}\nshould print\n{text}\nbut printed\n{out}"


def test_what_is_installed_is_there() -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    (lock,) = re.findall(r"-r (\S+)", block)
    root = README.parents[2]
    assert (root / lock).exists()
    assert "--require-hashes" in block
    assert "hatchling==" in (root / lock).read_text("utf-8")


def test_links_lead_somewhere() -> None:
    text = README.read_text("utf-8")
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in headings, target
        else:
            assert (README.parent / target).exists(), target
