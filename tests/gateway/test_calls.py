"""The calls that adapters share."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import respx

from gateway.calls_contract import LIMIT, URL, CallsContract
from gateway.playing import asked, playing
from saccade.catalog import CatalogError
from saccade_gateway.calls import Asked, Calls, Transport


class TestCalls(CallsContract):
    async def ask(
        self, transport: Transport, *, attempts: int = 3, longest_wait_s: float = 0.0
    ) -> Asked:
        calls = Calls(transport, attempts=attempts, longest_wait_s=longest_wait_s, limit=LIMIT)
        return await calls.ask("GET", URL)


async def test_parameters_come_behind_those_of_the_url() -> None:
    platform = respx.Router()
    route = platform.get(path="/asked").respond(200)
    await Calls(playing(platform)).ask("GET", f"{URL}?lang=de", params={"page": "2"})
    assert asked(route)[0].url.query == b"lang=de&page=2"


async def test_a_form_is_posted_by_who_we_are() -> None:
    platform = respx.Router()
    route = platform.post(URL).respond(200)
    calls = Calls(playing(platform))
    await calls.ask("POST", URL, form={"a": "b c"}, auth=httpx.BasicAuth("us", "secret"))
    (request,) = asked(route)
    assert request.content == b"a=b+c"
    assert request.headers["authorization"] == "Basic dXM6c2VjcmV0"


async def test_an_error_names_whom_was_asked() -> None:
    platform = respx.Router()
    platform.post(URL).respond(503, headers={"Retry-After": "1800"})
    calls = Calls(playing(platform), attempts=1)
    for whom, named in ((None, "the platform"), ("the token server", "the token server")):
        with pytest.raises(CatalogError, match=f"^{named} answered 503") as caught:
            await calls.ask("POST", URL, whom=whom)
        assert caught.value.after_s == 1800


async def test_links_are_joined() -> None:
    platform = respx.Router()
    links = [("Link", "</a>; rel=prev"), ("Link", "</b>; rel=next")]
    platform.get(URL).mock(return_value=httpx.Response(200, headers=links))
    assert (await Calls(playing(platform)).ask("GET", URL)).link == (
        "</a>; rel=prev, </b>; rel=next"
    )


@pytest.mark.parametrize("url", ["http://[::1", "http://a:port/", "http://a/\x00"])
async def test_a_url_that_is_none_is_an_error_of_the_catalog(url: str) -> None:
    calls = Calls(playing(respx.Router()))
    with pytest.raises(CatalogError, match="the URL is none"):
        await calls.ask("GET", url)
    async with calls.session() as session:
        with pytest.raises(CatalogError, match="the URL is none"):
            async with session.stream(url):
                pytest.fail("it answered")


class Trickling(httpx.AsyncByteStream):
    """A body that never comes to its end."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b" "
        await asyncio.Event().wait()


async def test_an_answer_that_trickles_is_given_up() -> None:
    platform = respx.Router()
    route = platform.get(URL).mock(return_value=httpx.Response(200, stream=Trickling()))
    calls = Calls(playing(platform), attempts=2, longest_wait_s=0.0, patience_s=0.01)
    with pytest.raises(CatalogError, match="cannot be reached: TimeoutError"):
        await calls.ask("GET", URL)
    assert route.call_count == 2
