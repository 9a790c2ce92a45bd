"""A whole server on a real socket, with a state in memory and a journal in a file."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp.test_utils import TestClient, TestServer

import making
from saccade.actions import TenantRuntime
from saccade.ports import StatePort
from saccade.stores.memory import MemoryState
from saccade_gateway import SERVER_OPTIONS
from saccade_server.app import application
from saccade_server.house import Phase
from server.shopfront import LAPTOP, TRACKER, Serve, Shop, house_of


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Serves tenants' runtimes, by default the open one of `making.ready`."""
    opened: list[Shop] = []

    async def start(*runtimes: TenantRuntime, state: StatePort | None = None) -> Shop:
        file = tmp_path / "journal.db"
        shops = runtimes or (making.ready(),)
        house = house_of({one.tenant.name: one for one in shops}, file, state or MemoryState())
        server = TestServer(application(house, TRACKER))
        options: dict[str, Any] = dict(SERVER_OPTIONS)
        options.pop("handler_cancellation")  # TestServer sets it by itself
        await server.start_server(**options)
        shop = Shop(house, TestClient(server), file)
        house.phase = Phase.READY
        opened.append(shop)
        return shop

    yield start
    for shop in opened:
        await shop.client.close()
        await shop.house.engine.close()
        await shop.house.consents.close()
        await shop.house.journal.close()
        await shop.house.state.close()


@pytest.fixture
async def shop(serve: Serve) -> Shop:
    """One open shop."""
    return await serve()


@pytest.fixture
def laptop() -> dict[str, Any]:
    return dict(LAPTOP)


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """Puts logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
