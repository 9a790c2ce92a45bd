"""Webhooks: authentic ones are taken, once; forged ones never; what they say is what is told."""

import base64
from collections.abc import Iterator

import msgspec

from saccade.deliveries import Delivery, Fact
from saccade.domain import Event
from saccade.ports import Adapter
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
from saccade.testing.samples import Sent
from saccade.testing.subject import Subject, delivery


@check(
    "delivery.claimed",
    "R35",
    "name in identify() the tenant a delivery claims, or its path's; None, and no error, for junk",
    needs=["deliveries"],
)
async def claimed(subject: Subject) -> None:
    """The tenant a delivery claims is found before anything of it is trusted."""
    tenant = subject.tenant()
    for sent in subject.samples.deliveries:
        request = f"identify({_named(sent)})"
        with asking(request):
            same(request, tenant.name, subject.factory.identify(delivery(tenant, sent)))
    for body in NO_OBJECT:
        request = f"identify() of no headers and {shown(repr(body[:60]))}"
        with asking(request):
            same(request, None, subject.factory.identify(Delivery({}, None, body)))


@check(
    "delivery.authentic",
    "F28",
    "verify the raw bytes with the tenant's secret, as the platform's documents say",
    needs=["deliveries"],
)
async def authentic(subject: Subject) -> None:
    """A delivery the platform signed is taken."""
    tenant, adapter = subject.built()
    for sent in subject.samples.deliveries:
        _verified(adapter, f"verify({_named(sent)})", delivery(tenant, sent), expected=True)


@check(
    "delivery.unsigned",
    "Webhook forgery",
    "return False from verify() where there is no signature, whatever the body",
)
async def unsigned(subject: Subject) -> None:
    """Anybody's delivery, without a signature, is refused."""
    tenant, adapter = subject.built()
    for body in (b"", b"{}", b"\xff", b'{"id":1}'):
        what = f"verify() of no headers and {body!r}"
        _verified(adapter, what, Delivery({}, tenant.name, body), expected=False)


@check(
    "delivery.forged",
    "Webhook forgery",
    "compute the MAC over the raw body and all signed headers; compare with hmac.compare_digest",
    needs=["deliveries"],
    after=["delivery.authentic", "delivery.unsigned"],
)
async def forged(subject: Subject) -> None:
    """One bit changed in body or signature, or no signature at all: it is refused."""
    tenant, adapter = subject.built()
    _some(any(sent.signed for sent in subject.samples.deliveries), "deliveries.signed")
    for how, false in _forgeries(tenant, subject.samples.deliveries):
        _verified(adapter, f"verify({how})", false, expected=False)


@check(
    "delivery.replayed",
    "F28",
    "label a delivery by what the platform numbers it with, or by a hash of its bytes",
    needs=["deliveries"],
)
async def replayed(subject: Subject) -> None:
    """Sent again, a delivery has its label again; another one has another."""
    tenant = subject.tenant()
    keys: dict[str, str] = {}
    for sent in subject.samples.deliveries:
        request = f"label({_named(sent)})"
        with asking(request):
            label = subject.build(tenant).events.label(delivery(tenant, sent))
            again = subject.build(tenant).events.label(delivery(tenant, sent))
        same(f"{request} again", label, again)
        if not label.key or label.key in keys:
            got = f"{label.key!r}, as {keys.get(label.key, 'nothing')}"
            raise BrokenError(request, "a key of its own", got)
        keys[label.key] = _named(sent)


@check(
    "delivery.translated",
    "R35",
    "translate every topic the core can use, and give () for the others",
    needs=["deliveries"],
)
async def translated(subject: Subject) -> None:
    """What a delivery says is told, trusted and of its own tenant; other topics say nothing."""
    tenant, adapter = subject.built()
    _some(any(sent.says for sent in subject.samples.deliveries), "deliveries.says")
    for sent in subject.samples.deliveries:
        request = f"translate({_named(sent)})"
        with asking(request):
            facts = adapter.events.translate(delivery(tenant, sent))
        expected = [_filled(tenant, fact) for fact in sent.says]
        same(request, expected, _timed(expected, list(facts)))


