"""``saccade tenant``."""

from typing import Annotated

import typer

from saccade_server.options import Config

app = typer.Typer(help="Shops, base sites and REST instances.", no_args_is_help=True)


@app.command("add")
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
    from saccade_server.commands import tenant as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    command.add(read_settings(config=config).config, name, platform, url, site)


@app.command("list")
def tenant_list(config: Config = None) -> None:
    """Name the tenants, their platforms and site keys."""
    from saccade_server.commands import tenant as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    command.show(read_settings(config=config).config)


@app.command("key")
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
    from saccade_server.commands import keys as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import SettingError, read_settings  # noqa: PLC0415 - as in `cli`
    from saccade_server.site_keys import KeyKind  # noqa: PLC0415 - as in `cli`

    if kind not in set(KeyKind):
        raise SettingError("--kind", repr(kind), "is none", "use server or site")
    command.run(read_settings(config=config), words, KeyKind(kind), overlap_hours)
