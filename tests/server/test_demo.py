"""The demo as a newcomer meets it, and the walk of three curls (R33)."""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from conftest import unused_port
from server.program import Program

SEEN = web.AppKey("seen", set[str])
WALK = Path(__file__).parents[2] / "scripts" / "three_curls.sh"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Program, str]]:
    port = unused_port()
    program = Program(tmp_path, "demo", "sap", "--no-browser", "--port", str(port))
    yield program, f"http://127.0.0.1:{port}"
    program.kill()


async def walked(url: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    ours = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return await asyncio.to_thread(
        subprocess.run,
        [str(WALK), url],
        env={**os.environ, "PATH": ours},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def counted(figures: str, stage: str) -> float:
    """How often a stage was timed."""
    _, _, rest = figures.partition(f'saccade_stage_seconds_count{{stage="{stage}"}} ')
    return float(rest.split()[0])


async def test_the_demo_serves_a_shop_and_the_three_curls_pass(
    demo: tuple[Program, str],
) -> None:  # R33, R30, R31, R32, R10
    program, url = demo
    await program.ready(url)
    walk = await walked(url)
    assert walk.returncode == 0, walk.stdout + walk.stderr
    assert walk.stdout.count("  ok: ") >= 5
    assert walk.stdout.endswith("All of it works.\n")
    async with ClientSession() as client:
        for path, wanted in (("/", "<html"), ("/docs", "/v1/signals"), ("/tracker.js", "saccade")):
            async with client.get(url + path) as answer:
                assert answer.status == 200
                assert wanted in await answer.text()
        async with client.get(f"{url}/api/product/0") as answer:
            assert answer.status == 404  # the platform's own
        async with client.get(f"{url}/metrics") as answer:
            figures = await answer.text()
        assert counted(figures, "page") == counted(figures, "platform") > 0
        assert 'saccade_decisions_total{reason="MODEL",served="model"} ' in figures
        async with client.get(f"{url}/readyz") as answer:
            assert (await answer.json())["degraded"] == []
    program.process.send_signal(signal.SIGINT)
    assert await program.ended() == 0


async def test_the_demo_names_and_serves_shops_that_know_one_tag_of_ours(
    demo: tuple[Program, str],
) -> None:  # R5
    program, url = demo
    await program.ready(url)
    shops = await named(program, "A foreign page", "Like Spartacus", "Like Dawn")
    assert len(set(shops)) == 3
    async with ClientSession() as client:
        for shop in shops:
            async with client.get(shop) as answer:
                page = await answer.text()
            assert page.count("<script src=") == 1
            (tag,) = re.findall(r'<script src="([^"]+)"', page)
            assert tag.startswith(f"{url}/tracker.js?site=")
            async with client.get(unescape(tag)) as answer:
                assert (await answer.text()).startswith("window.__SACCADE__={")
        async with client.get(f"{url}/tracker.js") as answer:
            assert "__SACCADE__={" not in await answer.text()  # the demo's own is without a key
        async with client.get(f"{url}/readyz") as answer:
            assert (await answer.json())["degraded"] == []


async def named(program: Program, *labels: str) -> list[str]:
    """The addresses the demo's welcome gives for ``labels``."""
    pattern = re.compile(f"({'|'.join(labels)}) +(http://[0-9.:]+/)")
    async with asyncio.timeout(20):
        while len(found := pattern.findall("\n".join(program.lines()))) < len(labels):  # noqa: ASYNC110 - a program's output tells no event of ours
            await asyncio.sleep(0.02)
    return [address for _, address in found]


@pytest.mark.full
async def test_two_demos_in_one_folder_know_nothing_of_each_other_and_leave_nothing(
    demo: tuple[Program, str], tmp_path: Path
) -> None:
    first, url = demo
    port = unused_port()
    arguments = ("demo", "sap", "--no-browser", "--port", str(port))
    second = Program(tmp_path, *arguments, log="second.jsonl")
    other = f"http://127.0.0.1:{port}"
    try:
        await asyncio.gather(first.ready(url), second.ready(other))
        for own, foreign in ((url, other), (other, url)):
            decision_id = await decided(own)
            async with ClientSession() as client:
                async with client.get(f"{own}/v1/decisions/{decision_id}") as answer:
                    assert answer.status == 200
                async with client.get(f"{foreign}/v1/decisions/{decision_id}") as answer:
                    assert answer.status == 404
        for program in (first, second):
            program.stop()
            assert await program.ended() == 0
    finally:
        second.kill()
    assert names(tmp_path) == {"log.jsonl", "second.jsonl"}


def names(folder: Path) -> set[str]:
    """What a folder holds."""
    return {path.name for path in folder.iterdir()}


async def decided(url: str) -> str:
    """A decision of the demo for some visitor."""
    async with ClientSession() as client:
        body = {"session_id": "s1", "product_id": "816324", "spec_hover_ms": 14_200}
        async with client.post(f"{url}/v1/signals", json=body) as answer:
            assert answer.status == 200
        async with client.get(f"{url}/v1/experience?session=s1&product=816324") as answer:
            return str((await answer.json())["decision_id"])


async def test_a_demo_keeps_its_journal_where_it_is_told_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    port = unused_port()
    arguments = ("demo", "--no-browser", "--port", str(port))
    program = Program(tmp_path, *arguments, settings={"SACCADE_DATA": str(kept)})
    try:
        await program.ready(f"http://127.0.0.1:{port}")
        decision_id = await decided(f"http://127.0.0.1:{port}")
        program.stop()
        assert await program.ended() == 0
    finally:
        program.kill()
    with closing(sqlite3.connect(kept / "saccade.db")) as journal:
        assert journal.execute("SELECT id FROM decisions").fetchall() == [(decision_id,)]


async def held_out_once(request: web.Request) -> web.Response:
    """A server that holds the first visitor out, and in the end cannot say why."""
    seen = request.app[SEEN]
    if request.path == "/v1/signals":
        return web.json_response({"mode_detected": "hesitating", "confidence": 0.84})
    if request.path == "/v1/experience":
        held_out = not seen
        seen.add(request.query["session"])
        move = {"op": "move", "slot": "battery-guarantee", "to": "top"}
        return web.json_response(
            {
                "decision_id": "d" * 32,
                "reason": "HOLDOUT" if held_out else "MODEL",
                "served": "default" if held_out else "model",
                "instructions": [] if held_out else [move],
            }
        )
    if request.path.startswith("/api/product/"):
        block = {"decision_id": "d" * 32, "instructions": [1]}
        return web.json_response(
            {"code": "816324", "name": "Laptop", "price": 1, "stock": 1, "saccade": block}
        )
    return web.json_response({"because": []})


async def test_the_walk_goes_on_as_another_visitor_and_fails_where_something_is_wrong() -> None:
    app = web.Application()
    seen: set[str] = set()
    app[SEEN] = seen
    app.router.add_route("*", "/{tail:.*}", held_out_once)
    async with TestServer(app) as server:
        walk = await walked(str(server.make_url("")).rstrip("/"))
    assert "one of the tenth that is held out" in walk.stdout
    assert len(seen) == 2
    assert walk.returncode == 1
    assert walk.stderr.startswith("  FAILED: it says why:")


@pytest.mark.full
async def test_what_the_rest_demo_says_to_type_can_be_copied_from_a_narrow_terminal(
    tmp_path: Path,
) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    arguments = ("demo", "rest", "--no-browser", "--port", url.rpartition(":")[2])
    program = Program(tmp_path, *arguments, settings={"COLUMNS": "80"})
    try:
        await program.ready(url)
        async with asyncio.timeout(20):
            while not any("/metrics" in line for line in program.lines()):  # noqa: ASYNC110 - a program's output tells no event of ours
                await asyncio.sleep(0.02)
        told = "\n".join(program.lines())
        walk = await asyncio.to_thread(
            subprocess.run,
            ["/bin/sh", "-ec", told[told.index("  curl ") :]],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    finally:
        program.kill()
    assert '"saccade":{"decision_id"' in walk.stdout
    assert '"order' in walk.stdout
    assert re.search(r"decisions_total\{.*\} [1-9]", walk.stdout)
