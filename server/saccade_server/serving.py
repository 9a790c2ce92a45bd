"""A server from start to graceful stop.

Stopping: no new connections, calls under way are finished, what was decided is journaled, then the
stores close.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from saccade_gateway import SERVER_OPTIONS
from saccade_server.app import application
from saccade_server.beside import beside
from saccade_server.edge import OTHER
from saccade_server.house import House, Phase
from saccade_server.listening import BACKLOG, url_of
from saccade_server.malformed import server_logger
from saccade_server.problems import Kind
from saccade_server.script import read_tracker
from saccade_server.settings import Settings
from saccade_server.tenancy import Installed
from saccade_server.watch import watch
from saccade_server.wiring import opened

GRACE_S = 10.0
"""How long calls under way may take once the server is asked to stop."""

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def serving(
    settings: Settings,
    installed: tuple[Installed, ...],
    listener: socket.socket,
    *,
    extra: Iterable[web.AbstractRouteDef] = (),
    shared_metrics: Path | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[House]:
    """Serve inside the block; leaving it stops gracefully. ``clock`` is that of all decisions."""
    tracker_js = read_tracker()
    async with opened(settings, installed, shared_metrics, clock) as (house, gateway):
        prefixes = [path for one in installed for path in one.adapter.paths]
        app = application(house, tracker_js, gateway.handle, prefixes, extra)
        # aiohttp grants the time-out twice: to the handler, then to what follows its cancellation.
        options: dict[str, Any] = dict(SERVER_OPTIONS)
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=server_logger(partial(house.metrics.rejected, OTHER, Kind.MALFORMED)),
            shutdown_timeout=GRACE_S / 2,
            **options,
        )
        await runner.setup()
        try:
            # A full collection of what start-up made stops the loop for long: once, and before
            # the first call can wait for it.
            gc.collect()
            gc.freeze()
            await web.SockSite(runner, listener, backlog=BACKLOG).start()
            house.phase = Phase.READY
            log.info("serving", url=url_of(listener), pid=os.getpid())
            async with beside(watch(house)):
                yield house
        finally:
            house.phase = Phase.STOPPING
            log.info("stopping", count=len(house.under_way))
            await runner.cleanup()
            await _finished(house)
            gc.unfreeze()
    log.info("stopped")


async def _finished(house: House) -> None:
    """Calls whose browsers have gone are finished too."""
    if house.under_way:
        await asyncio.wait(house.under_way, timeout=GRACE_S / 2)


def until_stopped(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run ``main`` with an event that SIGTERM and SIGINT set; a second SIGINT interrupts."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_with_signals(main))


async def _with_signals(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def asked(number: int) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked, number)
    await main(stop)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows and PyPy
    except ImportError:
        return None
    return uvloop.new_event_loop
