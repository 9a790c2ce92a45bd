"""The kept connection: what it reads and refuses, when it is used again (F11, F14, F16, F19)."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from faults import upstream as up
from faults.upstream import Line, Received, Script, ScriptedUpstream
from making import tenant
from saccade.deadline import Deadline
from saccade_gateway.answer import Answer, Streamed, TruncatedError, Wired
from saccade_gateway.client import NoAnswerError, Outgoing, Platform
from saccade_gateway.headers import RawHeaders
from saccade_gateway.serving import HEADER_LIMIT, LINE_LIMIT
from saccade_gateway.wire import BUFFER, HEAD_LIMIT

OK = up.json(b'{"code":"1"}')
Told = list[tuple[int, bytes, RawHeaders]]


class Lab:
    """A platform that answers by a script, and our side of it."""

    def __init__(self, upstream: ScriptedUpstream, platform: Platform) -> None:
        self.upstream, self.platform = upstream, platform
        self.told: Told = []
        self.answers: list[Answer] = []

    async def send(self, method: str = "GET") -> Answer:
        call = Outgoing(method, b"/occ/v2/x", [b"X-Own: 1"])
        answer = await self.platform.send(call, Deadline(), self._inform)
        self.answers.append(answer)
        return answer

    async def whole(self, method: str = "GET") -> bytes:
        """The body, the connection given back."""
        answer = await self.send(method)
        body = b""
        while chunk := await answer.read():
            body += chunk
        answer.close()
        return body

    async def _inform(self, status: int, reason: bytes, headers: RawHeaders) -> None:
        self.told.append((status, reason, headers))


@asynccontextmanager
async def lab(script: Script, patience_s: float | None = None) -> AsyncGenerator[Lab]:
    async with ScriptedUpstream(script) as upstream:
        to = tenant().upstream.model_copy(
            update={"url": upstream.url, "allow_private": True, "read_timeout_s": patience_s}
        )
        platform = Platform(to)
        shop = Lab(upstream, platform)
        try:
            yield shop
        finally:
            for answer in shop.answers:
                answer.close()
            await platform.close()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_one_connection_serves_call_after_call(method: str) -> None:
    head = b"HTTP/1.1 200 Fine\r\nX-Empty:\r\nX-Two: a\r\nX-Two: b\r\nContent-Length: 2\r\n\r\n"
    async with lab(up.raw(head if method == "HEAD" else head + b"ab")) as shop:
        for _ in range(3):
            answer = await shop.send(method)
            assert isinstance(answer, Wired)
            assert (answer.status, answer.reason, answer.length) == (200, b"Fine", "2")
            assert answer.headers[:3] == ((b"X-Empty", b""), (b"X-Two", b"a"), (b"X-Two", b"b"))
            assert await answer.read() == (b"" if method == "HEAD" else b"ab")
            answer.close()
        assert shop.upstream.connections == 1


async def test_a_head_in_single_bytes_is_the_same_head() -> None:
    text = b"HTTP/1.1 200 All right\r\nX-Own: one\r\nContent-Length: 2\r\n\r\nab"
    async with lab(up.raw(*(bytes([byte]) for byte in text))) as shop:
        answer = await shop.send()
        assert answer.reason == b"All right"
        assert answer.headers == ((b"X-Own", b"one"), (b"Content-Length", b"2"))


async def test_informational_answers_are_told_in_order() -> None:  # F18
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    continued = b"HTTP/1.1 100 Continue\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
    async with lab(up.raw(continued + hints, hints, final)) as shop:
        assert await shop.whole() == b"ab"
        assert shop.told == [(103, b"Early Hints", ((b"Link", b"</a.css>"),))] * 2


async def test_chunks_are_put_together_and_trailers_stay_behind() -> None:
    text = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n"
        b"2\r\nab\r\n1\r\nc\r\n0\r\nX-End: 1\r\n\r\n"
    )
    async with lab(up.raw(text)) as shop:
        for _ in range(2):
            answer = await shop.send()
            assert not answer.by_close
            assert await answer.read() == b"abc"
            assert b"X-End" not in dict(answer.headers)
            answer.close()
        assert shop.upstream.connections == 1


@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab" + b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabX",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab",
    ],
    ids=["a second answer", "a byte too many", "said to end", "HTTP/1.0"],
)
async def test_an_answer_is_read_and_its_connection_never_again(text: bytes) -> None:  # F19
    async with lab(up.raw(text)) as shop:
        assert await shop.whole() == b"ab"
        assert await shop.whole() == b"ab"
        assert shop.upstream.connections == 2


async def test_a_body_that_a_head_request_spares_is_not_the_next_answer() -> None:  # F19
    text = b"HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\n"
    smuggled = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nX"
    async with lab(up.in_turn(up.raw(text + smuggled), OK)) as shop:
        assert await shop.whole("HEAD") == b""
        assert await shop.whole() == b'{"code":"1"}'


async def test_what_comes_between_two_calls_ends_the_connection() -> None:  # F19
    async def talkative(received: Received, line: Line) -> None:
        await OK(received, line)
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nX")

    async with lab(talkative) as shop:
        await shop.whole()
        await asyncio.sleep(0.05)
        assert await shop.whole() == b'{"code":"1"}'
        assert shop.upstream.connections == 2


async def test_a_body_ends_with_its_connection() -> None:
    script = up.then(up.raw(b"HTTP/1.1 200 OK\r\n\r\nab"), Line.close)
    async with lab(script) as shop:
        answer = await shop.send()
        assert answer.by_close
        assert await answer.read() == b"ab"
        assert await answer.read() == b""


@pytest.mark.parametrize("end", [Line.close, Line.reset], ids=["closed", "reset"])
@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
    ],
    ids=["by length", "between chunks", "in a chunk"],
)
async def test_a_body_cut_short_has_no_end(text: bytes, end: Callable[[Line], None]) -> None:
    """F11."""

    async def cut(_: Received, line: Line) -> None:
        await line.send(text)
        await asyncio.sleep(0.05)
        end(line)

    async with lab(cut) as shop:
        answer = await shop.send()
        assert await answer.read() == b"ab"
        with pytest.raises(TruncatedError):
            await answer.read()
        answer.close()


async def test_a_reset_is_not_the_end_of_a_body_that_ends_with_its_connection() -> None:  # F11
    async def cut(_: Received, line: Line) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\n\r\nab")
        await asyncio.sleep(0.05)
        line.reset()

    async with lab(cut) as shop:
        answer = await shop.send()
        assert await answer.read() == b"ab"
        with pytest.raises(TruncatedError):
            await answer.read()


async def test_a_bad_chunk_is_no_end_either() -> None:  # F19
    text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n"
    async with lab(up.raw(text)) as shop:
        with pytest.raises(TruncatedError):  # noqa: PT012 - before or after what came before it
            answer = await shop.send()
            await answer.read()
            await answer.read()


async def test_what_is_refused_here_is_asked_again_in_aiohttps_way() -> None:
    """A platform that ends its lines with LF alone is served as it was before there were wires."""
    async with lab(up.raw(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nab")) as shop:
        answer = await shop.send()
        assert isinstance(answer, Streamed)
        assert await answer.read() == b"ab"
        answer.close()
        assert len(shop.upstream.received) == 2


@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Own: 1\r\n" * (HEADER_LIMIT + 1) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Own: " + b"a" * (LINE_LIMIT + 1) + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Own: " + b"a" * (2 * HEAD_LIMIT),
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * (HEAD_LIMIT // 20),
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nab",
        b"SSH-2.0-server\r\n",
    ],
    ids=["many", "long", "endless", "hints", "101", "both", "coding", "blank", "not HTTP"],
)
async def test_what_is_no_answer_is_none(text: bytes) -> None:  # F18, F19
    async with lab(up.raw(text)) as shop:
        with pytest.raises(NoAnswerError):
            await shop.send()


async def test_who_speaks_before_it_is_spoken_to_is_not_believed() -> None:  # F19
    async def banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nX")
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(banner, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    to = tenant().upstream.model_copy(
        update={"url": f"http://127.0.0.1:{port}", "allow_private": True}
    )
    platform = Platform(to)
    shop = Lab(ScriptedUpstream(OK), platform)
    answers: list[bytes] = []
    for _ in range(5):
        try:
            answers.append(await shop.whole())
        except NoAnswerError:
            continue
    await platform.close()
    server.close()
    await server.wait_closed()
    assert len(answers) <= 5, "it may be taken for an answer at once, and never for a later one"


async def test_the_platform_waits_while_nobody_reads() -> None:  # F14
    size, sent = 32 * BUFFER, 0

    async def endless(_: Received, line: Line) -> None:
        nonlocal sent
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        while sent < size:
            await line.send(b"x" * BUFFER)
            sent += BUFFER

    async with lab(endless) as shop:
        answer = await shop.send()
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.1)
        assert sent < size, "the sockets' buffers and ours are full"
        read = 0
        while chunk := await answer.read():
            assert len(chunk) <= 3 * BUFFER
            read += len(chunk)
        assert read == size
        answer.close()
        assert (await shop.send()).status == 200


async def test_patience_ends_where_it_is_set() -> None:  # F9
    async with lab(up.hang, patience_s=0.05) as shop:
        with pytest.raises(NoAnswerError, match="in the time"):
            await shop.send()
        assert len(shop.upstream.received) == 1
    begun = up.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")
    async with lab(begun, patience_s=0.05) as shop:
        answer = await shop.send()
        assert await answer.read() == b"ab"
        with pytest.raises(TruncatedError):
            await answer.read()


async def test_an_answer_left_unread_takes_its_connection_along() -> None:
    async with lab(up.chunked(b"ab", b"cd")) as shop:
        answer = await shop.send()
        answer.close()
        answer.close()
        assert await shop.whole() == b"abcd"
        assert shop.upstream.connections == 2
