"""What a server works without just now, for ``/readyz`` and for metrics."""

import asyncio

from saccade_server.house import House

STATE, JOURNAL, MODEL, CATALOG = "state", "journal", "model", "catalog"
CONFIGURATION, PLATFORM, WEBHOOKS = "configuration", "platform", "webhooks"
PARTS = (STATE, JOURNAL, MODEL, CATALOG, CONFIGURATION, PLATFORM, WEBHOOKS)

PATIENCE_S = 0.5
"""How long the state store may take to say that it is there."""


async def degraded(house: House) -> tuple[str, ...]:
    """The parts that are down.

    Without state pages are defaults, without a model, or with one too slow, rules decide, without
    a catalog nothing is known of categories and stock, and a configuration that was refused leaves
    the old one.
    A platform that gives no answer leaves its shoppers what it would leave them without us.
    Webhooks that cannot be kept are refused, and sent again.
    """
    down = {
        STATE: not await _reached(house),
        JOURNAL: not house.journal.healthy,
        MODEL: _rules_decide(house) or MODEL in house.refused,
        CATALOG: bool(house.unsynced),
        CONFIGURATION: CONFIGURATION in house.refused,
        PLATFORM: bool(silent(house)),
        WEBHOOKS: house.inbox is not None and not house.inbox.healthy,
    }
    return tuple(part for part in PARTS if down[part])


def silent(house: House) -> dict[str, str]:
    """Tenants that are served and whose platform gave the last call no answer, and why."""
    return {site.name: why for site in house.sites.all if (why := house.outages.now.get(site.name))}


def _rules_decide(house: House) -> bool:
    return house.models.current() is None or house.engine.scoring.resting


async def _reached(house: House) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await house.state.ping()
    except Exception:  # noqa: BLE001 - whatever a store raises, it is not there
        return False
