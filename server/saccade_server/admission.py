"""What a browser tells is taken in only at a bearable rate, only where the visitor agrees, and only
of its own decisions."""

import asyncio
import math
from http import HTTPStatus

import msgspec
from aiohttp import web

from saccade import consent, identity
from saccade.domain import DecisionRequest, Identity, JsonObject, Moment
from saccade.state import ViewKey
from saccade_server.house import House
from saccade_server.problems import Complaint, Kind, Problem, bad_field
from saccade_server.sites import Site

JOURNALED_S = 0.1
"""By then a decision is in the journal, whichever worker made it (R44)."""


def with_preview(
    house: House, route: str, site: Site, request: web.Request, asked: DecisionRequest
) -> DecisionRequest:
    """The request as a preview's token forces it (R88); a token that is none is counted."""
    token = identity.find_preview(request.headers, request.rel_url.raw_query_string)
    if token is None:
        return asked
    preview = site.preview(token, house.clock())
    if preview is None:
        house.metrics.rejected(route, Kind.PREVIEW)
    return msgspec.structs.replace(asked, preview=preview)


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


def begun(
    house: House, route: str, site: Site, request: web.Request, visitor: str | None = None
) -> str:
    """The token of a new session. Raises `Problem` for a caller who may not begin one.

    On a site that is not open it is a page of an origin the site names, which browsers tell of
    every POST, or a server with the key; of pages, so many an address.
    """
    if site.holds_key(request):
        return site.token(visitor)
    if not site.open and request.headers.get("Origin") is None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            Kind.ORIGIN,
            "a session begins on a page of this site, or with its server key",
        )
    wait = house.beginnings.take((route, site.name, _address(house, request)))
    if wait:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            Kind.RATE,
            "too many sessions begin at this address",
            headers={"Retry-After": str(math.ceil(wait))},
        )
    return site.token(visitor)


def _address(house: House, request: web.Request) -> str:
    """Where the call came from: the last hop that no proxy of ours is."""
    address = request.remote or ""
    told = request.headers.getall("X-Forwarded-For", ())
    for hop in reversed([hop.strip() for line in told for hop in line.split(",")]):
        if not house.hops.trusts(address):
            break
        address = hop
    return address


async def consents(house: House, site: Site, who: Identity) -> bool:
    """The visitor's kept answer under the tenant's basis (R60). Raises `StateUnavailable`."""
    (state,) = await house.state.read([ViewKey(site.name, who, Moment.HOME)])
    answer = state.profile.consent if state.profile else None
    return consent.allowed(site.tenant.consent.basis, answer)


async def decision_for(house: House, site: Site, who: Identity, decision_id: str) -> JsonObject:
    """The record of a decision that was made for ``who``, by this name or one they go on under.

    Raises `Problem`, the same for one of somebody else and for none, and `JournalUnavailable`.
    """
    record = await house.journal.find(site.name, decision_id)
    if record is None:  # another worker may have decided this very moment
        await asyncio.sleep(JOURNALED_S)
        record = await house.journal.find(site.name, decision_id)
    if record is None or not await _same(house, site, record["request"]["identity"], who):
        raise bad_field(
            "decision_id",
            "is no decision made for this session",
            "send the one named in the experience the page shows",
            Kind.NOT_FOUND,
        )
    return record


async def _same(house: House, site: Site, told: JsonObject, who: Identity) -> bool:
    """A login between the decision and what is told of it makes another name of one visit."""
    then = Identity(told["visitor"], told["session"])
    if then == who or then.session != who.session:
        return then == who
    (end, _), (now, _) = [await house.joining.found(site.name, one) for one in (then, who)]
    return end == now
