"""A shop served on a real socket, and how tests look into it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request

import making
from saccade.actions import TenantRuntime
from saccade.breaker import GuardedState
from saccade.domain import Identity, JsonObject, Moment
from saccade.ports import IntentModel, StatePort
from saccade.state import State, ViewKey
from saccade.stores.following import FollowingState
from saccade.stores.journal import SqlJournal
from saccade_server.house import House
from saccade_server.metering import MeteredEngine
from saccade_server.metrics import Metrics
from saccade_server.sites import Site, Sites

SERVER_KEY = "the-server-key-of-"
TRACKER = b"(()=>{})();"


class NoModel:
    """Rules read the features (R22)."""

    def current(self) -> IntentModel | None:
        return None


class Because:
    """Says what it was asked about."""

    async def explain(self, record: JsonObject) -> JsonObject:
        return {"because": [f"{record['chosen']} was chosen"], "contributions": []}


@dataclass
class Shop:
    """A served house, and how tests look into it."""

    house: House
    client: TestClient[Request, Application]
    journal_file: Path

    async def post(self, route: str, body: Any, **options: Any) -> ClientResponse:
        return await self.client.post(route, json=body, **options)

    async def flush(self, route: str, body: str | bytes, **options: Any) -> ClientResponse:
        """As a page sends it."""
        headers = {"Content-Type": "text/plain;charset=UTF-8", **options.pop("headers", {})}
        return await self.client.post(route, data=body, headers=headers, **options)

    async def get(self, route: str, **options: Any) -> ClientResponse:
        return await self.client.get(route, **options)

    async def known(self, session: str, tenant: str = making.TENANT) -> State:
        """What is stored of a bare session."""
        key = ViewKey(tenant, Identity(session, session), Moment.PRODUCT)
        (state,) = await self.house.state.read([key])
        return state

    def counted(self, name: str, **labels: str) -> float:
        """A figure as `/metrics` would tell it."""
        return self.house.metrics.registry.get_sample_value(name, labels) or 0.0


Serve = Callable[..., Awaitable[Shop]]


def house_of(runtimes: dict[str, TenantRuntime], journal_file: Path, state: StatePort) -> House:
    """A house without platforms: what `/v1` needs."""
    metrics, models = Metrics(), NoModel()
    journal = SqlJournal(f"sqlite:///{journal_file}")
    guarded = GuardedState(FollowingState(state))
    return House(
        sites=Sites(Site(one, SERVER_KEY + name) for name, one in runtimes.items()),
        engine=MeteredEngine(metrics, runtimes, guarded, journal, models),
        state=guarded,
        journal=journal,
        models=models,
        explainer=Because(),
        metrics=metrics,
    )


LAPTOP: dict[str, Any] = {
    "session_id": "s1",
    "product_id": "816324",
    **{
        name: value
        for name in making.LAPTOP_SHOPPER.__struct_fields__
        if (value := getattr(making.LAPTOP_SHOPPER, name)) is not None
    },
}
"""The laptop shopper's signals as a body (R10)."""


async def until(condition: Callable[[], bool], patience_s: float = 10.0) -> None:
    """Wait for something that a running server does by itself."""
    async with asyncio.timeout(patience_s):
        while not condition():  # noqa: ASYNC110 - nothing tells it but the figures themselves
            await asyncio.sleep(0.005)
