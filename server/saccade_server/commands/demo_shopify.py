"""``saccade demo shopify``: a stand-in shop that installs the app, and three shoppers in it."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from saccade_demo.shopify import visits
from saccade_demo.shopify.scene import NAME, PRODUCT, Scene, opened
from saccade_server.beside import beside
from saccade_server.house import House
from saccade_server.keys import master_secret
from saccade_server.listening import bound, url_of
from saccade_server.reloading import remember_hangups
from saccade_server.serving import serving, until_stopped
from saccade_server.settings import Settings
from saccade_server.tenancy import install_all

PATIENCE_S = 30.0
"""For the catalog to come after the install."""

WELCOME = """\
[bold]The shop[/]       {page}
[bold]The API[/]        {server}/docs
[bold]Figures[/]        {server}/metrics

The app was installed by a grant over HTTP: a session token for one of an
hour. Its products came by a bulk operation; changes and orders come by
signed webhooks. Press Accept in the shop, rest on the specifications,
scroll away, come back. What you buy is the outcome of what you saw, and
the page after it offers one thing more (one visitor in ten sees none).
[dim]Ctrl-C stops it.[/]"""


def run(settings: Settings, open_browser: Callable[[str], None] | None) -> None:
    """Serve until asked to stop; ``settings.data`` is a folder of this run's own."""
    config = settings.data / "tenants"
    kept = settings.model_copy(update={"config": config})
    config.mkdir(parents=True, exist_ok=True)
    remember_hangups()
    with contextlib.closing(bound(kept, shared=False)) as listener:
        read = partial(install_all, config, (), master_secret(kept))

        async def main(stop: asyncio.Event) -> None:
            server = url_of(listener)
            async with (
                opened(server, config) as scene,
                serving(kept, read(), listener, read=read) as house,
                beside(_shown(scene, house, open_browser)),
            ):
                await stop.wait()

        until_stopped(main)


async def _shown(scene: Scene, house: House, open_browser: Callable[[str], None] | None) -> None:
    await scene.install()
    async with asyncio.timeout(PATIENCE_S):
        while not house.engine.catalog.count(NAME):  # noqa: ASYNC110 - a walk tells no event of ours
            await asyncio.sleep(0.05)
    console = Console()
    told = WELCOME.format(page=scene.page, server=scene.server)
    console.print(Panel(told, title="Saccade in a Shopify shop", expand=False))
    (product,) = (one.id for one in scene.shop.products.values() if one.handle == PRODUCT)
    console.print(_table(await visits.three(scene, product)))
    if open_browser is not None:
        await asyncio.to_thread(open_browser, scene.page)


def _table(found: list[visits.Visit]) -> Table:
    table = Table("Shopper", "Mode", "Confidence", "Why", "The page is told to", title="Now")
    for visit in found:
        one = visit.experience
        table.add_row(
            visit.does, one["mode"], f"{one['confidence']:.2f}", one["reason"], visit.instructions
        )
    return table
