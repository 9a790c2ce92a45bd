"""``saccade check``: one line for each thing that must work, and the fix where it does not."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from rich.console import Console
from rich.markup import escape

from saccade.catalog import LookedAt
from saccade_server import logs
from saccade_server.diagnosis.configuration import (
    settings_findings,
    shared_findings,
    tenant_findings,
    url_finding,
)
from saccade_server.diagnosis.findings import Finding, Level, unreached, well
from saccade_server.diagnosis.occ import occ_findings
from saccade_server.diagnosis.stores import records_findings, state_findings
from saccade_server.hosting import ServerDesk, hosted
from saccade_server.keys import master_secret
from saccade_server.settings import Settings
from saccade_server.tenancy import Installed, install_all

PATIENCE_S = 3.0
"""For one call to a store or a platform."""


def run(settings: Settings) -> int:
    """Check everything; the exit code is that of the worst finding. Raises configuration errors."""
    logs.configure(settings.log_format, "error")  # what the stores warn of is told in a line here
    installed = install_all(settings.config, (), master_secret(settings))
    return asyncio.run(_told(settings, installed))


async def _told(settings: Settings, installed: Sequence[Installed]) -> int:
    console = Console(soft_wrap=True, highlight=False)
    worst = Level.WELL
    async with hosted(ServerDesk(settings, reloads=False)):
        async for finding in _findings(settings, installed):
            console.print(marked(finding))
            worst = max(worst, finding.level)
    return int(worst)


async def _findings(settings: Settings, installed: Sequence[Installed]) -> AsyncIterator[Finding]:
    for finding in settings_findings(settings):
        yield finding
    async for finding in state_findings(settings, PATIENCE_S):
        yield finding
    async for finding in records_findings(settings):
        yield finding
    for finding in shared_findings(installed):
        yield finding
    for one in installed:
        for finding in tenant_findings(one):
            yield finding
        async for finding in _platform_findings(one):
            yield finding


async def _platform_findings(one: Installed) -> AsyncIterator[Finding]:
    wrong = url_finding(one.tenant)
    if wrong is not None:
        yield wrong
    elif one.tenant.platform == "sap_occ":
        async for finding in occ_findings(one, PATIENCE_S):
            yield finding
    else:
        yield await _catalog_finding(one)


async def _catalog_finding(one: Installed) -> Finding:
    """All that can be asked of a platform nothing more is known of."""
    name = f"upstream of {one.tenant.name}"
    try:
        async with asyncio.timeout(PATIENCE_S):
            catalog = one.adapter.catalog
            await (catalog.look() if isinstance(catalog, LookedAt) else catalog.changes(None))
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises, it does not work
        fix = f"start the platform, or correct upstream in {one.tenant.name}/tenant.toml"
        problem, _, own = (str(error) or type(error).__name__).partition(". Fix: ")
        return unreached(name, "", problem, own or fix)
    return well(name, f"'{one.tenant.upstream.base}'")


def marked(finding: Finding) -> str:
    """A line by its mark: well, surprising or wrong."""
    line = escape(finding.line())
    if not finding.problem:
        return f"[green]✓[/] {line}"
    return f"[yellow]![/] {line}" if finding.warning else f"[red]✗[/] {line}"
