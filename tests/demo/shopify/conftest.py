"""A stand-in shop over real HTTP, its clock at a test's command."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from saccade_demo.shopify import App, Clock, Shop, Subscription, application

SECRET = "shpss_" + "0" * 32
Client = TestClient[Request, Application]


def made(uri: str = "http://127.0.0.1:9/webhooks", *topics: str, events: bool = False) -> App:
    """An app subscribed to these topics."""
    return App(
        client_id="client",
        secret=SECRET,
        url="https://app.example/",
        redirects=("https://app.example/back",),
        scopes=("read_products", "read_inventory"),
        subscriptions=tuple(Subscription(topic, uri, "mine", events=events) for topic in topics),
    )


@pytest.fixture
def clock() -> Clock:
    """Stands still."""
    return Clock(lambda: 1_790_000_000.0)


@pytest.fixture
def shop(clock: Clock) -> Shop:
    """With the app installed."""
    shop = Shop("lab.myshopify.com", made(), clock=clock, seed="test")
    shop.install()
    return shop


@pytest_asyncio.fixture
async def client(shop: Shop) -> AsyncIterator[Client]:
    """Speaks to the shop."""
    async with TestClient(TestServer(application(shop))) as client:
        yield client
