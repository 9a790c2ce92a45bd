"""``saccade shopify``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from saccade_server.options import Config

app = typer.Typer(help="The Shopify app.", no_args_is_help=True)


@app.command("init")
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
    from saccade_server.commands import shopify_init as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    said = command.asked(client_id, url, name, secret_env)
    command.init(read_settings(config=config).config, app_file, said)


@app.command("dev")
def shopify_dev(
    shop: Annotated[str, typer.Option(help="NAME.myshopify.com")], config: Config = None
) -> None:
    """Print the links that install the app in a shop."""
    from saccade_server.commands import shopify_init as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    command.dev(read_settings(config=config).config, shop)


@app.command("preflight")
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
    from saccade_server.commands import shopify_preflight as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    sys.exit(command.run(read_settings(config=config), shop, app_file, extension))


@app.command("rotate-keys")
def shopify_rotate_keys(config: Config = None) -> None:
    """Encrypt every shop's tokens by the newest key, after which the others may go."""
    from saccade_server.commands import shopify as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    command.rotate_keys(read_settings(config=config))
