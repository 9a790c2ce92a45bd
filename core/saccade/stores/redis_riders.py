"""What nobody waits for rides along with the next trip that somebody waits for.

A view's standing decision and a cap's commit are as good some milliseconds later, and a trip of
their own costs more than what they carry.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from saccade.breaker import StateUnavailable
from saccade.stores.redis_line import Line, understood

LINGER_S = 0.005
"""How long a rider waits for a trip to go along with; then it makes one of its own."""


class Carrier(Protocol):
    """One Redis, or a cluster."""

    async def told(self, commands: Sequence[bytes], keys: Sequence[bytes]) -> list[Any]:
        """The replies in order, complaints among them. Raises `StateUnavailable`."""
        ...

    async def masters(self) -> Sequence[Line]:
        """Each Redis that holds keys. Raises `StateUnavailable`."""
        ...

    async def ping(self) -> bool:
        """Whether it is there."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


class Rider(NamedTuple):
    """Commands that ride along, each with the key it is about."""

    commands: Sequence[bytes]
    keys: Sequence[bytes]
    future: "asyncio.Future[list[Any]]"

    def arrived(self, replies: list[Any]) -> None:
        """Its replies have come."""
        if not self.future.done():
            self.future.set_result(replies)

    def lost(self) -> None:
        """The trip has failed."""
        if not self.future.done():
            self.future.set_exception(StateUnavailable("the trip it went along with has failed"))


class Shared:
    """A carrier, its trips shared."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._riders: list[Rider] = []
        self._timer: asyncio.TimerHandle | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, commands: Sequence[bytes], keys: Sequence[bytes]) -> list[Any]:
        """The replies to packed ``commands``, in order; ``keys`` says what each is about.

        A complaint of a key's wrong type is returned as it is, for the caller knows a way on.
        Everything else raises `StateUnavailable`; what a rider is told is none of the caller's.
        """
        riders, self._riders = self._riders, []
        if not riders:
            return understood(await self._carrier.told(commands, keys))
        everything = [*commands, *(one for rider in riders for one in rider.commands)]
        about = [*keys, *(one for rider in riders for one in rider.keys)]
        try:
            replies = await self._carrier.told(everything, about)
        except BaseException:
            for rider in riders:
                rider.lost()
            raise
        at = len(commands)
        for rider in riders:
            rider.arrived(replies[at : at + len(rider.commands)])
            at += len(rider.commands)
        return understood(replies[: len(commands)])

    async def soon(self, commands: Sequence[bytes], keys: Sequence[bytes]) -> list[Any]:
        """As `ask`, with the next trip or after `LINGER_S`."""
        loop = asyncio.get_running_loop()
        rider = Rider(commands, keys, loop.create_future())
        self._riders.append(rider)
        if self._timer is None:
            self._timer = loop.call_later(LINGER_S, self._depart)
        return understood(await rider.future)

    async def masters(self) -> Sequence[Line]:
        """See `Carrier.masters`."""
        return await self._carrier.masters()

    async def ping(self) -> bool:
        """See `Carrier.ping`."""
        return await self._carrier.ping()

    async def close(self) -> None:
        """Let the last riders go, then close."""
        if self._timer is not None:
            self._timer.cancel()
            self._depart()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._carrier.close()

    def _depart(self) -> None:
        self._timer = None
        if self._riders:
            task = asyncio.get_running_loop().create_task(self._alone())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _alone(self) -> None:
        with suppress(Exception):  # the riders have been told
            await self.ask([], [])
