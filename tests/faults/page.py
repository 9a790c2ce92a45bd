"""A page path to be tested: a scripted platform, the gateway before it, an engine to be steered."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractResolver

from faults.upstream import Script, ScriptedUpstream
from faults.wire import Wire, call
from making import SECRET, tenant
from saccade import identity
from saccade.deadline import Deadline
from saccade.defaults import undecided
from saccade.domain import (
    Decision,
    DecisionRequest,
    Event,
    Experience,
    Identity,
    Instruction,
    Mode,
    Op,
    Reason,
    Served,
)
from saccade.ports import Adapter
from saccade.tenants import Tenant
from saccade_gateway import SERVER_OPTIONS, Gateway, Platform, Site, Sites
from saccade_gateway.arrival import TrustedHops
from saccade_gateway.hooks import Decides, IdentityReader, Metrics
from saccade_sap_occ import factory

PRODUCT = "/occ/v2/electronics/products/816324"
SHOPPER = ("x-session-id", "shopper-1")

EXPERIENCE = Experience(
    decision_id="d-1",
    mode=Mode.HESITATING,
    confidence=0.84,
    reason=Reason.MODEL,
    served=Served.MODEL,
    instructions=(Instruction(Op.MOVE, "battery-guarantee", to="top"),),
)
BLOCK = msgspec.json.encode(EXPERIENCE)


def with_block(body: bytes, block: bytes = BLOCK) -> bytes:
    """A platform's object ending in ``}``, with our key as its last."""
    comma = b"" if body == b"{}" else b","
    return body[:-1] + comma + b'"saccade":' + block + b"}"


@dataclass(slots=True)
class SteeredEngine:
    """Answers at once, or when a test says so; remembers how each question ended."""

    at_once: bool = True
    asked: list[DecisionRequest] = field(default_factory=list[DecisionRequest])
    futures: list["asyncio.Future[Decision]"] = field(
        default_factory=list["asyncio.Future[Decision]"]
    )
    settled: list[tuple[Decision, bool]] = field(default_factory=list[tuple[Decision, bool]])
    abandoned: int = 0
    instead: Experience | None = None
    """What pages get that go out without a decision."""
    on_ask: asyncio.Event = field(default_factory=asyncio.Event)
    on_settle: asyncio.Event = field(default_factory=asyncio.Event)
    expected: int = 0

    def ask(self, request: DecisionRequest, deadline: Deadline) -> "asyncio.Future[Decision]":
        """As the engine does; the ledger gets a stage."""
        future: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self.asked.append(request)
        self.futures.append(future)
        self.expected += 1
        deadline.mark("profile")
        if self.at_once:
            future.set_result(self.decision(request))
        self.on_ask.set()
        return future

    def decide_all(self) -> None:
        """Answer every open question."""
        for request, future in zip(self.asked, self.futures, strict=True):
            if not future.done():
                future.set_result(self.decision(request))

    def settle(self, decision: Decision, *, delivered: bool) -> None:
        """Remember it."""
        self.settled.append((decision, delivered))
        self.on_settle.set()

    def abandon(self, answer: "asyncio.Future[Decision]") -> None:
        """Count it."""
        assert not answer.done()
        answer.cancel()
        self.abandoned += 1

    def fallback(self, request: DecisionRequest, reason: Reason) -> Experience | None:
        """`instead`, for a question that was asked."""
        assert request in self.asked
        assert reason is Reason.TIMEOUT
        return self.instead

    @staticmethod
    def decision(request: DecisionRequest) -> Decision:
        """`EXPERIENCE`, decided for a request."""
        plain = undecided(request, Reason.MODEL, recorded=True)
        return msgspec.structs.replace(plain, id="d-1", experience=EXPERIENCE)

    @property
    def deliveries(self) -> list[bool]:
        """For each settled question whether the page went out with it."""
        return [delivered for _, delivered in self.settled]

    def balanced(self) -> bool:
        """Every question was ended exactly once."""
        return self.expected == len(self.settled) + self.abandoned


