"""The demo in this process: platform, shop and server as `saccade demo` puts them together."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from saccade import treatment
from saccade.domain import Arm, JsonObject
from saccade_demo import lab, shop
from saccade_server.house import House
from saccade_server.keys import master_secret
from saccade_server.listening import bound, url_of
from saccade_server.serving import serving
from saccade_server.settings import Settings
from saccade_server.tenancy import Installed, adapter_factory, install

DAY_S = 86_400.0


@dataclass
class Clock:
    """The server's time of day: real time, and as far ahead as a test has passed."""

    ahead_s: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@dataclass
class Lab:
    """A running demo, and how tests look into it."""

    url: str
    house: House
    installed: Installed
    clock: Clock
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def stop(self) -> None:
        """Stop the server; the platform goes on."""
        self.stopping.set()
        await self.stopped.wait()

    def visitor(self, arm: Arm) -> str:
        """The first of a row of visitor ids whose side of the holdout is this."""
        tenant, secret = self.installed.tenant, self.installed.runtime.secret
        names = (f"{number:032x}" for number in range(1, 1_000))
        holdout = tenant.decisioning.holdout
        return next(name for name in names if treatment.arm(secret, name, holdout) is arm)

    async def journaled(self, decision_id: str) -> JsonObject:
        """A decision's record, who it was about included."""
        record = await self.house.journal.find(self.installed.tenant.name, decision_id)
        assert record is not None
        return record


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[Lab]:
    """The demo until the block ends. Its secret is fixed, and so is every visitor's arm."""
    clock = Clock()
    secret = SecretStr("a secret of the lab's own, for tests")
    settings = Settings(port=0, data=folder, secret=secret, log_level="error")
    platform, base_url = await lab.start_platform()
    started: asyncio.Future[Lab] = asyncio.get_running_loop().create_future()

    async def serve() -> None:
        tenant, campaigns = lab.demo_tenant(base_url)
        installed = install(tenant, campaigns, adapter_factory("sap_occ"), master_secret(settings))
        with contextlib.closing(bound(settings, shared=False)) as listener:
            async with serving(
                settings, (installed,), listener, extra=shop.routes(), clock=clock
            ) as house:
                one = Lab(url_of(listener), house, installed, clock)
                started.set_result(one)
                await one.stopping.wait()
        one.stopped.set()

    server = asyncio.create_task(serve())
    try:
        await asyncio.wait((server, started), return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()
        yield started.result()
        started.result().stopping.set()
        await server
    finally:
        server.cancel()
        await platform.cleanup()
