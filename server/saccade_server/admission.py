"""What a browser tells is taken in only at a bearable rate, and only where the visitor agrees."""

import math
from http import HTTPStatus

from saccade import consent
from saccade.domain import Identity, Moment
from saccade.state import ViewKey
from saccade_server.house import House
from saccade_server.problems import Complaint, Kind, Problem
from saccade_server.sites import Site


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
