"""Personal data in logs: canaries in every place a shopper's words can get to, searched in every
output: standard output and error, figures, the journal and a dump of Redis."""

import asyncio
import io
import json
import logging
import socket
from http import HTTPStatus
from pathlib import Path

import pytest
from aiohttp import ClientSession

from conftest import RedisServer, unused_port
from faults import upstream as up
from faults.smuggling import say
from faults.upstream import Line, Received, ScriptedUpstream
from faults.wire import call, exchange, request
from saccade_server import logs
from security.controls import proves
from security.house import SITE, served, shop
from server.program import Program, write_tenant
from server.shopfront import LAPTOP

SESSION = "sessioncanary-5b1f"
"""Names the session: state and journal know it, nothing else does."""

CANARIES = {
    "email": "ann.canary@shop.example",
    "authorization": "bearercanary-1a2b",
    "cookie": "cookiecanary-3c4d",
    "agent": "agentcanary-5e6f",
    "referrer": "referercanary-7a8b",
    "forwarded": "203.0.113.77",
    "query": "querycanary-9c0d",
    "path": "pathcanary-1e2f",
    "posted": "postcanary-3a4b",
    "field": "fieldcanary-5c6d",
    "malformed": "malformedcanary-7e8f",
    "answered": "answercanary-9a0b",
}
"""Kept nowhere at all."""

TALKATIVE = {"SACCADE_LOG_LEVEL": "debug", "SACCADE_SHED_LAG_MS": "60000"}
"""All that can be logged, and nothing shed where the machine is busy."""

HEADERS = (
    ("Authorization", f"Bearer {CANARIES['authorization']}"),
    ("Cookie", f"a={CANARIES['cookie']}; saccade_session={SESSION}"),
    ("User-Agent", CANARIES["agent"]),
    ("Referer", f"https://shop.example/{CANARIES['referrer']}"),
    ("X-Forwarded-For", CANARIES["forwarded"]),
)


async def odd(received: Received, line: Line) -> None:
    """A platform that answers with a shopper's data, or breaks while it does."""
    if b"broken" in received.target:
        await line.send(b"HTTP/1.1 200 OK\r\n" + CANARIES["answered"].encode() + b"\r\n\r\n")
        line.close()
    else:
        await up.json(b'{"name":"%b"}' % CANARIES["answered"].encode())(received, line)


async def visit(port: int) -> None:
    """Everything a shopper and a stranger may send, sound and broken."""
    query = f"email={CANARIES['email']}&q={CANARIES['query']}"
    for path in ("products/816324", "products/broken", f"users/{CANARIES['path']}/carts", "a"):
        await call(port, f"{SITE}/{path}?{query}", *HEADERS)
    posted = json.dumps({"email": CANARIES["posted"]}).encode()
    await exchange(
        port, request(f"{SITE}/users/current/orders", *HEADERS, method="POST", body=posted)
    )
    for target in (
        f"/{CANARIES['path']}?{query}",
        f"/v1/{CANARIES['path']}",
        f"/api/product/1?{query}",
    ):
        await call(port, target, *HEADERS)
    await signals(port)
    for junk in ("GET / HTTP/9.%s\r\n\r\n", "GET /%s\x00 HTTP/1.1\r\n\r\n", "%s\r\n\r\n"):
        await say(port, (junk % CANARIES["malformed"]).encode(), quiet_s=0.05)


async def signals(port: int) -> None:
    """Batches, of which some are refused."""
    sound = {**LAPTOP, "session_id": SESSION}
    bodies = (
        sound,
        {**sound, CANARIES["field"]: 1},
        {**sound, "product_id": CANARIES["posted"] * 20},
    )
    async with ClientSession(f"http://127.0.0.1:{port}", headers=dict(HEADERS)) as client:
        for body in bodies:
            for path in ("/v1/signals", "/v1/exposures", "/v1/outcomes"):
                async with client.post(path, json=body) as answer:
                    assert answer.status != HTTPStatus.INTERNAL_SERVER_ERROR
        async with client.post("/v1/signals", data=CANARIES["posted"]) as answer:
            assert answer.status in {400, 415}
        async with client.get(f"/v1/decisions/{CANARIES['path']}") as answer:
            assert answer.status == 404


