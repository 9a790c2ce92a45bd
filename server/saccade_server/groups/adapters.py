"""``saccade adapter``."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from saccade_server.options import Config

app = typer.Typer(help="Platforms: what is installed, and new ones.", no_args_is_help=True)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and underscores.")],
    into: Annotated[Path, typer.Option(help="The folder the package's own is made in.")] = Path(),
) -> None:
    """Write a package of its own for a platform, about 60 lines of it left to fill in."""
    from rich.console import Console  # noqa: PLC0415 - as in cli: ``--help`` is quick

    from saccade_server import scaffold  # noqa: PLC0415 - as above
    from saccade_server.settings import SettingError  # noqa: PLC0415 - as above
    from saccade_server.tenancy import adapter_names  # noqa: PLC0415 - as above

    if _NAME.fullmatch(name) is None:
        fix = "use lower-case letters, digits and underscores, a letter first"
        raise SettingError("NAME", repr(name), "is no name of an adapter", fix)
    folder = into / f"saccade-{name.replace('_', '-')}"
    if name in adapter_names():
        raise SettingError("NAME", repr(name), "is installed already", "choose another name")
    if folder.exists():
        raise SettingError("NAME", repr(name), "is there already", f"edit {folder}, or move it")
    try:
        scaffold.write(name, folder)
    except OSError as error:
        why = f"cannot be written ({error.strerror})"
        raise SettingError("--into", repr(str(into)), why, "name a folder you may write") from None
    Console().print(
        f"written: {folder}\nnext: cd {folder}, pip install -e . and saccade certify {name}",
        soft_wrap=True,
        highlight=False,
    )


@app.command("list")
def adapter_list() -> None:
    """Name the installed adapters, their versions, and what each can carry."""
    from saccade_server.commands import adapter_list as command  # noqa: PLC0415 - as in `cli`

    command.show()


@app.command("infer")
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
    from saccade_server.commands import adapter_infer as command  # noqa: PLC0415 - as in `cli`
    from saccade_server.settings import read_settings  # noqa: PLC0415 - as in `cli`

    folder = read_settings(config=config).config
    sys.exit(command.run(folder, name, openapi, tuple(sample or ()), url, yes=yes))
