"""``POST /webhooks/{adapter}``: over a real socket, to the program as a process of its own."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import unused_port
from faults.serving import installed_beside
from saccade_webhooks.receiving import Refused
from server.program import Program, write_tenant
from webhooks import posting
from webhooks.conftest import Post
from webhooks.posting import order, signed


class Server:
    """``saccade serve`` with the tests' own platform."""

    def __init__(self, folder: Path) -> None:
        write_tenant(folder, "http://127.0.0.1:9")
        tenant = folder / "tenants" / "lab" / "tenant.toml"
        tenant.write_text(tenant.read_text("utf-8").replace("sap_occ", "posting"), "utf-8")
        source = Path(posting.__file__).read_text("utf-8")
        self.folder = folder
        self.environment = {
            "PYTHONPATH": str(installed_beside(folder, "posting_platform", "posting", source))
        }
        self.port = unused_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = self.start()

    def start(self) -> Program:
        """Serve."""
        return Program(
            self.folder,
            *("serve", "--adapter", "posting", "--port", str(self.port)),
            settings=self.environment,
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``saccade webhooks`` on its records."""
        return subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "saccade_server.cli", "webhooks", *arguments],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def outcomes(self) -> list[dict[str, Any]]:
        """What was journaled."""
        with closing(sqlite3.connect(self.folder / ".saccade" / "saccade.db")) as journal:
            try:
                rows = journal.execute("SELECT record FROM outcomes").fetchall()
            except sqlite3.OperationalError:  # nothing was journaled yet
                return []
            return [json.loads(row[0]) for row in rows]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("webhooks"))
    yield started
    started.program.kill()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[ClientSession]:
    await server.program.ready(server.url)
    async with ClientSession(server.url) as session:
        yield session


async def test_an_order_is_acknowledged_kept_and_journaled_once(
    server: Server, client: ClientSession
) -> None:
    headers, body = signed(order("o-1"), "o-1")
    for _ in range(3):
        async with client.post("/webhooks/posting", data=body, headers=headers) as answer:
            assert answer.status == 200
    async with client.post("/webhooks/posting/lab", data=body, headers=headers) as answer:
        assert answer.status == 200
    for _ in range(500):
        if server.outcomes():
            break
        await asyncio.sleep(0.02)
    (outcome,) = [one for one in server.outcomes() if one["order_id"] == "o-1"]
    assert (outcome["kind"], outcome["trusted"], outcome["tenant"]) == ("converted", True, "lab")


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        ("/webhooks/nobodys", {}, 404),
        ("/webhooks/sap_occ/lab", {}, 404),
        ("/webhooks/posting", {"x-posting-tenant": "stranger"}, 404),
        ("/webhooks/posting", {"x-posting-signature": "0" * 64}, 401),
        ("/webhooks/posting", {"x-posting-signature": ""}, 401),
        ("/webhooks/posting/other", {}, 401),
        ("/webhooks/posting", {"content-encoding": "gzip"}, 415),
    ],
)
async def test_what_is_refused_is_told_as_a_problem(
    client: ClientSession, path: str, change: dict[str, str], status: int
) -> None:
    headers, body = signed(order("refused"), "refused")
    async with client.post(path, data=body, headers={**headers, **change}) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        assert (await answer.json())["status"] == status


async def test_other_methods_are_refused(client: ClientSession) -> None:
    async with client.get("/webhooks/posting") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_3_mb_are_taken(client: ClientSession) -> None:
    body = json.dumps({"kind": "nothing", "note": "x" * 3_000_000}).encode()
    headers, _ = signed(body, "large")
    sent = BytesIO(body)
    async with client.post("/webhooks/posting", data=sent, headers=headers) as answer:
        assert answer.status == 200


async def test_30_mb_are_refused_before_they_are_read(server: Server) -> None:
    """The answer comes while nothing but the head was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST /webhooks/posting HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n")
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in head.lower()
    writer.close()


async def test_a_body_of_untold_length_is_refused_once_it_is_too_much(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"POST /webhooks/posting HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = 0
    answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
    async with asyncio.timeout(20):
        while not answer.done() and sent < 30_000_000:
            writer.write(chunk)
            sent += 65_536
            try:
                await writer.drain()
            except ConnectionError:
                break
        assert (await answer).startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_figures_are_told(client: ClientSession) -> None:
    async with client.get("/metrics") as answer:
        text = await answer.text()
    for name in ("received", "refused", "duplicates", "done"):
        assert f"saccade_webhooks_{name}_total" in text
    assert "saccade_webhooks_backlog " in text
    assert "saccade_webhooks_oldest_seconds " in text
    assert 'adapter="nobodys"' not in text


@pytest.mark.full
async def test_the_command_line_lists_and_replays(server: Server, client: ClientSession) -> None:
    headers, body = signed({"kind": "poison"}, "poison", topic="bad/topic")
    async with client.post("/webhooks/posting", data=body, headers=headers) as answer:
        assert answer.status == 200
    async with asyncio.timeout(30):
        while "kind: is none" not in (found := await _listed(server)):  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.05)
    assert "bad/topic" in found
    assert "waiting" in found
    line = next(line for line in found.splitlines() if "bad/topic" in line)
    number = line.split("│")[1].strip()
    again = await asyncio.to_thread(server.command, "replay", number, "--wait", "0")
    assert again.returncode == 1
    assert "replayed 1: 1 waiting" in again.stdout
    none = await asyncio.to_thread(server.command, "replay", "999999")
    assert (none.returncode, "is no delivery" in none.stderr) == (2, True)
    done = await asyncio.to_thread(server.command, "replay", "1")
    assert "no longer kept" in done.stderr
    dead = await asyncio.to_thread(server.command, "dead-letters")
    assert "in all:" in dead.stdout


async def _listed(server: Server) -> str:
    return (await asyncio.to_thread(server.command, "list", "--limit", "100")).stdout


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_byte_changed_is_refused_unread(data: st.DataObject) -> None:
    """Every flip of a byte of body or signature: 401, and the parser is never entered."""
    headers, body = signed(order("flipped"), "flipped")
    signature = headers["x-posting-signature"]
    whole = body + signature.encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = bytes([*whole[:at], whole[at] ^ flip, *whole[at + 1 :]])
    sent = changed[: len(body)]
    headers["x-posting-signature"] = changed[len(body) :].decode("latin-1")
    if headers["x-posting-signature"] == signature and sent == body:
        return
    asyncio.run(_refused_unread(headers, sent))


async def _refused_unread(headers: dict[str, str], body: bytes) -> None:
    post = Post("sqlite:////nonexistent/never-opened.db")
    with pytest.raises(Refused) as caught:
        await post.door.receive("posting", None, headers, body)
    assert caught.value.status == 401
    assert post.shops.looked == 0