@check(
    "delivery.unreadable",
    "F29",
    "raise ValueError, naming the field, where a delivery cannot be read",
    needs=["deliveries"],
)
async def unreadable(subject: Subject) -> None:
    """A delivery that cannot be read raises ValueError and nothing else; its label never raises."""
    tenant, adapter = subject.built()
    for sent in subject.samples.deliveries:
        for body in (*NO_OBJECT, b"{}", b'{"id":null}', sent.body[:-1]):
            one = delivery(tenant, sent, body=body)
            request = f"translate({_named(sent)}) of {shown(repr(body[:60]))}"
            with asking(request, "facts, or ValueError"):
                _translated(adapter, one)
                adapter.events.label(one)


DELIVERING: tuple[Check, ...] = (
    claimed,
    unsigned,
    authentic,
    forged,
    replayed,
    translated,
    unreadable,
)


def _some(shown: bool, what: str) -> None:
    if not shown:
        raise NothingToCheckError(what)


def _verified(adapter: Adapter, request: str, one: Delivery, *, expected: bool) -> None:
    with asking(request):
        same(request, expected, adapter.events.verify(one))


def _forgeries(tenant: Tenant, deliveries: tuple[Sent, ...]) -> Iterator[tuple[str, Delivery]]:
    for sent in deliveries:
        named = _named(sent)
        for at in sorted({0, len(sent.body) // 2, len(sent.body) - 1} & set(range(len(sent.body)))):
            changed = bytearray(sent.body)
            changed[at] ^= 1
            yield f"{named}, bit of byte {at} changed", delivery(tenant, sent, body=bytes(changed))
        yield f"{named}, a byte more", delivery(tenant, sent, body=sent.body + b" ")
        yield f"{named}, no headers", Delivery({}, tenant.name, sent.body)
        yield f"{named}, no body", delivery(tenant, sent, body=b"")
        for name in sent.signed:
            for how, value in _altered(sent.headers[name]):
                headers = {**sent.headers, name: value}
                yield f"{named}, {name} {how}", Delivery(headers, tenant.name, sent.body)
            headers = {key: value for key, value in sent.headers.items() if key != name}
            yield f"{named}, no {name}", Delivery(headers, tenant.name, sent.body)


def _altered(value: str) -> Iterator[tuple[str, str]]:
    yield "empty", ""
    yield "of another", base64.b64encode(bytes(32)).decode()
    yield "not ASCII", "\udcff" + value[1:]
    for at in {0, len(value) // 2} & set(range(len(value))):
        other = "A" if value[at] not in "Aa" else "B"  # hexadecimal may be read in either case
        yield f"changed at {at}", value[:at] + other + value[at + 1 :]


def _translated(adapter: Adapter, one: Delivery) -> None:
    try:
        adapter.events.translate(one)
    except ValueError:
        return


def _filled(tenant: Tenant, fact: Fact) -> Fact:
    """As a sample leaves out what is the kit's."""
    return msgspec.structs.replace(fact, tenant=tenant.name) if isinstance(fact, Event) else fact


def _timed(expected: list[Fact], facts: list[Fact]) -> list[Fact]:
    """The facts without times that the sample leaves open."""
    said = [fact.at if isinstance(fact, Event) else None for fact in expected]
    said += [None] * len(facts)
    return [
        msgspec.structs.replace(fact, at=0.0) if isinstance(fact, Event) and at == 0.0 else fact
        for fact, at in zip(facts, said, strict=False)
    ]


def _named(sent: Sent) -> str:
    topic = next((value for name, value in sent.headers.items() if "topic" in name), "")
    return f"delivery {topic or shown(repr(sent.body[:40]))}"
