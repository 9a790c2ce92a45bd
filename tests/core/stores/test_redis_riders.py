"""Riders: what nobody waits for goes along with the next trip, and is nobody else's trouble."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from redis.exceptions import ResponseError

from saccade.breaker import StateUnavailable
from saccade.stores.redis_line import Line
from saccade.stores.redis_riders import Shared


class Carrier:
    """Echoes each command; complains of what begins with ``bad``; fails where it is told."""

    def __init__(self) -> None:
        self.trips: list[list[bytes]] = []
        self.about: list[list[bytes]] = []
        self.fails = False
        self.closed = False

    async def told(self, commands: Sequence[bytes], keys: Sequence[bytes]) -> list[Any]:
        self.trips.append(list(commands))
        self.about.append(list(keys))
        await asyncio.sleep(0)
        if self.fails:
            raise StateUnavailable("down")
        return [ResponseError("OOM") if one.startswith(b"bad") else one for one in commands]

    async def masters(self) -> Sequence[Line]:
        return []

    async def ping(self) -> bool:
        return True

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


async def test_a_rider_goes_along_and_each_gets_its_own(carrier: Carrier) -> None:
    shared = Shared(carrier)
    rider = asyncio.ensure_future(shared.soon([b"s1", b"s2"], [b"k1", b"k2"]))
    await asyncio.sleep(0)
    assert carrier.trips == [], "nobody waits for it"
    assert await shared.ask([b"r"], [b"k"]) == [b"r"]
    assert await rider == [b"s1", b"s2"]
    assert carrier.trips == [[b"r", b"s1", b"s2"]]
    assert carrier.about == [[b"k", b"k1", b"k2"]]


async def test_without_a_trip_it_makes_its_own(carrier: Carrier) -> None:
    shared = Shared(carrier)
    both = asyncio.gather(shared.soon([b"s1"], [b"k1"]), shared.soon([b"s2"], [b"k2"]))
    assert list(await both) == [[b"s1"], [b"s2"]]
    assert carrier.trips == [[b"s1", b"s2"]]


async def test_a_complaint_is_told_to_whom_it_concerns(carrier: Carrier) -> None:  # F5
    shared = Shared(carrier)
    rider = asyncio.ensure_future(shared.soon([b"bad write"], [b"k1"]))
    await asyncio.sleep(0)
    assert await shared.ask([b"read"], [b"k"]) == [b"read"]
    with pytest.raises(StateUnavailable, match="OOM") as refused:
        await rider
    assert refused.value.answered
    other = asyncio.ensure_future(shared.soon([b"s"], [b"k1"]))
    await asyncio.sleep(0)
    with pytest.raises(StateUnavailable, match="OOM"):
        await shared.ask([b"bad read"], [b"k"])
    assert await other == [b"s"]


async def test_a_trip_that_fails_fails_all_who_are_on_it(carrier: Carrier) -> None:  # F1
    shared = Shared(carrier)
    carrier.fails = True
    rider = asyncio.ensure_future(shared.soon([b"s"], [b"k1"]))
    alone = asyncio.ensure_future(shared.soon([b"t"], [b"k2"]))
    await asyncio.sleep(0)
    with pytest.raises(StateUnavailable, match="down"):
        await shared.ask([b"r"], [b"k"])
    for lost in (rider, alone):
        with pytest.raises(StateUnavailable):
            await lost
    with pytest.raises(StateUnavailable):
        await shared.soon([b"later"], [b"k"])


async def test_a_cancelled_trip_leaves_no_rider_waiting(carrier: Carrier) -> None:  # F8
    shared = Shared(carrier)
    rider = asyncio.ensure_future(shared.soon([b"s"], [b"k1"]))
    await asyncio.sleep(0)
    asked = asyncio.ensure_future(shared.ask([b"r"], [b"k"]))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(StateUnavailable):
        await rider


async def test_a_rider_that_gave_up_is_in_nobodys_way(carrier: Carrier) -> None:
    shared = Shared(carrier)
    rider = asyncio.ensure_future(shared.soon([b"s"], [b"k1"]))
    await asyncio.sleep(0)
    rider.cancel()
    await asyncio.sleep(0)
    assert await shared.ask([b"r"], [b"k"]) == [b"r"]


async def test_closing_lets_the_last_riders_go(carrier: Carrier) -> None:
    shared = Shared(carrier)
    rider = asyncio.ensure_future(shared.soon([b"s"], [b"k1"]))
    await asyncio.sleep(0)
    await shared.close()
    assert carrier.closed
    assert await rider == [b"s"]
