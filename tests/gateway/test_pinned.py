"""The address check for httpx: the name is resolved once, and TLS and Host keep speaking of it."""

import httpx
import pytest

from faults.names import Answering
from saccade_gateway.pinned import PinnedTransport


async def sent(url: str, names: Answering, *, allow_private: bool = False) -> httpx.Request:
    """What reaches the inner transport."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    transport = PinnedTransport(
        allow_private=allow_private, inner=httpx.MockTransport(answer), resolver=names
    )
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get(url)
    return seen[0]


async def test_connects_to_the_checked_address() -> None:
    request = await sent("https://shop.example/occ", Answering(["93.184.216.34"]))
    assert request.url.host == "93.184.216.34"
    assert request.headers["host"] == "shop.example"
    assert request.extensions["sni_hostname"] == "shop.example"


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::1"])
async def test_refuses_a_name_that_leads_inward(address: str) -> None:
    with pytest.raises(httpx.ConnectError):
        await sent("https://shop.example/", Answering([address]))


async def test_refuses_a_literal_address_that_leads_inward() -> None:
    names = Answering(["8.8.8.8"])
    for host in ("127.0.0.1", "[::1]", "169.254.169.254"):
        with pytest.raises(httpx.ConnectError):
            await sent(f"http://{host}/", names)
    assert (await sent("http://127.0.0.1/", names, allow_private=True)).url.host == "127.0.0.1"
    assert names.asked == 0
