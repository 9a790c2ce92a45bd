"""Facts carried out: what a delivery says becomes effects, each by the kind of its fact."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

from msgspec.structs import replace

from saccade.deliveries import CatalogPage, Departure, Fact, PersonalData, Refetch
from saccade.domain import Event, EventKind
from saccade.ports import Adapter
from saccade_webhooks.asking import Asking
from saccade_webhooks.claiming import Held
from saccade_webhooks.effects import Effects
from saccade_webhooks.inbox import Inbox, InboxUnavailable


class Carrier:
    """Carries out; ``inbox`` itself holds what a person or a tenant that leaves wants gone."""

    def __init__(self, inbox: Inbox, effects: Effects) -> None:
        self._inbox = inbox
        self._effects = effects
        self._asking = defaultdict[str, Asking](Asking)

    async def carry(
        self, held: Held, adapter: Adapter, facts: Sequence[Fact]
    ) -> tuple[CatalogPage, ...]:
        """Returns what is said of products: it takes effect with the delivery's end, in order.

        Raises whatever an effect raises; those before it are repeated then.
        """
        pages: list[CatalogPage] = []
        events = [_known(held, fact) for fact in facts if isinstance(fact, Event)]
        if events:
            await self._effects.happened(events)
        for fact in facts:
            match fact:
                case CatalogPage():
                    pages.append(fact)
                case Refetch():
                    pages += await self._asking[held.tenant].fetched(adapter, fact.products)
                case PersonalData():
                    await self._for_a_person(held, fact)
                case Departure():
                    await self._departed(held, fact)
                case _:
                    pass
        return tuple(pages)

    async def _for_a_person(self, held: Held, fact: PersonalData) -> None:
        if fact.right == "access":
            name = f"{held.adapter}-{held.sequence}"
            await self._effects.export(held.tenant, fact.people, fact.references, name)
            return
        await self._effects.erase(held.tenant, fact.people, fact.references)

    async def _departed(self, held: Held, fact: Departure) -> None:
        if fact.returned:
            if fact.purge:
                await self._effects.forgotten(held.tenant)
            return
        if fact.purge:  # before it is served no more: what fails from then on is not tried again
            await self._inbox.purge(held.tenant, but=held.sequence)
        await self._effects.departed(held.tenant, purge=fact.purge)
        if fact.purge:
            with suppress(InboxUnavailable):  # only what came meanwhile
                await self._inbox.purge(held.tenant, but=held.sequence)


def _known(held: Held, event: Event) -> Event:
    """Of the tenant that was verified, whatever the event says of it.

    An order that names itself by nothing is known by its delivery: told again, it is one.
    """
    if event.kind is EventKind.ORDER_PLACED and event.reference is None:
        event = replace(event, reference=f"{held.adapter}:{held.key}"[:128])
    return event if event.tenant == held.tenant else replace(event, tenant=held.tenant)