@dataclass(slots=True)
class Measured:
    """Metrics that remember."""

    stages: list[str] = field(default_factory=list[str])
    decisions: list[tuple[Reason, Served]] = field(default_factory=list[tuple[Reason, Served]])
    refusals: list[int] = field(default_factory=list[int])

    def page(self, ledger: Mapping[str, float], elapsed_ms: float) -> None:
        """Keep the stages."""
        assert all(0 <= spent <= elapsed_ms for spent in ledger.values())
        self.stages += [*ledger, "page"]

    def decided(self, reason: Reason, served: Served) -> None:
        """Keep both."""
        self.decisions.append((reason, served))

    def refused(self, status: int) -> None:
        """Keep it."""
        self.refusals.append(status)


def identities(token: str, shop: Tenant) -> Identity | None:
    """As the server reads tokens, with the tests' secret."""
    return identity.parse(token, SECRET, open_site=shop.site.open)


@dataclass(slots=True)
class PagePath:
    """A gateway that listens, and what it was made of."""

    port: int
    upstream: ScriptedUpstream
    engine: SteeredEngine
    metrics: Measured
    events: list[Event]

    async def get(self, target: str = PRODUCT, *headers: tuple[str, str]) -> Wire:
        """An identified shopper's GET through the gateway."""
        return await call(self.port, target, SHOPPER, *headers)

    async def both(self, target: str = PRODUCT, *headers: tuple[str, str]) -> tuple[Wire, Wire]:
        """The same GET straight from the platform, then through the gateway."""
        return await call(self.upstream.port, target, *headers), await self.get(target, *headers)

    @property
    def asked_upstream(self) -> Sequence[bytes]:
        """Targets the platform was asked for."""
        return self.upstream.targets()


@contextlib.asynccontextmanager
async def listening(gateway: Gateway) -> AsyncGenerator[int, None]:
    """The gateway behind aiohttp's server, on a free port."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", gateway.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, **dict(SERVER_OPTIONS))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def gateway_before(
    port: int,
    engine: Decides,
    *,
    shop: Tenant | None = None,
    adapt: Callable[[Adapter], Adapter] = lambda adapter: adapter,
    metrics: Metrics | None = None,
    identify: IdentityReader = identities,
    events: list[Event] | None = None,
    hops: TrustedHops | None = None,
    resolver: AbstractResolver | None = None,
    host: str = "127.0.0.1",
) -> AsyncGenerator[int, None]:
    """A gateway with one SAP tenant whose platform listens on ``port``; yields its own port."""
    shop = shop or tenant(url=f"http://{host}:{port}")
    platform = Platform(shop.upstream, resolver=resolver)
    sites = Sites([Site(shop, adapt(factory.build(shop)), platform)])
    sink = events.extend if events is not None else None
    gateway = Gateway(engine, sites, identify, metrics=metrics, events=sink, hops=hops)
    try:
        async with listening(gateway) as own:
            yield own
    finally:
        await sites.close()


@contextlib.asynccontextmanager
async def page_path(
    script: Script,
    *,
    at_once: bool = True,
    adapt: Callable[[Adapter], Adapter] = lambda adapter: adapter,
    hops: TrustedHops | None = None,
    reads_body: bool = True,
) -> AsyncGenerator[PagePath, None]:
    """All of it, with a steered engine. On leaving, every question must have ended once."""
    engine, metrics, events = SteeredEngine(at_once=at_once), Measured(), list[Event]()
    async with ScriptedUpstream(script, reads_body=reads_body) as upstream:
        async with gateway_before(
            upstream.port, engine, adapt=adapt, metrics=metrics, events=events, hops=hops
        ) as port:
            yield PagePath(port, upstream, engine, metrics, events)
        engine.decide_all()
        await asyncio.sleep(0)
    assert engine.balanced(), (engine.expected, engine.settled, engine.abandoned)
