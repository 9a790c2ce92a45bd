"""The whole server on a real socket, as `saccade serve` runs it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import making
from saccade.tenants import Tenant
from saccade_sap_occ import factory
from saccade_server.house import House
from saccade_server.keys import master_secret
from saccade_server.serving import serving
from saccade_server.settings import Settings
from saccade_server.tenancy import Installed, install
from server.program import CAMPAIGNS

SITE = "/occ/v2/electronics"
UNSHED_MS = 60_000.0
"""A busy machine sheds nothing here."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    port: int
    house: House
    folder: Path


def installed(folder: Path, shop: Tenant, settings: Settings) -> Installed:
    """A tenant with the campaign that answers the laptop shopper's fear."""
    own = folder / shop.name
    own.mkdir(parents=True, exist_ok=True)
    (own / "campaigns.toml").write_text(CAMPAIGNS, "utf-8")
    return install(shop, own, factory, master_secret(settings))


@contextlib.asynccontextmanager
async def served(
    folder: Path, *shops: Tenant, state_url: str = "memory://"
) -> AsyncGenerator[Served]:
    """`saccade_server.serving.serving` on a free port, with these tenants."""
    settings = Settings(data=folder / "data", state_url=state_url, shed_lag_ms=UNSHED_MS)
    tenants = tuple(installed(folder, shop, settings) for shop in shops)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    with contextlib.closing(listener):
        async with serving(settings, tenants, listener) as house:
            yield Served(listener.getsockname()[1], house, folder)
            await _catalogs_begun(settings, tenants)


async def _catalogs_begun(settings: Settings, tenants: tuple[Installed, ...]) -> None:
    """A server that is stopped within its first milliseconds has them begun by a thread still."""
    folder = settings.data / "catalogs"
    for _ in range(500):
        if all(list(folder.glob(f"{one.tenant.name}.[pw]*")) for one in tenants):
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)


def shop(port: int, name: str = making.TENANT) -> Tenant:
    """The open tenant of `making.tenant`, its platform on a port of this machine."""
    return making.tenant(name=name, url=f"http://127.0.0.1:{port}")
