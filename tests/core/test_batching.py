"""Single flight: one trip under way, the rest share the next, in order, nothing lost."""

import asyncio

from saccade.batching import MOST, SingleFlight


async def test_those_who_come_meanwhile_share_the_next_trip() -> None:
    trips: list[list[int]] = []
    landed = asyncio.Event()

    async def trip(batch: list[int]) -> None:
        trips.append(batch)
        if len(trips) == 1:
            await landed.wait()

    flight = SingleFlight(trip)
    flight.submit(1)
    await asyncio.sleep(0)
    for item in (2, 3, 4):
        flight.submit(item)
        await asyncio.sleep(0)
    landed.set()
    await flight.drain()
    assert trips == [[1], [2, 3, 4]]


async def test_a_trip_carries_a_bounded_number() -> None:
    sizes: list[int] = []

    async def trip(batch: list[int]) -> None:
        sizes.append(len(batch))

    flight = SingleFlight(trip)
    for item in range(2 * MOST + 1):
        flight.submit(item)
    await flight.drain()
    assert sizes == [MOST, MOST, 1]


async def test_a_new_flight_starts_after_one_that_was_cancelled() -> None:
    seen: list[int] = []
    hang = asyncio.Event()

    async def trip(batch: list[int]) -> None:
        if batch == [1]:
            await hang.wait()
        seen.extend(batch)

    flight = SingleFlight(trip)
    flight.submit(1)
    await asyncio.sleep(0)
    assert flight._flight is not None
    flight._flight.cancel()
    await asyncio.sleep(0)
    flight.submit(2)
    await flight.drain()
    assert seen == [2]
