"""``saccade serve``: the tenants of a folder, by one worker or by several."""

import asyncio
import contextlib
import multiprocessing
from functools import partial
from pathlib import Path

from saccade_server import logs
from saccade_server.keys import master_secret
from saccade_server.listening import bound, more_descriptors
from saccade_server.plan import Plan
from saccade_server.reloading import remember_hangups
from saccade_server.serving import DRAIN_S, serving, until_stopped
from saccade_server.tenancy import install_all


def run(plan: Plan) -> None:
    """Serve in this process until it is asked to stop. Raises configuration errors."""
    _serve(plan, None)


def work(plan: Plan, metrics: Path) -> None:
    """Serve as one of several workers, until asked to stop or left alone by the parent."""
    _serve(plan, metrics)


def _serve(plan: Plan, metrics: Path | None) -> None:
    settings = plan.settings
    remember_hangups()
    logs.configure(settings.log_format, settings.log_level)
    read = partial(install_all, settings.config, plan.adapters, master_secret(settings))
    installed = read()
    more_descriptors()
    with contextlib.closing(bound(settings, shared=metrics is not None)) as listener:

        async def main(stop: asyncio.Event) -> None:
            _stop_with_parent(stop)
            async with serving(
                settings, installed, listener, read=read, shared_metrics=metrics, drain_s=DRAIN_S
            ):
                await stop.wait()

        until_stopped(main)


def _stop_with_parent(stop: asyncio.Event) -> None:
    """A worker whose parent was killed stops too: nobody would restart or end it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        loop = asyncio.get_running_loop()
        descriptor = parent.sentinel

        def gone() -> None:
            loop.remove_reader(descriptor)
            stop.set()

        loop.add_reader(descriptor, gone)
