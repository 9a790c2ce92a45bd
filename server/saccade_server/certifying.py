"""An installed adapter as the conformance kit examines it."""

import importlib
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from saccade.ports import AdapterFactory
from saccade.tenants import ConfigurationError, read_tenant
from saccade.testing import Subject
from saccade.testing.samples import Sampler
from saccade_server.settings import SettingError
from saccade_server.tenancy import GROUP, adapter_factory, placed


def subject(adapter: str, folder: Path | None = None) -> Subject:
    """``folder`` is a tenant's own: its settings are certified in the place of the samples'.

    Raises `SettingError` and `ConfigurationError`.
    """
    factory = adapter_factory(adapter)
    (entry,) = entry_points(group=GROUP, name=adapter)
    tenant = None if folder is None else placed(read_tenant(folder), folder)
    if tenant is not None and tenant.platform != factory.name:
        raise ConfigurationError(
            f"{folder}/tenant.toml",
            "platform",
            f"is {tenant.platform!r}",
            f"name a tenant of {factory.name}, or certify {tenant.platform}",
        )
    return Subject(factory, sampler(entry, factory), tenant)


def sampler(entry: EntryPoint, factory: AdapterFactory) -> Sampler:
    """The function ``samples`` of the module ``samples`` beside the factory.

    Raises `SettingError`.
    """
    name = f"{entry.module}.samples"
    try:
        found: Sampler = importlib.import_module(name).samples
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name != name:
            raise
        fix = f"write a module {name} with a function samples; docs/write-an-adapter.md shows one"
        raise SettingError("ADAPTER", repr(factory.name), "has no samples", fix) from None
    return found
