"""Processes told of deliveries by a real Redis's stream, and how tests look into it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import Any

from saccade_webhooks.stream import GROUP, Stream, stream_key
from saccade_webhooks.streaming import Streams
from webhooks.conftest import Post
from webhooks.posting import order

NEVER_S = 3_600.0
"""As long as no test takes: whatever happens, happens by the stream."""


class Streamed(Post):
    """A process told of deliveries by the Redis at a URL."""

    def __init__(self, url: str, at: str, **times: float) -> None:
        self.key = stream_key(url)
        self.made = partial(self._streams, at, {"look_s": NEVER_S, "loan_s": NEVER_S, **times})
        self.distributed = self.made
        super().__init__(url)

    def _streams(self, at: str, times: dict[str, float], inbox: Any) -> Streams:
        return Streams(inbox, Stream(at, self.key, inbox.owner), **times)

    @property
    def streams(self) -> Streams:
        assert isinstance(self.distributor, Streams)
        return self.distributor

    async def orders(self, first: int, count: int) -> None:
        """Send them, one after another."""
        for number in range(first, first + count):
            assert await self.send(order(number), f"k{number}")

    @contextlib.asynccontextmanager
    async def told(self) -> AsyncGenerator[Streams]:
        """Nothing is processed; the stream is read, renewed and taken over all the same."""
        running = asyncio.create_task(self.streams.run())
        try:
            yield self.streams
        finally:
            running.cancel()
            await asyncio.wait((running,))


async def until(holds: Callable[[], Awaitable[bool]], patience_s: float = 30.0) -> None:
    async with asyncio.timeout(patience_s):
        while not await holds():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)


def effects(*posts: Post) -> list[int]:
    """The orders that took effect, in any of them."""
    return sorted(int(one[2]) for post in posts for one in post.effects.of("event"))


async def pending(redis: Any, key: str) -> Any:  # Any: typed in part
    return await redis.xpending_range(key, GROUP, "-", "+", 10)


async def let_go(redis: Any, key: str) -> None:
    """Return once the stream holds nothing any more, and nobody of it."""

    async def empty() -> bool:
        pending: Any = await redis.xpending(key, GROUP)
        return bool(await redis.xlen(key) == 0 and pending["pending"] == 0)

    await until(empty)


async def named(streams: Streams, count: int) -> list[int]:
    """What a process is told to look at, so many of them."""
    found: set[int] = set()
    async with asyncio.timeout(30):
        while len(found) < count:
            some = await streams.next(64)
            found.update(some or ())
            streams.found((), some=False, named=some is not None)
    return sorted(found)
