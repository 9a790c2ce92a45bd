"""Facts seen passing: what an accepted call tells (R50)."""

import math
from collections.abc import Iterator, Sequence

import msgspec

from saccade.domain import Event
from saccade.ports import Call
from saccade.tenants import Tenant
from saccade.testing.checks import (
    BrokenError,
    Check,
    NothingToCheckError,
    asking,
    check,
    same,
    shown,
)
from saccade.testing.merging import NO_OBJECT
from saccade.testing.samples import Seen
from saccade.testing.subject import SHOPPER, Subject, call, target

ACCEPTED = range(200, 300)
NOT_ACCEPTED = (302, 400, 401, 404, 409, 500, 503)
UNUSUAL = (200, 202, 204)


@check(
    "observe.told",
    "R50",
    "make of an accepted order placement an ORDER_PLACED event with its value, currency and id",
    needs=["seen"],
)
async def told(subject: Subject) -> None:
    """An accepted call tells its facts: the call's tenant and shopper, trusted."""
    tenant, adapter = subject.built()
    if not any(seen.says for seen in subject.samples.seen):
        raise NothingToCheckError("seen.says")
    for seen, one in _calls(subject, tenant):
        request = _request(seen)
        with asking(request):
            events = adapter.events.observe(one, seen.status, seen.body)
        expected = [
            msgspec.structs.replace(
                said, tenant=tenant.name, visitor=SHOPPER.visitor, session=SHOPPER.session
            )
            for said in seen.says
        ]
        same(request, expected, _timeless(request, events))


@check(
    "observe.accepted",
    "R50",
    "look at the status first: what was not answered with 2xx did not happen",
    needs=["seen"],
)
async def accepted(subject: Subject) -> None:
    """A call the platform did not accept tells nothing."""
    tenant, adapter = subject.built()
    for seen, one in _calls(subject, tenant):
        for status in NOT_ACCEPTED:
            request = f"{_request(seen)} answered {status}"
            with asking(request):
                same(request, [], list(adapter.events.observe(one, status, seen.body)))


@check(
    "observe.unreadable",
    "F12",
    "let observe() take any body: its status still says what was accepted",
    needs=["seen"],
)
async def unreadable(subject: Subject) -> None:
    """An answer nobody can read does not make observe() raise, nor tell what is not trusted."""
    tenant, adapter = subject.built()
    for seen, one in _calls(subject, tenant):
        for status in UNUSUAL:
            for body in (*NO_OBJECT, b'{"id":{}}', b'{"total":[]}', seen.body[:-1]):
                request = f"{_request(seen)} answered {status} {shown(repr(body[:60]))}"
                with asking(request):
                    events = adapter.events.observe(one, status, body)
                same(f"{request}: untrusted", [], [one for one in events if not one.trusted])


OBSERVING: tuple[Check, ...] = (told, accepted, unreadable)


def _calls(subject: Subject, tenant: Tenant) -> Iterator[tuple[Seen, Call]]:
    for seen in subject.samples.seen:
        yield seen, call(tenant, seen.path, seen.query, method=seen.method, headers=seen.headers)


def _request(seen: Seen) -> str:
    return f"observe({seen.method} {target(seen.path, seen.query)})"


def _timeless(request: str, events: Sequence[Event]) -> list[Event]:
    """The events with the time that samples leave open; raises where one has none that is one."""
    for event in events:
        if not math.isfinite(event.at) or event.at <= 0:
            raise BrokenError(request, "Event.at in seconds since the epoch", event.at)
    return [msgspec.structs.replace(event, at=0.0, consent=None) for event in events]
