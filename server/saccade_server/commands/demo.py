"""``saccade demo``: a stand-in platform, the demo shop and the server, all in this process."""

import asyncio
import contextlib
import itertools
import tempfile
import webbrowser
from collections.abc import AsyncGenerator, Generator, Iterable
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from saccade_demo import lab, shop, storefronts
from saccade_server import logs
from saccade_server.beside import beside
from saccade_server.commands import demo_rest
from saccade_server.keys import master_secret
from saccade_server.listening import bound, url_of
from saccade_server.serving import serving, until_stopped
from saccade_server.settings import SettingError, Settings
from saccade_server.tenancy import Installed, adapter_factory, install

PLATFORMS = {"sap": "sap_occ", "shopify": "shopify", "rest": "generic_rest"}
"""What the lab can stand in for, and the adapter that speaks to it."""

ROUND_S = 60.0
"""Synthetic shoppers leave after so long, and others come."""

WELCOME = """\
[bold]The shop[/]       {url}/
[bold]A foreign page[/] {foreign}/  only one tag is ours; /de is German
[bold]Like Spartacus[/] {spartacus}/
[bold]Like Dawn[/]      {dawn}/
[bold]The API[/]        {url}/docs
[bold]Figures[/]        {url}/metrics

Be the laptop shopper: open the laptop, rest on its battery specification,
scroll back and forth, read the two-star reviews. The page answers, and the
small panel says why. One visitor in ten is held out and always sees the
plain page; a private window is a new visitor.

The same by hand:  scripts/three_curls.sh {url}
[dim]Ctrl-C stops it.[/]"""


def run(settings: Settings, platform: str, *, shoppers: int, browser: bool) -> None:
    """Serve the demo until it is asked to stop. Raises configuration errors."""
    if platform not in PLATFORMS:
        known = ", ".join(PLATFORMS)
        raise SettingError("PLATFORM", repr(platform), "has no stand-in", f"use one of {known}")
    if settings.workers > 1:
        raise SettingError(
            "SACCADE_WORKERS", str(settings.workers), "is for `saccade serve`", "leave it out"
        )
    logs.configure(settings.log_format, "warning")
    if platform == "shopify":
        _run_shopify(settings, shoppers=shoppers, browser=browser)
        return
    with _kept(settings) as kept, contextlib.closing(bound(kept, shared=False)) as listener:
        url = url_of(listener)

        async def main(stop: asyncio.Event) -> None:
            if platform == "rest":
                async with demo_rest.opened(kept, listener) as (told, to_try):
                    console = Console(soft_wrap=True, highlight=False)
                    console.print(Panel(told, title="Saccade", expand=False), soft_wrap=False)
                    console.print(to_try, markup=False)
                    await stop.wait()
                return
            async with (
                _lab(kept, PLATFORMS[platform]) as installed,
                storefronts.opened(url) as shops,
                serving(kept, (installed, *_others(kept, shops)), listener, extra=shop.routes()),
                beside(_visits(url, shoppers)),
                beside(_opened(url, browser)),
            ):
                places = {one.name: one.url for one in shops}
                told = WELCOME.format(url=url, **places)
                Console().print(Panel(told, title="Saccade", expand=False))
                await stop.wait()

        until_stopped(main)


def _run_shopify(settings: Settings, *, shoppers: int, browser: bool) -> None:
    if shoppers:
        raise SettingError(
            "--shoppers", str(shoppers), "visit SAP's shop only", "use `saccade demo sap`"
        )
    try:
        from saccade_server.commands import demo_shopify  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError as error:
        if error.name != "liquid":
            raise
        fix = "start it by `python3 dev.py demo shopify`, or pip install python-liquid"
        raise SettingError("PLATFORM", "'shopify'", "needs python-liquid", fix) from None
    with _kept(settings) as kept:
        demo_shopify.run(kept, _open_window if browser else None)


@contextlib.contextmanager
def _kept(settings: Settings) -> Generator[Settings]:
    """``settings`` with a data folder that goes with this run, unless they name one.

    A demo leaves nothing where it is started, and mixes with no other run's journal.
    """
    if "data" in settings.model_fields_set:
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="saccade-demo-") as folder:
        yield settings.model_copy(update={"data": Path(folder)})


@contextlib.asynccontextmanager
async def _lab(settings: Settings, adapter: str) -> AsyncGenerator[Installed]:
    """The stand-in platform, and its tenant pointed at it."""
    runner, base_url = await lab.start_platform()
    try:
        tenant, folder = lab.demo_tenant(base_url)
        yield install(tenant, folder, adapter_factory(adapter), master_secret(settings))
    finally:
        await runner.cleanup()


def _others(settings: Settings, shops: Iterable[storefronts.Storefront]) -> Generator[Installed]:
    """The tenants of the shops that stand on origins of their own."""
    for one in shops:
        master = master_secret(settings)
        yield install(one.tenant, one.campaigns, storefronts.factory, master)


async def _visits(url: str, shoppers: int) -> None:
    """Synthetic shoppers come and go."""
    if not shoppers:
        return
    from saccade_demo import traffic  # noqa: PLC0415 - brings the shoppers' world, which takes time

    for seed in itertools.count():
        await traffic.drive(url, shoppers, ROUND_S, seed)


async def _opened(url: str, browser: bool) -> None:
    """In a thread: a browser may take seconds to say that it has started."""
    if browser:
        await asyncio.to_thread(_open_window, f"{url}/")


def _open_window(url: str) -> None:
    """Where there are windows: a text browser would take the terminal."""
    with contextlib.suppress(webbrowser.Error):
        found = webbrowser.get()
        if type(found) is not webbrowser.GenericBrowser:
            found.open(url)
