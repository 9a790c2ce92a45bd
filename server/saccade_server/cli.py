"""The command line. Only what every command needs is imported here: ``--help`` is quick."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from saccade_server.groups import adapters, inbox, shopify, tenants
from saccade_server.options import Adapters, Config, Host, Port, State

app = typer.Typer(
    name="saccade",
    help="Decides what a shop's page should show this shopper now, within 200 ms or not at all.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(tenants.app, name="tenant")
app.add_typer(adapters.app, name="adapter")
app.add_typer(inbox.app, name="webhooks")
app.add_typer(shopify.app, name="shopify")


@app.command()
def demo(
    platform: Annotated[str, typer.Argument(help="Stood in for: sap, shopify or rest.")] = "sap",
    port: Port = None,
    state: State = None,
    shoppers: Annotated[int, typer.Option(min=0, max=500, help="Synthetic shoppers.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the shop in a browser.")] = True,
) -> None:
    """A shop on this machine, with a platform that stands in for a real one.

    Its journal is kept in a temporary folder, gone with it, unless SACCADE_DATA names one.

    Several demos at once need a port each and nothing else.
    """
    from saccade_server.commands import demo as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    settings = read_settings(port=port, state_url=state)
    command.run(settings, platform, shoppers=shoppers, browser=browser)


@app.command()
def serve(
    adapter: Adapters = None,
    config: Config = None,
    workers: Annotated[int | None, typer.Option(help="SACCADE_WORKERS.")] = None,
    host: Host = None,
    port: Port = None,
    state: State = None,
) -> None:
    """Serve the tenants of a folder."""
    from saccade_server.plan import Plan  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    settings = read_settings(config=config, workers=workers, host=host, port=port, state_url=state)
    plan = Plan(settings, tuple(adapter or ()))
    if settings.workers > 1:
        from saccade_server.workers import supervise  # noqa: PLC0415 - see the module

        sys.exit(supervise(plan))
    from saccade_server.commands.serve import run  # noqa: PLC0415 - see the module

    run(plan)


@app.command()
def check(config: Config = None, state: State = None) -> None:
    """Say what of configuration and connections works, and the fix for what does not."""
    from saccade_server.commands import check as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    sys.exit(command.run(read_settings(config=config, state_url=state)))


@app.command()
def certify(
    adapter: Annotated[str, typer.Argument(help="Name of its entry point.")],
    tenant: Annotated[
        Path | None, typer.Option(help="A tenant's folder: certify with its settings.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Examine an adapter with a platform that hangs, lies and breaks, all on this machine."""
    from saccade_server.commands import certify as command  # noqa: PLC0415 - see the module

    sys.exit(command.run(adapter, tenant, as_json=as_json))


@app.command()
def preview(
    tenant: str,
    url: Annotated[str, typer.Option(help="The page to look at.")],
    mode: Annotated[str | None, typer.Option(help="Force this mode.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Force this campaign.")] = None,
    minutes: Annotated[float, typer.Option(help="How long the link is good.")] = 60.0,
    config: Config = None,
) -> None:
    """Print a link that shows a page as a mode or a campaign would have it, out of all data."""
    from saccade.domain import Preview  # noqa: PLC0415 - see the module
    from saccade_server.commands import preview as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    forced = Preview(command.mode_of(mode), campaign)
    command.run(read_settings(config=config), tenant, forced, url, minutes)


def main() -> None:
    """The program's entry: a configuration that cannot be used is one line and exit code 2."""
    try:
        app()
    except Exception as error:
        from saccade.tenants import ConfigurationError  # noqa: PLC0415 - see the module
        from saccade_server.settings import (  # noqa: PLC0415 - see the module
            BAD_CONFIGURATION,
            SettingError,
        )

        if not isinstance(error, (ConfigurationError, SettingError)):
            raise
        typer.echo(str(error), err=True)
        sys.exit(BAD_CONFIGURATION)


if __name__ == "__main__":
    main()
