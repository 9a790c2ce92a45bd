"""Single flight: one trip under way, and all who come meanwhile share the next.

Measured against a trip for each caller this costs less from the second concurrent caller on, and a
batch can be decided as one matrix.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 256
"""Items a trip carries: bounds how long one batch holds the event loop."""


class SingleFlight(Generic[T]):
    """Hands submitted items, in order and in batches, to one ``handle`` at a time.

    ``handle`` sees to each item of its batch itself and must not raise. One that finds its trip
    failed may `take` those who wait, to fail them at once instead of on a trip like it.
    """

    def __init__(self, handle: Callable[[list[T]], Awaitable[None]]) -> None:
        self._handle = handle
        self._waiting: list[T] = []
        self._flight: asyncio.Task[None] | None = None

    def submit(self, item: T) -> None:
        """Queue an item; returns at once."""
        self._waiting.append(item)
        if self._flight is None:
            self._flight = asyncio.get_running_loop().create_task(self._fly())

    def take(self) -> list[T]:
        """Those who wait; they are the taker's to see to."""
        waiting, self._waiting = self._waiting, []
        return waiting

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        while self._flight is not None:
            await asyncio.shield(self._flight)

    async def _fly(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._handle(batch)
        finally:
            self._flight = None
