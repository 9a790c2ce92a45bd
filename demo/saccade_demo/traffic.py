"""Simulated shoppers in real time: they call products, send signals, and some of them order.

They speak to a server as browsers do, over HTTP and through the gateway, and only on this machine.
"""

import asyncio
import random
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from math import ceil
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from saccade import identity
from saccade.domain import JsonObject
from saccade.signals import Signals
from saccade_demo import catalog, occ
from saccade_demo import shoppers as world
from saccade_demo.shoppers_timeline import FLUSH_S, timeline

MOST_SHOPPERS = 500
"""More than this on one machine measures the machine."""

VISIT_S = 120.0
"""A visit lasts so long; then the next shopper comes."""

_LAPTOP_SHARE = 0.6
_TIMEOUT = aiohttp.ClientTimeout(total=5.0)
_PRODUCTS = f"/occ/v2/{occ.SITE}/products"
_USER = f"/occ/v2/{occ.SITE}/users/anonymous"


@dataclass(slots=True)
class Driven:
    """What the shoppers did, and how often they were not answered as they asked."""

    visits: int = 0
    product_calls: int = 0
    decided: int = 0
    """Product answers that carried a block."""
    batches: int = 0
    orders: int = 0
    refused: dict[str, int] = field(default_factory=dict[str, int])
    """Status, or the kind of failure, to how often."""


async def drive(
    base_url: str, shoppers: int, seconds: float, seed: int = 0, *, flush_s: float = FLUSH_S
) -> Driven:
    """Keep ``shoppers`` visits under way for ``seconds``; returns when they are over.

    Behaviour follows from ``seed``; identities are new each time. A call that fails is counted and
    the visit goes on. ``flush_s`` is the tracker's interval. Raises `ValueError` for an address
    that is not this machine's, and for a number of shoppers not from 1 to `MOST_SHOPPERS`.
    """
    url = URL(base_url)
    if not is_loopback(url.host):
        raise ValueError(f"{base_url!r} is not on this machine: simulated shoppers stay at home")
    if not 1 <= shoppers <= MOST_SHOPPERS:
        raise ValueError(f"{shoppers} is no number of shoppers from 1 to {MOST_SHOPPERS}")
    rounds = ceil(seconds / VISIT_S)
    population = world.draw(rounds * shoppers, seed)
    driven = Driven()
    async with aiohttp.ClientSession(
        base_url=url.origin(), timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
    ) as client:
        try:
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                for place in range(shoppers):
                    members = range(place, len(population), shoppers)
                    visits = _Visits(client, driven, population, seed, flush_s)
                    group.create_task(visits.follow(members))
        except TimeoutError:
            pass
    return driven


def is_loopback(host: str | None) -> bool:
    """Whether a URL's host is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Visits:
    """One visit after the other."""

    client: aiohttp.ClientSession
    driven: Driven
    population: world.Shoppers
    seed: int
    flush_s: float

    async def follow(self, members: range) -> None:
        """Each begins somewhere within a flush interval: shoppers do not march in step."""
        for member in members:
            draw = random.Random(f"{self.seed}:{member}")  # noqa: S311 - a simulation's behaviour
            await asyncio.sleep(draw.uniform(0, self.flush_s))
            shopper = world.one(self.population, member, draw.randrange(2**32))
            self.driven.visits += 1
            await _Visit(self.client, self.driven, draw).follow(shopper, self.flush_s)


class _Visit:
    """One shopper's browser."""

    def __init__(self, client: aiohttp.ClientSession, driven: Driven, draw: random.Random) -> None:
        self._client = client
        self._driven = driven
        self._draw = draw
        self._token = identity.issue(None)
        self._product = catalog.LAPTOP
        self._view = ""
        self._known: dict[str, object] = {}
        self._cart: str | None = None

    async def follow(self, shopper: world.Shopper, flush_s: float) -> None:
        began = asyncio.get_running_loop().time()
        viewed = 1
        await self._open()
        for moment, signals in timeline(shopper, until_s=VISIT_S, every_s=flush_s):
            await asyncio.sleep(began + moment - asyncio.get_running_loop().time())
            if (signals.products_viewed or 1) > viewed:
                viewed = signals.products_viewed or 1
                await self._open()
            await self._flush(signals)
            await self._buy(signals)

    async def _open(self) -> None:
        laptop = self._draw.random() < _LAPTOP_SHARE
        self._product = (
            catalog.LAPTOP if laptop else self._draw.choice(list(catalog.load().sources))
        )
        self._view = secrets.token_hex(8)
        self._known = {}
        self._driven.product_calls += 1
        path = f"{_PRODUCTS}/{self._product}"
        asked = {"fields": "FULL", "saccade_view": self._view}
        document = await self._call("GET", path, params=asked)
        self._driven.decided += "saccade" in document

    async def _flush(self, signals: Signals) -> None:
        """Only what changed, as the tracker does."""
        values: dict[str, object] = msgspec.to_builtins(signals)
        changed = {name: value for name, value in values.items() if self._known.get(name) != value}
        self._known = values
        self._driven.batches += 1
        names = {"session_id": self._token, "product_id": self._product, "view": self._view}
        await self._call("POST", "/v1/signals", json=names | changed)

    async def _buy(self, signals: Signals) -> None:
        if signals.add_to_cart_clicked and self._cart is None:
            created = await self._call("POST", f"{_USER}/carts")
            self._cart = str(created.get("guid", ""))
            entry = {"product": {"code": self._product}, "quantity": 1}
            await self._call("POST", f"{_USER}/carts/{self._cart}/entries", json=entry)
        if signals.checkout_clicked and self._cart:
            placed = await self._call("POST", f"{_USER}/orders", params={"cartId": self._cart})
            self._driven.orders += "code" in placed
            self._cart = ""

    async def _call(self, method: str, path: str, **given: Any) -> JsonObject:
        """The answer's document; empty where it was no 2xx or had none.

        ``given`` goes to aiohttp as it is, hence Any.
        """
        headers = {identity.HEADER: self._token}
        try:
            async with self._client.request(method, path, headers=headers, **given) as response:
                body = await response.read()
                if response.ok:
                    return msgspec.json.decode(body, type=JsonObject) if body else {}
                failure = str(response.status)
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            failure = type(error).__name__
        self._driven.refused[failure] = self._driven.refused.get(failure, 0) + 1
        return {}
