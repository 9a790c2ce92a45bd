"""Facts seen passing: told once the answer has gone out, and only where they are facts (R50)."""

import gzip
from collections.abc import Iterable, Sequence
from ipaddress import ip_network

import msgspec
import pytest

from faults import upstream as up
from faults.page import SHOPPER, SteeredEngine, gateway_before, page_path
from faults.wire import Caller, call, request
from saccade.deliveries import Delivery, Label
from saccade.domain import Event
from saccade.ports import Adapter, Call
from saccade_gateway.arrival import TrustedHops
from saccade_gateway.observing import LIMIT

BODY = b'{"code":"816324","price":{"value":1249.00},"name":"Laptop"}'


async def test_an_order_seen_passing_is_told() -> None:  # R50
    order = b'{"code":"00001","totalPriceWithTax":{"value":1249.00,"currencyIso":"EUR"}}'
    target = "/occ/v2/electronics/users/anonymous/orders?cartId=guid-1"
    async with page_path(up.json(order, status=b"201 Created")) as page:
        through = await call(page.port, target, SHOPPER, method="POST")
        assert through.body == order
        (event,) = page.events
        assert isinstance(event, Event)
        assert (event.reference, event.value, event.session) == ("00001", "1249.00", "shopper-1")


@pytest.mark.parametrize("status", [b"400 Bad Request", b"500 Oops"])
async def test_an_order_refused_is_none(status: bytes) -> None:
    target = "/occ/v2/electronics/users/anonymous/orders?cartId=guid-1"
    async with page_path(up.json(b'{"code":"1"}', status=status)) as page:
        await call(page.port, target, SHOPPER, method="POST")
        assert page.events == []


class Counting:
    """An event port that only counts what it is shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, bytes]] = []

    def verify(self, delivery: Delivery) -> bool:
        raise AssertionError(delivery)

    def label(self, delivery: Delivery) -> Label:
        return Label(key="", topic="")

    def translate(self, delivery: Delivery) -> Sequence[Event]:
        raise AssertionError(delivery)

    def observe(self, call: Call, status: int, body: bytes) -> Sequence[Event]:
        self.seen.append((call.method, status, body))
        raise RuntimeError("an adapter on a bad day")


@pytest.mark.parametrize(
    ("method", "status", "body", "seen"),
    [
        ("POST", b"200 OK", BODY, BODY),
        ("DELETE", b"202 Accepted", BODY, BODY),
        ("POST", b"201 Created", b"x" * (LIMIT + 1), b""),
        ("POST", b"404 Not Found", BODY, None),
        ("GET", b"200 OK", BODY, None),
    ],
)
async def test_only_accepted_answers_to_calls_with_effects_are_told_of(
    method: str, status: bytes, body: bytes, seen: bytes | None
) -> None:
    port = Counting()

    def counting(adapter: Adapter) -> Adapter:
        return msgspec.structs.replace(adapter, events=port)

    async with page_path(up.json(body, status=status), adapt=counting) as page:
        through = await call(page.port, "/occ/v2/electronics/x", SHOPPER, method=method)
        assert through.body == body
        assert [one[2] for one in port.seen] == ([] if seen is None else [seen])


async def test_a_gzipped_answer_is_read_unfolded() -> None:
    port, coded = Counting(), (b"Content-Encoding", b"gzip")

    def counting(adapter: Adapter) -> Adapter:
        return msgspec.structs.replace(adapter, events=port)

    async with page_path(up.json(gzip.compress(BODY, mtime=0), coded), adapt=counting) as page:
        through = await call(page.port, "/occ/v2/electronics/x", SHOPPER, method="POST")
        assert through.body == gzip.compress(BODY, mtime=0)
        assert [one[2] for one in port.seen] == [BODY]


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b'{"code":"1","entries":"%b"}' % (b"x" * LIMIT), b"identity"),  # of hundreds of entries
        (gzip.compress(b"x" * (LIMIT + 1), mtime=0), b"gzip"),
        (b"not gzip at all", b"gzip"),
        (b"\x0b\x02\x80{}\x03", b"br"),  # as a CDN before the platform may choose
    ],
    ids=["long", "long unfolded", "broken", "brotli"],
)
async def test_an_accepted_order_that_cannot_be_read_is_still_one(
    body: bytes, coding: bytes
) -> None:  # R50
    target = "/occ/v2/electronics/users/current/orders?cartId=guid-1"
    answered = up.json(body, (b"Content-Encoding", coding), status=b"201 Created")
    async with page_path(answered) as page:
        assert (await call(page.port, target, SHOPPER, method="POST")).body == body
        (event,) = page.events
        assert isinstance(event, Event)
        assert (event.kind, event.value) == ("order_placed", None)
        assert event.reference  # the cart's hash: seen again it is the same order


async def test_an_order_cut_short_is_none() -> None:
    target = "/occ/v2/electronics/users/anonymous/orders?cartId=guid-1"
    async with page_path(up.chunked(b'{"code":"1"}', ended=False)) as page:
        through = await call(page.port, target, SHOPPER, method="POST")
        assert not through.complete
        assert page.events == []


async def test_a_sink_that_raises_costs_the_event_and_not_the_page() -> None:  # R27
    class Broken(list[Event]):
        def extend(self, events: Iterable[Event], /) -> None:
            raise RuntimeError(events)

    target = "/occ/v2/electronics/users/anonymous/orders?cartId=guid-1"
    async with (
        up.ScriptedUpstream(up.json(b'{"code":"1"}', status=b"201 Created")) as upstream,
        gateway_before(upstream.port, SteeredEngine(), events=Broken()) as port,
        await Caller.connect(port) as caller,
    ):
        for _ in range(2):  # on one connection: it is not dropped either
            await caller.send(request(target, SHOPPER, method="POST"))
            through = await caller.answer(b"POST")
            assert (through.status, through.body) == (201, b'{"code":"1"}')


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),  # as a socket for both families names it
        ("11.1.2.3", False),
        ("::ffff:11.1.2.3", False),
        ("fd00::1", True),
        ("unknown", False),
    ],
)
def test_a_hop_is_trusted_by_its_network(peer: str, trusted: bool) -> None:  # OCC 12
    hops = TrustedHops((ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
    assert hops.trusts(peer) is trusted
