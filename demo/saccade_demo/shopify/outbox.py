"""Webhooks on their way: signed when they are sent, retried as Shopify retries, in disorder."""

import asyncio
import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from aiohttp import ClientError, ClientSession, ClientTimeout

from saccade.domain import JsonObject
from saccade_demo.shopify.apps import App, Subscription
from saccade_demo.shopify.clock import Clock
from saccade_demo.shopify.credentials import webhook_digest
from saccade_demo.shopify.products import iso

CONNECT_S, TOTAL_S = 1.0, 5.0
RETRIES = 8
RETRIED_FOR_S = 4 * 3_600.0
DELAYS_S = tuple(RETRIED_FOR_S * 2**n / (2**RETRIES - 1) for n in range(RETRIES))
"""Shopify says eight in four hours; that each waits twice as long as the one before is ours."""

AT_ONCE = 32
"""Deliveries under way at one moment."""

_OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class Disorder:
    """What the platform allows itself: shares of what is doubled and lost, and how mixed it is."""

    doubled: float = 0.0
    lost: float = 0.0
    mixed_within_s: float = 0.0
    seed: int = 1


@dataclass(slots=True)
class Sending:
    """One delivery, with what became of it. ``answers`` are statuses; 0: none came in time."""

    subscription: Subscription
    body: bytes
    webhook_id: str
    event_id: str
    triggered_at: float
    action: str = ""
    resource: str = ""
    answers: list[int] = field(default_factory=list[int])

    @property
    def is_taken(self) -> bool:
        """Whether somebody answered 2xx."""
        return bool(self.answers) and self.answers[-1] in _OK


class Outbox:
    """One shop's deliveries to one app. ``given_up`` hears of a subscription that is deleted."""

    def __init__(self, clock: Clock, domain: str, disorder: Disorder | None = None) -> None:
        self._clock = clock
        self._domain = domain
        self.disorder = disorder or Disorder()
        self._random = Random(self.disorder.seed)  # noqa: S311 - disorder that can be repeated
        self._due: list[tuple[float, int, Sending]] = []
        self._numbers = iter(range(1, 10**12))
        self._more = asyncio.Event()
        self.sent: list[Sending] = []
        """Every delivery that was tried, in the order of first tries."""
        self.given_up: Callable[[Subscription], None] = lambda _: None

    def put(
        self,
        subscription: Subscription,
        payload: JsonObject,
        event: int,
        *,
        action: str = "",
        resource: str = "",
    ) -> None:
        """Have a payload delivered; ``event`` is what happened, the same to each subscription."""
        number = next(self._numbers)
        sending = Sending(
            subscription,
            json.dumps(payload, separators=(",", ":")).encode(),
            webhook_id=f"{number:08x}-0000-4000-8000-{event:012x}",
            event_id=f"{event:08x}-0000-4000-9000-000000000000",
            triggered_at=self._clock(),
            action=action,
            resource=resource,
        )
        if self._random.random() < self.disorder.lost:
            return
        for _ in range(2 if self._random.random() < self.disorder.doubled else 1):
            wait = self._random.uniform(0.0, self.disorder.mixed_within_s)
            self._push(self._clock() + wait, sending)

    @property
    def waiting(self) -> int:
        """Deliveries still to be tried."""
        return len(self._due)

    def clear(self) -> None:
        """Forget what waits."""
        self._due.clear()

    async def drain(self, app: App, session: ClientSession) -> None:
        """Try until nothing waits, the clock moved on to each next one: hours pass at once."""
        while self._due:
            self._clock.until(self._due[0][0])
            await self._try_due(app, session)

    async def work(self, app: App) -> None:
        """Deliver as time passes, for ever."""
        async with ClientSession() as session:
            while True:
                await self._try_due(app, session)
                self._more.clear()
                wait = self._due[0][0] - self._clock() if self._due else None
                try:
                    async with asyncio.timeout(wait):
                        await self._more.wait()
                except TimeoutError:
                    continue

    async def _try_due(self, app: App, session: ClientSession) -> None:
        now = self._clock()
        due: list[Sending] = []
        while self._due and self._due[0][0] <= now:
            due.append(heapq.heappop(self._due)[2])
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(sending: Sending) -> None:
            async with limit:
                await self._try(app, session, sending)

        await asyncio.gather(*map(one, due))

    async def _try(self, app: App, session: ClientSession, sending: Sending) -> None:
        if not sending.answers:
            self.sent.append(sending)
        sending.answers.append(await _status(app, session, sending, self._domain))
        if sending.is_taken:
            return
        tries = len(sending.answers)
        if tries <= RETRIES:
            self._push(self._clock() + DELAYS_S[tries - 1], sending)
        elif sending.subscription.id is not None:
            self.given_up(sending.subscription)

    def _push(self, at: float, sending: Sending) -> None:
        heapq.heappush(self._due, (at, next(self._numbers), sending))
        self._more.set()


async def _status(app: App, session: ClientSession, sending: Sending, domain: str) -> int:
    timeout = ClientTimeout(total=TOTAL_S, connect=CONNECT_S)
    try:
        async with session.post(
            sending.subscription.uri,
            data=sending.body,
            headers=headers(app, sending, domain),
            timeout=timeout,
            allow_redirects=False,
        ) as answer:
            await answer.read()
            return answer.status
    except (ClientError, TimeoutError):
        return 0


def headers(app: App, sending: Sending, domain: str) -> dict[str, str]:
    """Those of the subscription's family, signed with the app's secret as it is now."""
    told = {
        "Hmac-Sha256": webhook_digest(app.secret, sending.body),
        "Topic": sending.subscription.topic,
        "Shop-Domain": domain,
        "API-Version": app.api_version,
        "Webhook-Id": sending.webhook_id,
        "Event-Id": sending.event_id,
        "Triggered-At": iso(sending.triggered_at),
    }
    name = sending.subscription.name
    if sending.subscription.events:
        told |= {"Handle": name, "Action": sending.action, "Resource-Id": sending.resource}
        found = {f"shopify-{key.lower()}": value for key, value in told.items()}
    else:
        found = {f"X-Shopify-{key}": value for key, value in told.items()}
        if name:
            found["X-Shopify-Name"] = name
    return {**found, "Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook"}
