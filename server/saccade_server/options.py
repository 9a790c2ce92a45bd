"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Port = Annotated[int | None, typer.Option(help="SACCADE_PORT; 0 takes any free port.")]
Host = Annotated[str | None, typer.Option(help="SACCADE_HOST.")]
State = Annotated[str | None, typer.Option(help="SACCADE_STATE_URL: memory:// or redis://…")]
Config = Annotated[Path | None, typer.Option(help="SACCADE_CONFIG: one folder a tenant.")]
Adapters = Annotated[
    list[str] | None, typer.Option(help="Serve tenants of this platform; may be repeated.")
]
