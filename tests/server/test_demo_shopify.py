"""``saccade demo shopify`` as a newcomer meets it: no account, three shoppers, a page."""

import asyncio
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

pytest.importorskip("liquid", reason="python-liquid is not installed: pip install 'saccade[lab]'")

from conftest import unused_port
from saccade_server.commands import demo as demo_command
from saccade_server.settings import SettingError, Settings
from server.program import Program


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Program, str]]:
    port = unused_port()
    arguments = ("demo", "shopify", "--no-browser", "--port", str(port))
    program = Program(tmp_path, *arguments, settings={"COLUMNS": "140"})
    yield program, f"http://127.0.0.1:{port}"
    program.kill()


@pytest.mark.full
async def test_the_demo_installs_the_app_and_shows_three_shoppers_deciding(
    demo: tuple[Program, str],
) -> None:
    program, url = demo
    await program.ready(url)
    async with asyncio.timeout(40):
        while not any("looks in" in line for line in program.lines()):  # noqa: ASYNC110 - a program's output tells no event of ours
            await asyncio.sleep(0.05)
    told = "\n".join(program.lines())
    assert re.search(r"compares figures +│ analytical +│ [\d.]+ +│ MODEL +│ move description", told)
    assert re.search(r"hesitates +│ hesitating +│ [\d.]+ +│ MODEL +│ show reassurance", told)
    assert re.search(r"looks in +│ default +│ .* announcement", told)
    (page,) = re.findall(r"(http://[0-9.:]+/products/[a-z-]+)", told)
    async with ClientSession() as client:
        async with client.get(page) as answer:
            assert f'data-server="{url}"' in await answer.text()
        async with client.get(f"{url}/readyz") as answer:
            assert (await answer.json())["degraded"] == []
    program.process.send_signal(signal.SIGINT)
    assert await program.ended() == 0


def test_synthetic_shoppers_are_refused_where_they_know_no_way(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="visit SAP's shop only"):
        demo_command.run(Settings(data=tmp_path), "shopify", shoppers=3, browser=False)
