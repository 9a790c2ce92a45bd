"""``POST /webhooks/{adapter}``: over a real socket, to the program as a process of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from io import BytesIO

import pytest
from aiohttp import ClientSession
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade_webhooks.receiving import Refused
from server.posted import PostedServer
from webhooks.conftest import Post
from webhooks.posting import order, signed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostedServer]:
    started = PostedServer(tmp_path_factory.mktemp("webhooks"))
    yield started
    started.program.kill()


@pytest.fixture
async def client(server: PostedServer) -> AsyncIterator[ClientSession]:
    await server.program.ready(server.url)
    async with ClientSession(server.url) as session:
        yield session


async def test_an_order_is_acknowledged_kept_and_journaled_once(
    server: PostedServer, client: ClientSession
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
        ("/webhooks/posting", {"x-posting-tenant": "stranger"}, 401),
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


async def test_a_stranger_does_not_learn_who_is_served(client: ClientSession) -> None:
    """A wrong signature and a tenant that is none are answered alike (Shopify 1: 401)."""
    told: list[tuple[int, object]] = []
    for tenant in ("lab", "stranger"):
        headers, body = signed(order("stranger"), "stranger", tenant=tenant, secret="wrong")  # noqa: S106 - of nobody
        async with client.post("/webhooks/posting", data=body, headers=headers) as answer:
            told.append((answer.status, await answer.json()))
    assert told[0] == told[1]
    assert told[0][0] == 401


async def test_other_methods_are_refused(client: ClientSession) -> None:
    async with client.get("/webhooks/posting") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_3_mb_are_taken(client: ClientSession) -> None:
    body = json.dumps({"kind": "nothing", "note": "x" * 3_000_000}).encode()
    headers, _ = signed(body, "large")
    sent = BytesIO(body)
    async with client.post("/webhooks/posting", data=sent, headers=headers) as answer:
        assert answer.status == 200


async def test_30_mb_are_refused_before_they_are_read(server: PostedServer) -> None:
    """The answer comes while nothing but the head was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST /webhooks/posting HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n")
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in head.lower()
    writer.close()


async def test_a_body_of_untold_length_is_refused_once_it_is_too_much(server: PostedServer) -> None:
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
async def test_the_command_line_lists_and_replays(
    server: PostedServer, client: ClientSession
) -> None:
    headers, body = signed({"kind": "poison"}, "poison", topic="bad/topic")
    async with client.post("/webhooks/posting", data=body, headers=headers) as answer:
        assert answer.status == 200
    async with asyncio.timeout(30):
        while "kind: is none" not in (found := await _listed(server)):  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.05)
    assert "bad/topic" in found
    assert "waiting" in found
    line = next(line for line in found.splitlines() if "bad/topic" in line)
    number = line.split()[0]
    again = await asyncio.to_thread(server.command, "replay", number, "--wait", "0")
    assert again.returncode == 1
    assert "replayed 1: 1 waiting" in again.stdout
    none = await asyncio.to_thread(server.command, "replay", "999999")
    assert (none.returncode, "is no delivery" in none.stderr) == (2, True)
    done = await asyncio.to_thread(server.command, "replay", "1")
    assert "no longer kept" in done.stderr
    dead = await asyncio.to_thread(server.command, "dead-letters")
    assert "in all:" in dead.stdout


async def _listed(server: PostedServer) -> str:
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
