"""``saccade adapter list``: the platforms that can be spoken to, and what each can carry."""

from importlib.metadata import entry_points

from rich.console import Console
from rich.table import Column, Table

from saccade.ports import Capabilities
from saccade_server.tenancy import GROUP


def show() -> None:
    """A table of the installed adapters. One that cannot be loaded says why in its row."""
    names = ("adapter", "package", "version", "carriers", "moments")
    table = Table(*(Column(name, overflow="fold") for name in names))
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        package = entry.dist.name if entry.dist else "?"
        version = entry.dist.version if entry.dist else "?"
        table.add_row(entry.name, package, version, *_carried(entry.load))
    Console().print(table)


def _carried(load: object) -> tuple[str, str]:
    """Carriers and moments: those of every tenant, or what a tenant's settings decide."""
    try:
        factory = load() if callable(load) else None
    except Exception as error:  # noqa: BLE001 - a package of others: its row says what is wrong
        return f"cannot be loaded: {type(error).__name__}", ""
    told = getattr(factory, "capabilities", None)
    if not isinstance(told, Capabilities):
        return "by its settings", "by its settings"
    return ", ".join(sorted(told.carriers)), ", ".join(sorted(told.operations))
