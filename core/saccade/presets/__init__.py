"""Slots and signals of well-known shop pages, for `tenant.toml` to start from.

``preset = "spartacus"`` takes over every entry of ``spartacus.toml``; what the tenant writes
itself under the same name replaces it, key by key.
"""

from collections.abc import Mapping
from importlib import resources
from typing import Any

from saccade.strict import ConfigurationError, read_toml

Table = dict[str, Any]  # Any: a file's tables before they are validated


def names() -> tuple[str, ...]:
    """The presets there are."""
    folder = resources.files(__name__)
    return tuple(
        sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if ".toml" in one.name)
    )


def with_preset(file: str, written: Mapping[str, object]) -> Table:
    """A tenant's tables laid over those of the preset it names; without one, as written.

    Raises `ConfigurationError` where there is no such preset.
    """
    name = written.get("preset")
    if name is None:
        return dict(written)
    if name not in names():
        known = " or ".join(f'"{one}"' for one in names())
        raise ConfigurationError(file, "preset", f"{name!r} is none", f"write {known}")
    with resources.as_file(resources.files(__name__).joinpath(f"{name}.toml")) as path:
        return _laid_over(read_toml(path), written)


def _laid_over(below: Mapping[str, object], above: Mapping[str, object]) -> Table:
    merged: Table = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            merged[name] = _laid_over(under, value)  # pyright: ignore[reportUnknownArgumentType] # TOML tables have names
        else:
            merged[name] = value
    return merged
