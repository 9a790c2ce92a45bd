"""What a browser tells is taken in only at a bearable rate, only where the visitor agrees, and only
of its own decisions."""

import asyncio
import math
from http import HTTPStatus

import msgspec

from saccade import consent
from saccade.domain import Identity, JsonObject, Moment
from saccade.state import ViewKey
from saccade_server.house import House
from saccade_server.problems import Complaint, Kind, Problem, bad_field
from saccade_server.sites import Site

JOURNALED_S = 0.1
"""By then a decision is in the journal, whichever worker made it (R44)."""


def held_to_rate(house: House, route: str, tenant: str, session: str) -> None:
    """Take one of the session's tokens for this route. Raises `Problem` where there is none."""
    wait = house.buckets.take((route, tenant, session))
    if wait:
        told = Complaint("session_id", "sends too often", "send at most once a second")
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            Kind.RATE,
            "session_id sends too often",
            (told,),
            {"Retry-After": str(math.ceil(wait))},
        )


async def consents(house: House, site: Site, who: Identity) -> bool:
    """The visitor's kept answer under the tenant's basis (R60). Raises `StateUnavailable`."""
    (state,) = await house.state.read([ViewKey(site.name, who, Moment.HOME)])
    answer = state.profile.consent if state.profile else None
    return consent.allowed(site.tenant.consent.basis, answer)


async def decision_for(house: House, site: Site, who: Identity, decision_id: str) -> JsonObject:
    """The record of a decision that was made for ``who``.

    Raises `Problem`, the same for one of somebody else and for none, and `JournalUnavailable`.
    """
    record = await house.journal.find(site.name, decision_id)
    if record is None:  # another worker may have decided this very moment
        await asyncio.sleep(JOURNALED_S)
        record = await house.journal.find(site.name, decision_id)
    if record is None or record["request"]["identity"] != msgspec.to_builtins(who):
        raise bad_field(
            "decision_id",
            "is no decision made for this session",
            "send the one named in the experience the page shows",
            Kind.NOT_FOUND,
        )
    return record
