"""More webhooks than there is room or time for: refused with 503, to be sent again (F30)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from saccade_server.routes.webhooks import CAP, MOST_READ
from server.shopfront import Serve, Shop
from server.test_shedding import LatePulse
from webhooks.conftest import Post
from webhooks.posting import order, signed


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    made = Post(f"sqlite:///{tmp_path / 'inbox.db'}")
    yield made
    await made.inbox.close()


@pytest.fixture
async def shop(serve: Serve, post: Post) -> Shop:
    shop = await serve()
    shop.house.door = post.door
    return shop


async def sent(shop: Shop, key: str = "small") -> ClientResponse:
    headers, body = signed(order(key), key)
    return await shop.client.post("/webhooks/posting", data=body, headers=headers)


async def until(shop: Shop, status: int) -> ClientResponse:
    """Send the same again and again, until it is answered so."""
    async with asyncio.timeout(30):
        while (answer := await sent(shop)).status != status:  # noqa: ASYNC110 - answers alone tell
            await asyncio.sleep(0.02)
        return answer


async def overloaded(answer: ClientResponse) -> bool:
    told = await answer.json()
    return (answer.headers["Retry-After"], told["type"]) == ("2", "/docs#problem-overload")


async def test_as_much_is_read_at_once_as_there_is_room_for(shop: Shop) -> None:
    """Eight megabytes each are told and none sent: the next is refused until they are gone."""
    head = f"POST /webhooks/posting HTTP/1.1\r\nHost: x\r\nContent-Length: {CAP}\r\n\r\n".encode()
    assert (await sent(shop, "before")).status == 200
    with ExitStack() as stack:
        for _ in range(MOST_READ // CAP):
            _, writer = await asyncio.open_connection("127.0.0.1", shop.client.port)
            stack.callback(writer.close)
            writer.write(head)
        assert await overloaded(await until(shop, 503))
    await until(shop, 200)


async def test_while_the_loop_is_late_none_is_read(shop: Shop, post: Post) -> None:
    """Nor kept."""
    pulse = shop.house.pulse = LatePulse()
    pulse.is_late = True
    refused = await sent(shop)
    assert refused.status == 503
    assert await overloaded(refused)
    assert post.counted("refused", status="503") == 1
    assert not await post.inbox.there()
    pulse.is_late = False
    assert (await sent(shop)).status == 200
    assert post.counted("received") == 1