def found(output: bytes, *more: str) -> list[str]:
    """Canaries in an output."""
    return [one for one in (*CANARIES.values(), *more) if one.encode() in output]


@pytest.mark.redis
async def test_no_output_holds_a_canary(tmp_path: Path, own_redis: RedisServer) -> None:
    port = unused_port()
    async with ScriptedUpstream(odd) as upstream:
        write_tenant(tmp_path, upstream.url)
        program = Program(
            tmp_path,
            *("serve", "--port", str(port)),
            settings={
                "SACCADE_STATE_URL": own_redis.url,
                "SACCADE_LOG_LEVEL": "debug",
                "SACCADE_SHED_LAG_MS": "60000",
            },
        )
        try:
            await program.ready(f"http://127.0.0.1:{port}")
            await visit(port)
            metrics = (await call(port, "/metrics")).body
            program.stop()
            assert await program.ended() == 0
        finally:
            program.kill()
        reached = upstream.received
    assert any(CANARIES["authorization"].encode() in one.raw_head for one in reached)
    assert any(CANARIES["posted"].encode() in one.body for one in reached)  # or nothing was tried
    told = (tmp_path / "log.jsonl").read_bytes()
    assert b"stopped" in told
    assert found(told, SESSION) == []
    assert found(metrics, SESSION) == []
    assert b"saccade_" in metrics
    journal = b"".join(path.read_bytes() for path in (tmp_path / ".saccade").glob("saccade.db*"))
    assert found(journal) == []
    assert SESSION.encode() in journal  # the search does look into it
    dump = await asyncio.to_thread(dumped, own_redis, tmp_path)
    assert found(dump) == []
    assert SESSION.encode() in dump


def dumped(server: RedisServer, folder: Path) -> bytes:
    """All that Redis knows, not packed."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"CONFIG SET rdbcompression no\r\nSAVE\r\n")
        answers = b""
        while answers.count(b"+OK") < 2:
            answers += connection.recv(100) or b"+OK+OK gone"
    return (folder / "dump.rdb").read_bytes()


@pytest.fixture
def told(logging_restored: None) -> io.StringIO:  # noqa: ARG001 - for its effect
    """What the server in this process logs."""
    stream = io.StringIO()
    logs.configure("json", "debug", stream)
    return stream


async def test_without_the_allow_list_a_malformed_call_is_quoted(
    told: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quotes(_: logs.Forward, record: logging.LogRecord) -> None:
        formatter = logging.Formatter()
        told.write(formatter.format(record))

    def writes(*_: object) -> bool:
        return True

    async with ScriptedUpstream(odd) as upstream, served(tmp_path, shop(upstream.port)) as server:

        async def run() -> bool:
            before = len(told.getvalue())
            junk = f"GET /{CANARIES['malformed']} HTTP/9.9\r\n\r\n"
            await say(server.port, junk.encode(), quiet_s=0.05)
            return CANARIES["malformed"] in told.getvalue()[before:]

        await proves(
            monkeypatch,
            run,
            ("saccade_server.logs.Forward.emit", quotes),
            ("saccade_server.malformed._Readable.filter", writes),
        )


async def test_without_the_allow_list_a_fault_is_quoted(
    told: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception's message may hold what a shopper sent."""

    def whole(_: object, __: str, event: logs.Event) -> logs.Event:
        event["why"] = repr(event.pop("exc_info", None))
        return event

    def everything(_: object, __: str, event: logs.Event) -> logs.Event:
        return event

    def fails(*_: object) -> None:
        raise RuntimeError(f"cannot read {CANARIES['posted']}")

    monkeypatch.setattr("saccade_server.routes.signals.held_to_rate", fails)
    async with ScriptedUpstream(odd) as upstream, served(tmp_path, shop(upstream.port)) as server:

        async def run() -> bool:
            before = len(told.getvalue())
            logs.configure("json", "debug", told)  # its processors are looked up here
            async with (
                ClientSession(f"http://127.0.0.1:{server.port}") as client,
                client.post("/v1/signals", json=LAPTOP) as answer,
            ):
                assert answer.status == 500
                assert CANARIES["posted"] not in await answer.text()
            return CANARIES["posted"] in told.getvalue()[before:]

        await proves(
            monkeypatch,
            run,
            ("saccade_server.logs.without_messages", whole),
            ("saccade_server.logs.allow_listed", everything),
        )
