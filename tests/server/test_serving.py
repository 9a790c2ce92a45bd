"""A server as a process: it starts, stops gracefully, and several share one port."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession, web
from aiohttp.test_utils import TestServer

from conftest import unused_port
from server.program import Program, write_tenant

Start = Callable[..., Program]


class Platform:
    """An upstream whose answers are held back until they are let go."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/slow"):
            self.asked.set()
            await self.let_go.wait()
        return web.json_response({"code": "816324", "path": request.path})


@pytest.fixture
async def platform() -> Platform:
    return Platform()


@pytest.fixture
async def folder(tmp_path: Path, platform: Platform) -> AsyncIterator[Path]:
    """A folder with a tenant whose platform is `platform`."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", platform.handle)
    async with TestServer(app) as server:
        write_tenant(tmp_path, str(server.make_url("/")).rstrip("/"))
        yield tmp_path
        platform.let_go.set()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts programs, and ends those that still run."""
    started: list[Program] = []

    def program(folder: Path, *arguments: str) -> Program:
        started.append(Program(folder, *arguments))
        return started[-1]

    yield program
    for one in started:
        one.kill()


async def test_a_stop_finishes_calls_under_way_and_drains_the_journal(
    folder: Path, platform: Platform, start: Start, laptop: dict[str, Any]
) -> None:  # R44
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    program = start(folder, "serve", "--adapter", "sap_occ", "--port", str(port))
    await program.ready(url)
    async with ClientSession() as client:
        slow = asyncio.create_task(client.get(f"{url}/occ/v2/electronics/slow"))
        await platform.asked.wait()
        async with client.post(f"{url}/v1/signals", json=laptop) as answer:
            assert answer.status == 200
        async with client.get(f"{url}/v1/experience?session=s1&product=816324") as answer:
            decision_id = (await answer.json())["decision_id"]
        program.stop()
        await program.logged("stopping")
        await refuses(url)
        assert program.process.poll() is None
        platform.let_go.set()
        async with await slow as answer:
            assert answer.status == 200
            assert (await answer.json())["path"] == "/occ/v2/electronics/slow"
    assert await program.ended() == 0
    with closing(sqlite3.connect(folder / ".saccade" / "saccade.db")) as journal:
        rows = journal.execute("SELECT id FROM decisions").fetchall()
    assert rows == [(decision_id,)]
    assert [event["event"] for event in program.events("stopped")] == ["stopped"]


async def refuses(url: str) -> None:
    """Wait until new connections are refused."""
    async with ClientSession() as client:
        for _ in range(500):
            try:
                async with client.get(f"{url}/livez"):
                    await asyncio.sleep(0.01)
            except ClientConnectionError:
                return
    raise AssertionError("connections are still taken")


async def test_no_output_holds_what_shoppers_sent(
    folder: Path, start: Start, laptop: dict[str, Any]
) -> None:
    port, canary = unused_port(), "canary-4d1e"
    url = f"http://127.0.0.1:{port}"
    program = start(folder, "serve", "--port", str(port))
    await program.ready(url)
    headers = {"Cookie": f"saccade_session={canary}", "User-Agent": canary, "Referer": canary}
    async with ClientSession(headers=headers) as client:
        for body in ({**laptop, "session_id": canary}, {"session_id": canary, canary: 1}, canary):
            async with client.post(f"{url}/v1/signals", json=body) as answer:
                assert answer.status in {200, 400}
        for path in ("v1/experience", "occ/v2/electronics/products/816324", f"{canary}?a={canary}"):
            async with client.get(f"{url}/{path}") as answer:
                assert answer.status in {200, 404}
        async with client.get(f"{url}/metrics") as answer:
            assert canary not in await answer.text()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /{canary} HTTP/9\r\n{canary}\r\n\r\n".encode())
    await reader.read()
    writer.close()
    program.stop()
    assert await program.ended() == 0
    assert canary not in (folder / "log.jsonl").read_text("utf-8")


MALFORMED = (
    b"GET / HTTP/9\r\n\r\n",
    b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: lab\r\nContent-Length: x\r\n\r\n",
    b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\nHost: lab\r\n\r\n",
    b"POST /v1/signals HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x00\xa5\x01\x00\x00\r\n\r\n",  # TLS
)


async def test_what_is_no_http_is_counted_and_cannot_fill_the_log(
    folder: Path, start: Start
) -> None:
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    program = start(folder, "serve", "--port", str(port))
    await program.ready(url)
    for sent in MALFORMED * 5:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert (await reader.read()).split()[1] == b"400"
        writer.close()
        await writer.wait_closed()
    async with ClientSession() as client, client.get(f"{url}/metrics") as answer:
        text = await answer.text()
    assert 'saccade_rejected_total{field_kind="malformed",route="other"} 35.0' in text
    assert program.events("library_event") == []
    program.stop()
    assert await program.ended() == 0


@pytest.mark.full
@pytest.mark.redis
async def test_two_workers_share_a_port_and_a_dead_one_is_replaced(
    folder: Path, start: Start, laptop: dict[str, Any], redis_url: str
) -> None:
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    options = ("--workers", "2", "--port", str(port), "--state", redis_url)
    program = start(folder, "serve", *options)
    first = {event["pid"] for event in await program.logged("serving", 2)}
    assert len(first) == 2
    counted, asked = await ask_of_both(url, laptop)
    assert counted == asked

    victim = min(first)
    os.kill(victim, signal.SIGKILL)
    (died,) = await program.logged("worker_died")
    assert died["status"] == -signal.SIGKILL
    after = {event["pid"] for event in await program.logged("serving", 3)}
    assert len(after - first) == 1
    counted, more = await ask_of_both(url, {**laptop, "session_id": "s2"})
    assert counted == asked + more  # the dead one's too

    program.stop()
    assert await program.ended() == 0
    assert len(program.events("stopped")) == 2


async def ask_of_both(url: str, laptop: dict[str, Any]) -> tuple[float, int]:
    """20 answers on connections of their own, so that both workers are asked and one state answers.

    Returns the decisions counted by all workers so far, and those asked for here: on a machine
    that is short of time a read of the state may take longer than it is given, and is asked again.
    """
    async with ClientSession() as client:
        for _ in range(50):
            async with client.post(f"{url}/v1/signals", json=laptop) as answer:
                if answer.status == HTTPStatus.OK:
                    break
                assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    modes: list[str] = []
    ids: set[str] = set()
    asked = 0
    query = f"session={laptop['session_id']}&product=816324&view=v1"
    while len(modes) < 20:
        async with (
            ClientSession() as client,
            client.get(f"{url}/v1/experience?{query}") as answer,
        ):
            experience = await answer.json()
        asked += 1
        assert asked < 200
        if experience["reason"] not in {"ERROR", "TIMEOUT"}:
            modes.append(experience["mode"])
            ids.add(experience["decision_id"])
    assert set(modes) == {"hesitating"}
    assert len(ids) == 1
    async with ClientSession() as client, client.get(f"{url}/metrics") as answer:
        text = await answer.text()
    counted = [line for line in text.splitlines() if line.startswith("saccade_decisions_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in counted), asked


@pytest.mark.redis
@pytest.mark.full
async def test_workers_end_with_their_parent(folder: Path, start: Start, redis_url: str) -> None:
    port = unused_port()
    options = ("--workers", "2", "--port", str(port), "--state", redis_url)
    program = start(folder, "serve", *options)
    await program.logged("serving", 2)
    program.process.kill()
    await refuses(f"http://127.0.0.1:{port}")
