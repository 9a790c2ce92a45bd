"""What a server works without just now, for ``/readyz`` and for metrics."""

import asyncio

from saccade_server.house import House

STATE, JOURNAL, MODEL, CATALOG = "state", "journal", "model", "catalog"
PARTS = (STATE, JOURNAL, MODEL, CATALOG)

PATIENCE_S = 0.5
"""How long the state store may take to say that it is there."""


async def degraded(house: House) -> tuple[str, ...]:
    """The parts that are down.

    Without state pages are defaults, without a model rules decide, without a catalog nothing is
    known of categories and stock.
    """
    down = {
        STATE: not await _reached(house),
        JOURNAL: not house.journal.healthy,
        MODEL: house.models.current() is None,
        CATALOG: bool(house.unsynced),
    }
    return tuple(part for part in PARTS if down[part])


async def _reached(house: House) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await house.state.ping()
    except Exception:  # noqa: BLE001 - whatever a store raises, it is not there
        return False
