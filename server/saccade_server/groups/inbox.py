"""``saccade webhooks``."""

import sys
from typing import Annotated

import typer

app = typer.Typer(help="What platforms sent, and what became of it.", no_args_is_help=True)


Tenant = Annotated[str | None, typer.Option(help="Of this tenant only.")]


@app.command("list")
def webhooks_list(
    tenant: Tenant = None,
    state: Annotated[
        list[str] | None, typer.Option(help="waiting, done, stale, dead or dropped; repeatable.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the latest.")] = 20,
) -> None:
    """Show the latest deliveries and what became of them."""
    from saccade_server.commands import webhooks as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    command.show(read_settings(), state or [], tenant, limit)


@app.command("dead-letters")
def webhooks_dead_letters(
    tenant: Tenant = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the latest.")] = 20,
) -> None:
    """Show the deliveries that were given up, and why."""
    from saccade_server.commands import webhooks as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    command.show(read_settings(), ["dead"], tenant, limit)


@app.command("replay")
def webhooks_replay(
    number: Annotated[int | None, typer.Argument(help="As `list` shows it.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All dead letters.")] = False,
    tenant: Tenant = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to watch what comes of it.")] = 30.0,
) -> None:
    """Have deliveries processed again, from the first attempt on, and watch."""
    from saccade_server.commands import webhooks as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    sys.exit(command.replay(read_settings(), number, every=every, tenant=tenant, wait_s=wait))
