"""``saccade check``: one line for each thing that must work, and the fix where it does not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.console import Console
from rich.markup import escape

from saccade.stores import open_state
from saccade_server.keys import master_secret
from saccade_server.settings import Settings
from saccade_server.tenancy import Installed, install_all
from saccade_server.wiring import open_journal

FAILED = 1
PATIENCE_S = 3.0
CLOSED = (
    "tenant {name}: its site is not open, so it takes signed session tokens only, and browsers "
    "cannot get those yet. Fix: set site.open = true in {name}/tenant.toml until they can"
)


@dataclass(frozen=True, slots=True)
class Check:
    """Something that answers, or raises."""

    name: str
    ask: Callable[[], Awaitable[Any]]
    fix: str


def run(settings: Settings) -> int:
    """Check everything; 0, or 1 where something cannot be reached. Raises configuration errors."""
    console = Console(soft_wrap=True, highlight=False)
    console.print("[green]ok[/]     settings")
    installed = install_all(settings.config, (), master_secret(settings))
    for one in installed:
        count = len(one.runtime.campaigns.all)
        console.print(f"[green]ok[/]     tenant {one.tenant.name}: {count} campaigns")
        if not one.tenant.site.open:
            console.print(f"[yellow]warning[/] {CLOSED.format(name=one.tenant.name)}")
    return asyncio.run(_connections(console, _checks(settings, installed)))


def _checks(settings: Settings, installed: Sequence[Installed]) -> list[Check]:
    stores = [
        Check("state", partial(_state, settings), "start it, or correct SACCADE_STATE_URL"),
        Check("database", partial(_database, settings), "correct SACCADE_DATABASE_URL"),
    ]
    return stores + [
        Check(
            f"upstream of {one.tenant.name}",
            partial(one.adapter.catalog.changes, None),
            f"start the platform, or correct upstream in {one.tenant.name}/tenant.toml",
        )
        for one in installed
    ]


async def _connections(console: Console, checks: Sequence[Check]) -> int:
    return max([await _told(console, check) for check in checks])


async def _told(console: Console, check: Check) -> int:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await check.ask()
    except Exception as error:  # noqa: BLE001 - whatever it raises, it does not work
        problem = escape(str(error) or type(error).__name__)
        console.print(f"[red]failed[/] {check.name}: {problem}. Fix: {check.fix}")
        return FAILED
    console.print(f"[green]ok[/]     {check.name}")
    return 0


async def _state(settings: Settings) -> None:
    state = open_state(settings.state_url)
    try:
        if not await state.ping():
            raise ConnectionError("does not answer")
    finally:
        await state.close()


async def _database(settings: Settings) -> None:
    journal = open_journal(settings)
    try:
        await journal.find("", "")
    finally:
        await journal.close()
