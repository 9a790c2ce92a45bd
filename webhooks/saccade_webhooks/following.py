"""What deliveries said of products, taken in by every process that shares the inbox.

A process that starts reads all of the last day: what it knew in memory of products is gone.
"""

from collections import defaultdict

from saccade.domain import Product
from saccade_webhooks.effects import Effects
from saccade_webhooks.inbox import Inbox, InboxUnavailable
from saccade_webhooks.records import CHUNK, Said

EVERY_S = 1.0
"""How soon other processes know of it."""


class Follower:
    """Reads on from where it is."""

    def __init__(self, inbox: Inbox, effects: Effects, every_s: float = EVERY_S) -> None:
        self._inbox = inbox
        self._effects = effects
        self._every_s = every_s
        self._at = 0

    async def run(self) -> None:
        """Follow until cancelled."""
        await self._inbox.until_there(self._every_s)
        while True:
            self._inbox.told.clear()
            if not await self._follow():
                await self._inbox.until(self._inbox.told, self._every_s)

    async def _follow(self) -> bool:
        """Whether there may be more at once."""
        try:
            said = await self._inbox.said_after(self._at)
        except InboxUnavailable:
            return False
        for tenant, (products, removed) in _by_tenant(said).items():
            await self._effects.told(tenant, products, removed)
        if said:
            self._at = said[-1].sequence
        return len(said) == CHUNK


def _by_tenant(said: list[Said]) -> dict[str, tuple[list[Product], list[str]]]:
    found: dict[str, tuple[list[Product], list[str]]] = defaultdict(lambda: ([], []))
    for one in said:
        products, removed = found[one.tenant]
        if one.product is None:
            removed.append(one.id)
        else:
            products.append(one.product)
    return found
