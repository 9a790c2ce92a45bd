"""The command line. Only what every command needs is imported here: ``--help`` is quick."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from saccade_server.commands.adapter import app as adapters

app = typer.Typer(
    name="saccade",
    help="Decides what a shop's page should show this shopper now, within 200 ms or not at all.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
tenants = typer.Typer(help="Shops, base sites and REST instances.", no_args_is_help=True)
app.add_typer(tenants, name="tenant")
inbox = typer.Typer(help="What platforms sent, and what became of it.", no_args_is_help=True)
app.add_typer(inbox, name="webhooks")
app.add_typer(adapters, name="adapter")
shopify = typer.Typer(help="The Shopify app.", no_args_is_help=True)
app.add_typer(shopify, name="shopify")

Port = Annotated[int | None, typer.Option(help="SACCADE_PORT; 0 takes any free port.")]
Host = Annotated[str | None, typer.Option(help="SACCADE_HOST.")]
State = Annotated[str | None, typer.Option(help="SACCADE_STATE_URL: memory:// or redis://…")]
Config = Annotated[Path | None, typer.Option(help="SACCADE_CONFIG: one folder a tenant.")]
Adapters = Annotated[
    list[str] | None, typer.Option(help="Serve tenants of this platform; may be repeated.")
]


@app.command()
def demo(
    platform: Annotated[str, typer.Argument(help="The platform that is stood in for.")] = "sap",
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


@tenants.command("add")
def tenant_add(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
    platform: Annotated[str, typer.Option(help="Name of the adapter.")],
    url: Annotated[str, typer.Option(help="Base URL of the platform.")],
    site: Annotated[
        str, typer.Option(help="The platform's own name of the site; SAP needs one.")
    ] = "",
    config: Config = None,
) -> None:
    """Write a tenant's folder: tenant.toml and campaigns.toml, ready to be edited."""
    from saccade_server.commands import tenant as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    command.add(read_settings(config=config).config, name, platform, url, site)


@tenants.command("list")
def tenant_list(config: Config = None) -> None:
    """Name the tenants, their platforms and site keys."""
    from saccade_server.commands import tenant as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    command.show(read_settings(config=config).config)


@adapters.command("list")
def adapter_list() -> None:
    """Name the installed adapters, their versions, and what each can carry."""
    from saccade_server.commands import adapter_list as command  # noqa: PLC0415 - see the module

    command.show()


@adapters.command("infer")
def adapter_infer(
    name: Annotated[str, typer.Argument(help="Of the tenant: lower-case letters and digits.")],
    openapi: Annotated[Path | None, typer.Option(help="The platform's OpenAPI document.")] = None,
    sample: Annotated[
        list[Path] | None, typer.Option(help="Recorded calls as JSON; may be repeated.")
    ] = None,
    url: Annotated[str, typer.Option(help="Base URL, where the document says none.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Take the best guess for each doubt.")] = False,
    config: Config = None,
) -> None:
    """Propose a REST platform's mapping, ask about doubts, and have it certified."""
    from saccade_server.commands import adapter_infer as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    folder = read_settings(config=config).config
    sys.exit(command.run(folder, name, openapi, tuple(sample or ()), url, yes=yes))


@tenants.command("key")
def tenant_key(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[create|list|rotate|revoke] NAME [ID]",
            help="NAME alone prints the key with which its own servers call.",
        ),
    ],
    kind: Annotated[str, typer.Option(help="server (secret, told once) or site (public).")] = (
        "server"
    ),
    overlap_hours: Annotated[
        float, typer.Option(min=0, help="How long rotate leaves the others good.")
    ] = 24.0,
    config: Config = None,
) -> None:
    """Make, list, rotate and revoke a tenant's keys."""
    from saccade_server.commands import keys as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import SettingError, read_settings  # noqa: PLC0415 - see the module
    from saccade_server.site_keys import KeyKind  # noqa: PLC0415 - see the module

    if kind not in set(KeyKind):
        raise SettingError("--kind", repr(kind), "is none", "use server or site")
    command.run(read_settings(config=config), words, KeyKind(kind), overlap_hours)


Tenant = Annotated[str | None, typer.Option(help="Of this tenant only.")]


@inbox.command("list")
def webhooks_list(
    tenant: Tenant = None,
    state: Annotated[
        list[str] | None, typer.Option(help="waiting, done, stale, dead or dropped; repeatable.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the latest.")] = 20,
) -> None:
    """Show the latest deliveries and what became of them."""
    from saccade_server.commands import webhooks as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    command.show(read_settings(), state or [], tenant, limit)


@inbox.command("dead-letters")
def webhooks_dead_letters(
    tenant: Tenant = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the latest.")] = 20,
) -> None:
    """Show the deliveries that were given up, and why."""
    from saccade_server.commands import webhooks as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    command.show(read_settings(), ["dead"], tenant, limit)


@inbox.command("replay")
def webhooks_replay(
    number: Annotated[int | None, typer.Argument(help="As `list` shows it.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All dead letters.")] = False,
    tenant: Tenant = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to watch what comes of it.")] = 30.0,
) -> None:
    """Have deliveries processed again, from the first attempt on, and watch."""
    from saccade_server.commands import webhooks as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    sys.exit(command.replay(read_settings(), number, every=every, tenant=tenant, wait_s=wait))


@shopify.command("init")
def shopify_init(
    client_id: Annotated[
        str | None, typer.Option(help="The app's, from the Dev Dashboard.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where Shopify reaches this server.")] = None,
    name: Annotated[str, typer.Option(help="The app's, as merchants see it.")] = "Saccade",
    secret_env: Annotated[
        str, typer.Option(help="Environment variable that holds the client secret.")
    ] = "SHOPIFY_CLIENT_SECRET",  # noqa: S107 - a variable's name, no secret
    app_file: Annotated[Path, typer.Option("--app", help="What Shopify is told.")] = Path(
        "shopify.app.toml"
    ),
    config: Config = None,
) -> None:
    """Write what this server and Shopify must know of an app, with the fewest scopes."""
    from saccade_server.commands import shopify_init as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    said = command.asked(client_id, url, name, secret_env)
    command.init(read_settings(config=config).config, app_file, said)


@shopify.command("dev")
def shopify_dev(
    shop: Annotated[str, typer.Option(help="NAME.myshopify.com")], config: Config = None
) -> None:
    """Print the links that install the app in a shop."""
    from saccade_server.commands import shopify_init as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    command.dev(read_settings(config=config).config, shop)


@shopify.command("preflight")
def shopify_preflight(
    shop: Annotated[str | None, typer.Option(help="One that has the app; else the first.")] = None,
    app_file: Annotated[Path, typer.Option("--app", help="What Shopify is told.")] = Path(
        "shopify.app.toml"
    ),
    extension: Annotated[Path, typer.Option(help="The theme app extension.")] = Path(
        "extensions/saccade-theme"
    ),
    config: Config = None,
) -> None:
    """Try on the running server what App review will try; the exit code says whether it passes."""
    from saccade_server.commands import shopify_preflight as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    sys.exit(command.run(read_settings(config=config), shop, app_file, extension))


@shopify.command("rotate-keys")
def shopify_rotate_keys(config: Config = None) -> None:
    """Encrypt every shop's tokens by the newest key, after which the others may go."""
    from saccade_server.commands import shopify as command  # noqa: PLC0415 - see the module
    from saccade_server.settings import read_settings  # noqa: PLC0415 - see the module

    command.rotate_keys(read_settings(config=config))


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
