"""A server from start to graceful stop.

Stopping: no new connections, those that are open get their last answers, calls under way are
finished, what was decided is journaled, then the stores close.
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
from saccade_server.direct import lead_straight
from saccade_server.edge import OTHER
from saccade_server.hosting import ServerDesk, hosted
from saccade_server.house import House, Phase
from saccade_server.listening import Door, url_of
from saccade_server.malformed import server_logger
from saccade_server.problems import Kind
from saccade_server.pulse import beating
from saccade_server.reloading import Read, Reloading
from saccade_server.script import read_tracker
from saccade_server.settings import Settings
from saccade_server.tenancy import Installed
from saccade_server.watch import watch, watchdog
from saccade_server.wiring import Wired, opened

COLLECT_EVERY = 20_000
"""Objects made and not freed before the collector looks at the young ones. What a page makes frees
itself; at Python's own 700 every few pages pay for a look that finds nothing."""

GRACE_S = 10.0
"""How long calls under way may take once the server is asked to stop."""

DRAIN_S = 2.0
"""How long open connections are then still served, each answer being the last of its connection:
whoever keeps one open learns of the end by that answer, and not by a call that is lost (F31)."""

LINGER_S = 3.0
"""How long a body that nobody reads is let run out, so that its sender sees the answer."""

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def serving(
    settings: Settings,
    installed: tuple[Installed, ...],
    listener: socket.socket,
    *,
    extra: Iterable[web.AbstractRouteDef] = (),
    read: Read | None = None,
    shared_metrics: Path | None = None,
    drain_s: float = 0.0,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[House]:
    """Serve inside the block; leaving it stops gracefully.

    ``read`` is what SIGHUP reads the tenants anew with; ``clock`` is that of all decisions.
    """
    desk = ServerDesk(settings, reloads=read is not None)
    async with (
        hosted(desk) as routes,
        opened(settings, installed, shared_metrics, clock) as wired,
    ):
        house = desk.house = wired.house
        paths = frozenset(path for one in installed for path in one.adapter.paths)
        app = application(house, read_tracker(), wired.gateway.handle, paths, (*routes, *extra))
        async with (
            beside(beating(house.pulse, house.metrics.lagged)),
            _listening(app, wired, paths, settings, listener, drain_s),
            beside(watch(house)),
            beside(_reloading(wired, paths, read)),
        ):
            with watchdog(house.pulse, house.metrics.blocked):
                yield house
    log.info("stopped")


@contextlib.asynccontextmanager
async def _listening(
    app: web.Application,
    wired: Wired,
    paths: frozenset[str],
    settings: Settings,
    listener: socket.socket,
    drain_s: float,
) -> AsyncGenerator[None]:
    house = wired.house
    runner = _runner(app, house, settings)
    server = await _set_up(runner)
    lead_straight(server, app, wired.gateway.handle, paths, lambda: house.phase is Phase.STOPPING)
    door = Door(server, listener, partial(house.metrics.rejected, OTHER, Kind.OVERLOAD))
    collected = gc.get_threshold()
    try:
        await door.open()
        gc.collect()
        gc.set_threshold(COLLECT_EVERY, *gc.get_threshold()[1:])
        gc.freeze()  # a full collection of what start-up made would stop the loop for long
        house.pulse.rest()  # none of that kept a shopper waiting
        house.phase = Phase.READY
        log.info("serving", url=url_of(listener), pid=os.getpid())
        yield
    finally:
        house.phase = Phase.STOPPING
        wired.gateway.drain()
        log.info("stopping", count=len(house.under_way))
        await door.close()
        await _drained(server, drain_s)
        await runner.cleanup()
        await _finished(house)
        gc.unfreeze()
        gc.set_threshold(*collected)


async def _reloading(wired: Wired, paths: frozenset[str], read: Read | None) -> None:
    if read is not None:
        reloading = Reloading(wired.house, wired.tenants, paths, read, wired.models.reload)
        await reloading.on_hangup()


def _runner(app: web.Application, house: House, settings: Settings) -> web.AppRunner:
    options: dict[str, Any] = dict(SERVER_OPTIONS)
    return web.AppRunner(
        app,
        access_log=None,
        logger=server_logger(partial(house.metrics.rejected, OTHER, Kind.MALFORMED)),
        # aiohttp grants the time-out twice: to the handler, then to what follows its cancellation.
        shutdown_timeout=GRACE_S / 2,
        # From when it was opened or its last answer until the whole head of a call is there (F33).
        keepalive_timeout=settings.idle_s,
        lingering_time=LINGER_S,
        **options,
    )


async def _set_up(runner: web.AppRunner) -> web.Server:
    await runner.setup()
    if runner.server is None:
        raise RuntimeError("a runner that was set up has no server")
    return runner.server


async def _drained(server: web.Server, patience_s: float) -> None:
    """Until no connection is open, or for so long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience_s
    while server.connections and loop.time() < end:  # noqa: ASYNC110 - aiohttp tells nobody
        await asyncio.sleep(0.02)


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
