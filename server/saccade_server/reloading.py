"""Configuration and model read anew while calls pass: whole and valid, or not at all (F21, F35)."""

import asyncio
import signal
from collections.abc import Callable

import structlog

from saccade.registry import ModelError
from saccade.tenants import ConfigurationError
from saccade_server.degradation import CONFIGURATION, MODEL
from saccade_server.house import House
from saccade_server.settings import SettingError
from saccade_server.tenancy import Installed
from saccade_server.tenants import Tenants

Read = Callable[[], tuple[Installed, ...]]
"""Reads every tenant anew, as at the start. Raises configuration errors."""

log = structlog.get_logger()

_early: list[None] = []
"""SIGHUPs that came before anybody could reload."""


def remember_hangups() -> None:
    """From now on SIGHUP does not end this process; what comes too early is done by `Reloading`.

    A handler, not a block: libraries have threads since they were imported, which no block of this
    one reaches, and any of them may be given the signal.
    """
    signal.signal(signal.SIGHUP, lambda _number, _frame: _early.append(None))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # a worker starts with it blocked


class Reloading:
    """What SIGHUP asks for. ``paths`` are the prefixes the server was started with."""

    def __init__(
        self,
        house: House,
        tenants: Tenants,
        paths: frozenset[str],
        read: Read,
        read_model: Callable[[], ModelError | None],
    ) -> None:
        self._house = house
        self._tenants = tenants
        self._paths = paths
        self._read = read
        self._read_model = read_model

    async def on_hangup(self) -> None:
        """Reload at each SIGHUP until cancelled; several that come meanwhile are one."""
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, asked.set)
        if _early:
            _early.clear()
            asked.set()
        try:
            while True:
                await asked.wait()
                asked.clear()
                await self.reload()
        finally:
            loop.remove_signal_handler(signal.SIGHUP)
            signal.signal(
                signal.SIGHUP, signal.SIG_IGN
            )  # a server that stops has nothing to reload

    async def reload(self) -> None:
        """Serve what the files say now; where they cannot be used, what is served stays."""
        await self._configuration()
        error = await asyncio.to_thread(self._read_model)
        self._told(MODEL, error)
        if error is None:
            log.info("model_reloaded")

    async def _configuration(self) -> None:
        try:
            installed = await asyncio.to_thread(self._read)
            self._check(installed)
            await self._tenants.serve(installed)
        except Exception as error:  # noqa: BLE001 - F35: whatever the files do, the old ones stay
            self._told(CONFIGURATION, error)
        else:
            self._told(CONFIGURATION, None)
            log.info("configuration_reloaded", count=len(installed))

    def _check(self, installed: tuple[Installed, ...]) -> None:
        for one in installed:
            if not self._paths.issuperset(one.adapter.paths):
                raise ConfigurationError(
                    f"{one.tenant.name}/tenant.toml",
                    "platform",
                    f"{one.tenant.platform!r} has paths this server does not serve",
                    "start the server again",
                )

    def _told(self, part: str, error: Exception | None) -> None:
        if error is None:
            self._house.refused.pop(part, None)
            return
        explained = isinstance(error, (ConfigurationError, ModelError, SettingError))
        why = str(error) if explained else f"{type(error).__name__}: see the log"
        self._house.refused[part] = why
        log.error("reload_refused", part=part, text=why, exc_info=None if explained else error)
