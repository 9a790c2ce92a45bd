"""``saccade tenant key``: the keys of a tenant's pages and servers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from saccade.tenants import read_tenants
from saccade_server import site_keys
from saccade_server.keys import master_secret, server_key
from saccade_server.settings import SettingError, Settings
from saccade_server.site_keys import KeyKind

ACTIONS = ("create", "list", "rotate", "revoke")
USAGE = "saccade tenant key [create|list|rotate|revoke] NAME [ID]"
AFTERWARDS = "a running server takes it up at SIGHUP"


def run(settings: Settings, words: Sequence[str], kind: KeyKind, overlap_hours: float) -> None:
    """``words`` as typed; one alone is a tenant, whose derived server key is printed.

    Raises configuration errors.
    """
    action, *rest = words if len(words) > 1 else ["show", *words]
    name = rest[0] if rest else ""
    wanted = 2 if action == "revoke" else 1
    if action not in {"show", *ACTIONS} or len(rest) != wanted:
        raise SettingError("key", " ".join(words), "is not understood", USAGE)
    tenants = read_tenants(settings.config)
    if name not in tenants:
        raise SettingError("NAME", repr(name), "is no tenant", "see `saccade tenant list`")
    console, folder = Console(soft_wrap=True, highlight=False), settings.config / name
    now = datetime.now(UTC)
    first = site_keys.first_keys(tenants[name].site.key, now)
    if action == "show":
        console.print(server_key(master_secret(settings), name))
    elif action == "list":
        console.print(_table(name, site_keys.read_keys(folder), tenants[name].site.key, now))
    elif action == "revoke":
        site_keys.revoke(folder, rest[1], tuple(first.values()), now)
        console.print(f"revoked: {rest[1]}; {AFTERWARDS}")
    else:
        overlap = timedelta(hours=overlap_hours)
        made = (
            site_keys.create(folder, kind, now)
            if action == "create"
            else site_keys.rotate(folder, kind, first[kind], overlap, now)
        )
        Console(stderr=True).print(f"{made[0].id}: {AFTERWARDS}")
        console.print(made[1])


def _table(name: str, keys: site_keys.Keys, site_key: str, now: datetime) -> Table:
    table = Table("id", "kind", "key", "made", "good", title=name)
    known = {key.id for key in keys.key}
    for kind, first in site_keys.first_keys(site_key, now).items():
        if first.id not in known and first.key:
            shown = first.key if kind is KeyKind.SITE else "saccade tenant key " + name
            table.add_row(first.id, kind, shown, "", "yes")
    for key in keys.key:
        shown = key.key if key.kind is KeyKind.SITE else "sha256 " + key.key[:12]
        table.add_row(key.id, key.kind, shown, f"{key.made:%Y-%m-%d}", _good(key, now))
    return table


def _good(key: site_keys.Key, now: datetime) -> str:
    if key.until is None:
        return "yes"
    return f"until {key.until:%Y-%m-%d %H:%M} UTC" if key.good(now) else "no"
