"""Calls off the page path: what every adapter's do alike (F13, F16, F20)."""

import gzip
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import respx

from gateway.playing import asked as asked_by
from gateway.playing import playing
from saccade.catalog import CatalogError
from saccade_gateway.calls import Asked, Transport, UnreadableError
from saccade_gateway.pinned import PinnedTransport

URL = "http://127.0.0.1:9/asked"
LIMIT = 1 << 20
BEYOND = "Thu, 01 Jan 1970 00:00:00"


class Broken(httpx.AsyncByteStream):
    """A body that begins and does not end."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"products":['
        raise httpx.RemoteProtocolError("peer closed connection")


class Endless(httpx.AsyncByteStream):
    """A body of whatever length is read of it."""

    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.sent < 1 << 30:
            self.sent += 1 << 16
            yield b" " * (1 << 16)


def packed(body: bytes, coding: str = "gzip") -> httpx.Response:
    """A body whose coding is told; httpx's own responses would unpack it."""
    return httpx.Response(
        200, headers={"Content-Encoding": coding}, stream=httpx.ByteStream(gzip.compress(body))
    )


class CallsContract:
    """Adopted by a class whose ``ask`` makes one call to `URL`."""

    async def ask(
        self, transport: Transport, *, attempts: int = 3, longest_wait_s: float = 0.0
    ) -> Asked:
        """With an answer of at most `LIMIT` bytes."""
        raise NotImplementedError

    async def test_an_answer_is_given_as_it_is(self) -> None:
        platform = respx.Router()
        route = platform.route(url=URL).respond(404, content=b"none")
        asked = await self.ask(playing(platform))
        assert (asked.status, asked.body) == (404, b"none")
        (request,) = asked_by(route)
        assert request.headers["accept"] == "application/json"
        assert request.headers["accept-encoding"] == "gzip"

    @pytest.mark.parametrize(
        "trouble",
        [429, 500, 502, 503, 504, httpx.ConnectError("refused"), httpx.ReadTimeout("slow")],
    )
    async def test_what_may_pass_is_tried_again(self, trouble: int | Exception) -> None:
        platform = respx.Router()
        first = httpx.Response(trouble) if isinstance(trouble, int) else trouble
        platform.route(url=URL).side_effect = [first, httpx.Response(200)]
        assert (await self.ask(playing(platform))).status == 200

    async def test_it_is_given_up_after_a_few_times(self) -> None:
        platform = respx.Router()
        route = platform.route(url=URL).respond(503)
        with pytest.raises(CatalogError, match="503"):
            await self.ask(playing(platform), attempts=3)
        assert route.call_count == 3

    async def test_a_platform_that_says_when_is_left_alone_until_then(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)

        monkeypatch.setattr("asyncio.sleep", sleep)
        soon = format_datetime(datetime.now(UTC) + timedelta(seconds=25), usegmt=True)
        told = ["7", "12.5", soon, "whenever", "-5", "nan", f"{BEYOND} +{'9' * 20}"]
        platform = respx.Router()
        platform.route(url=URL).side_effect = [
            *(httpx.Response(503, headers={"Retry-After": one}) for one in told),
            httpx.Response(200),
        ]
        await self.ask(playing(platform), attempts=8, longest_wait_s=30.0)
        assert 7 <= slept[0] <= 10
        assert slept[1] == 12.5
        assert 20 <= slept[2] <= 25
        assert max(slept[3:]) <= 10

    async def test_one_that_says_much_later_is_not_asked_again(self) -> None:
        platform = respx.Router()
        route = platform.route(url=URL).respond(429, headers={"Retry-After": "1800"})
        with pytest.raises(CatalogError, match="429") as caught:
            await self.ask(playing(platform), longest_wait_s=30.0)
        assert (route.call_count, caught.value.after_s) == (1, 1800)

    async def test_no_redirect_is_followed(self) -> None:
        platform = respx.Router()
        route = platform.route().respond(302, headers={"Location": "http://169.254.169.254/"})
        assert (await self.ask(playing(platform))).status == 302
        assert route.call_count == 1

    @pytest.mark.parametrize(
        ("answer", "reason", "attempts"),
        [
            (lambda: httpx.Response(200, stream=Broken()), "truncated", 3),
            (lambda: httpx.Response(200, stream=Endless()), "too_large", 1),
            (lambda: packed(b" " * 2 * LIMIT), "coding", 1),
            (lambda: packed(b"{}", "br"), "coding", 1),
        ],
    )
    async def test_an_answer_that_cannot_be_read_is_counted_by_its_reason(
        self, answer: Callable[[], httpx.Response], reason: str, attempts: int
    ) -> None:
        def answers(_: httpx.Request) -> httpx.Response:
            return answer()

        platform = respx.Router()
        route = platform.route(url=URL).mock(side_effect=answers)
        with pytest.raises(UnreadableError) as caught:
            await self.ask(playing(platform))
        assert (caught.value.reason, route.call_count) == (reason, attempts)

    async def test_no_more_is_read_than_the_limit(self) -> None:
        body = Endless()
        platform = respx.Router()
        platform.route(url=URL).mock(return_value=httpx.Response(200, stream=body))
        with pytest.raises(UnreadableError):
            await self.ask(playing(platform))
        assert body.sent <= LIMIT + (1 << 16)

    async def test_a_gzipped_answer_is_read(self) -> None:
        platform = respx.Router()
        platform.route(url=URL).mock(return_value=packed(b"{}"))
        assert (await self.ask(playing(platform))).body == b"{}"

    async def test_an_address_that_is_forbidden_is_said_at_once_with_its_fix(self) -> None:
        def reached(request: httpx.Request) -> httpx.Response:
            raise AssertionError(f"{request.url} was reached")

        def transport() -> PinnedTransport:
            return PinnedTransport(allow_private=False, inner=httpx.MockTransport(reached))

        with pytest.raises(CatalogError, match=r"forbidden address.*upstream\.allow_private"):
            await self.ask(transport)

    async def test_errors_tell_no_address(self) -> None:
        platform = respx.Router()
        platform.route(url=URL).mock(side_effect=httpx.ConnectError(f"refused by {URL}"))
        with pytest.raises(CatalogError) as caught:
            await self.ask(playing(platform))
        assert "127.0.0.1" not in str(caught.value)
