"""Connections to the platform: reuse, repeats, uploads, shoppers who leave (F9, F16, F17)."""

import asyncio
from collections.abc import Callable

import pytest

from faults import upstream as up
from faults.page import PRODUCT, SHOPPER, gateway_before, page_path
from faults.page import SteeredEngine as Engine
from faults.upstream import Line, Received, ScriptedUpstream
from faults.wire import Caller, call, exchange, request
from making import tenant
from saccade.tenants import Upstream

CART = "/occ/v2/electronics/users/anonymous/carts"
OK = up.json(b'{"code":"1"}')


async def eventually(condition: Callable[[], bool]) -> None:
    """Waits for what other tasks bring about."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is awaited has no event of its own
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("lost", [up.close, up.reset], ids=["closed", "reset"])
async def test_a_get_is_repeated_once_on_a_connection_of_its_own(lost: up.Script) -> None:  # F16
    async with page_path(up.in_turn(lost, OK)) as page:
        assert (await page.get()).status == 200
        assert [one.connection for one in page.upstream.received] == [1, 2]
        assert page.engine.deliveries == [True]


async def test_a_get_is_repeated_only_once() -> None:
    async with page_path(up.close) as page:
        assert (await page.get()).status == 502
        assert len(page.upstream.received) == 2


async def test_a_get_is_repeated_on_a_stale_connection() -> None:  # F17
    async def stale(received: Received, line: Line) -> None:
        """Keeps the connection, and drops it when the next call arrives on it."""
        if received.served:
            line.reset()
        else:
            await OK(received, line)

    async with page_path(stale) as page:
        assert (await call(page.port, CART)).status == 200
        assert (await call(page.port, CART)).status == 200
        assert [(one.connection, one.served) for one in page.upstream.received] == [
            (1, 0),
            (1, 1),
            (2, 0),
        ]


async def test_the_repeat_is_never_made_on_a_pooled_connection() -> None:
    """Both pooled connections are stale: a repeat on the second would be lost like the call."""
    both, go = asyncio.Barrier(2), asyncio.Event()

    async def stale(received: Received, line: Line) -> None:
        if received.served:
            line.reset()
            return
        if not go.is_set():
            await both.wait()
        await OK(received, line)

    async with page_path(stale) as page:
        await asyncio.gather(call(page.port, CART), call(page.port, CART))
        go.set()
        assert (await call(page.port, CART)).status == 200
        assert page.upstream.last.connection == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("lost", [up.close, up.reset], ids=["closed", "reset"])
async def test_a_call_with_effects_is_never_repeated(method: str, lost: up.Script) -> None:  # F16
    async with page_path(lost) as page:
        for body in (b'{"a":1}', b""):
            data = request(CART, method=method, body=body)
            assert (await exchange(page.port, data)).status == 502
        assert len(page.upstream.received) == 2


async def test_a_get_with_a_body_is_never_repeated() -> None:
    async with page_path(up.close) as page:
        assert (await exchange(page.port, request(CART, body=b"{}"))).status == 502
        assert len(page.upstream.received) == 1


async def test_a_get_is_not_repeated_beyond_the_budget() -> None:
    async def slow_loss(_: Received, line: Line) -> None:
        await asyncio.sleep(0.25)
        line.close()

    async with page_path(slow_loss) as page:
        assert (await call(page.port, CART)).status == 502
        assert len(page.upstream.received) == 1


async def test_calls_with_effects_never_meet_a_closing_connection() -> None:  # F17
    async def closes_soon(received: Received, line: Line) -> None:
        await OK(received, line)
        await asyncio.sleep(0.02)
        line.close()

    async with page_path(closes_soon) as page:
        for turn in range(12):
            await call(page.port, CART)
            await asyncio.sleep(0.002 * turn)
            data = request(CART, method="POST", body=b"{}")
            assert (await exchange(page.port, data)).status == 200
        posts = [one for one in page.upstream.received if one.method == b"POST"]
        assert len(posts) == 12
        assert {one.served for one in posts} == {0}


async def test_words_nobody_asked_for_are_never_taken_for_an_answer() -> None:
    async def talkative(received: Received, line: Line) -> None:
        await OK(received, line)
        await asyncio.sleep(0.02)
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen")

    async with page_path(talkative) as page:
        for _ in range(3):
            assert (await call(page.port, CART)).body == b'{"code":"1"}'
            await asyncio.sleep(0.05)
        assert page.upstream.connections == 3


async def test_a_platform_that_hangs_is_waited_for_like_a_direct_call() -> None:  # F9
    async with page_path(up.hang) as page, await Caller.connect(page.port) as caller:
        await caller.send(request(PRODUCT, SHOPPER))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await caller.answer()
        assert page.upstream.connections == 1


async def test_a_shopper_who_leaves_ends_the_platforms_call() -> None:
    gone = asyncio.Event()

    async def notices(_: Received, line: Line) -> None:
        await line.reader.read()
        line.over = True
        gone.set()

    async with page_path(notices) as page:
        async with await Caller.connect(page.port) as caller:
            await caller.send(request(PRODUCT, SHOPPER))
            await eventually(lambda: bool(page.upstream.received))
        async with asyncio.timeout(5):
            await gone.wait()
        await eventually(lambda: page.engine.deliveries == [False])


async def test_a_shopper_who_leaves_in_mid_answer_ends_the_platforms_call() -> None:
    gone = asyncio.Event()

    async def endless(_: Received, line: Line) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                await line.send(b"400\r\n" + b"x" * 1024 + b"\r\n")
                await asyncio.sleep(0)
        finally:
            gone.set()

    async with page_path(endless) as page:
        async with await Caller.connect(page.port) as caller:
            await caller.send(request(CART))
            await caller.reader.readexactly(10_000)
        async with asyncio.timeout(5):
            await gone.wait()


async def test_a_read_timeout_is_kept_where_it_is_set() -> None:
    async with ScriptedUpstream(up.hang) as upstream:
        shop = tenant().model_copy(
            update={
                "upstream": Upstream.model_validate(
                    {"url": upstream.url, "allow_private": True, "read_timeout_s": 0.1}
                )
            }
        )
        async with gateway_before(upstream.port, Engine(), shop=shop) as port:
            assert (await call(port, PRODUCT)).status == 502
        assert len(upstream.received) == 1  # a call that timed out is not repeated


async def test_an_answer_may_come_before_the_body_has_gone_up() -> None:
    async def too_large(_: Received, line: Line) -> None:
        await up.answer(b"too large", status=b"413 Content Too Large")(_, line)
        line.close()

    async with page_path(too_large, reads_body=False) as page:
        async with await Caller.connect(page.port) as caller:
            await caller.send(
                request(CART, ("Content-Length", "50000000"), method="POST") + bytes(1_000)
            )
            answer = await caller.answer()
            assert (answer.status, answer.body) == (413, b"too large")
        assert len(page.upstream.received) == 1


async def test_a_shopper_who_breaks_off_the_body_is_not_completed() -> None:
    bodies: list[bytes] = []

    async def reads(_: Received, line: Line) -> None:
        bodies.append(await line.reader.read())
        line.over = True

    async with page_path(reads, reads_body=False) as page:
        async with await Caller.connect(page.port) as caller:
            await caller.send(request(CART, ("Content-Length", "10"), method="POST") + b"abc")
            await eventually(lambda: bool(page.upstream.received))
        await eventually(lambda: bool(bodies))
        assert bodies == [b"abc"]


async def test_a_shopper_who_stalls_in_the_body_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("saccade_gateway.upload.IDLE_S", 0.05)
    async with page_path(up.hang, reads_body=False) as page:
        async with await Caller.connect(page.port) as caller, asyncio.timeout(5):
            await caller.send(request(CART, ("Content-Length", "10"), method="POST") + b"abc")
            assert (await caller.answer()).status == 400
        assert len(page.upstream.received) == 1


async def test_informational_answers_are_passed_on() -> None:  # F18
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    script = up.raw(early + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    async with page_path(script) as page:
        direct, through = await call(page.upstream.port, CART), await call(page.port, CART)
        assert through.early == direct.early == ((103, ((b"Link", b"</a.css>; rel=preload"),)),)
        assert (through.status, through.body) == (200, b"hi")
        old = await exchange(page.port, request(CART, version="1.0"))
        assert old.early == ()


async def test_expect_continue_is_answered_here() -> None:
    async with page_path(OK) as page, await Caller.connect(page.port) as caller:
        await caller.send(
            request(CART, ("Expect", "100-continue"), ("Content-Length", "2"), method="POST")
        )
        assert (await caller.head())[0] == 100
        await caller.send(b"{}")
        assert (await caller.answer()).status == 200
        assert page.upstream.last.body == b"{}"
        assert page.upstream.last.values(b"expect") == []
