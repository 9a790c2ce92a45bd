"""Tenants made ready to serve: each with its adapter, and its campaigns checked against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from saccade.actions import TenantRuntime, runtime
from saccade.campaigns import read_campaigns
from saccade.ports import Adapter, AdapterFactory
from saccade.tenants import ConfigurationError, Tenant, read_tenants
from saccade_server.keys import tenant_secret
from saccade_server.settings import SettingError
from saccade_server.site_keys import NO_KEYS, Keys, read_keys

GROUP = "saccade.adapters"


@dataclass(frozen=True, slots=True)
class Installed:
    """A tenant that can be served."""

    tenant: Tenant
    adapter: Adapter
    runtime: TenantRuntime
    keys: Keys = NO_KEYS


def adapter_names() -> tuple[str, ...]:
    """Adapters that are installed, by the name of their entry point."""
    return tuple(sorted(entry_points(group=GROUP).names))


def with_files(folder: Path) -> tuple[str, ...]:
    """Adapters that have a file of their own in a folder of tenants: they make tenants there."""
    return tuple(name for name in adapter_names() if (folder / f"{name}.toml").is_file())


def adapter_factory(name: str) -> AdapterFactory:
    """What makes adapters of this name. Raises `SettingError`."""
    found = entry_points(group=GROUP, name=name)
    if not found:
        known = ", ".join(adapter_names()) or "none, install one"
        raise SettingError("--adapter", repr(name), "is not installed", f"use one of {known}")
    factory: AdapterFactory = next(iter(found)).load()
    return factory


def placed(tenant: Tenant, folder: Path) -> Tenant:
    """The tenant, its adapter's settings that begin with ``./`` made paths beside its file."""
    settings = {
        name: str((folder / value).absolute())
        if isinstance(value, str) and value.startswith("./")
        else value
        for name, value in tenant.adapter.items()
    }
    return tenant.model_copy(update={"adapter": settings})


def install(tenant: Tenant, folder: Path, factory: AdapterFactory, master: bytes) -> Installed:
    """Build the adapter and read the campaigns of ``folder``. Raises `ConfigurationError`."""
    tenant = placed(tenant, folder)
    adapter = factory.build(tenant)
    campaigns = read_campaigns(folder, tenant, adapter.capabilities.operations)
    secret = tenant_secret(master, tenant.name)
    return Installed(tenant, adapter, runtime(tenant, campaigns, secret), read_keys(folder))


def install_all(folder: Path, adapters: Sequence[str], master: bytes) -> tuple[Installed, ...]:
    """Every tenant below ``folder`` whose platform is among ``adapters``; none named means any.

    Raises `ConfigurationError` and `SettingError`.
    """
    factories = {name: adapter_factory(name) for name in adapters}
    tenants = _wanted(folder, factories)
    _refuse_shared_keys(tenants, {name: read_keys(folder / name) for name in tenants})
    for tenant in tenants.values():
        if tenant.platform not in factories:
            factories[tenant.platform] = _factory_of(tenant, folder)
    return tuple(
        install(tenant, folder / name, factories[tenant.platform], master)
        for name, tenant in tenants.items()
    )


def _wanted(folder: Path, factories: Mapping[str, AdapterFactory]) -> dict[str, Tenant]:
    tenants = {
        name: tenant
        for name, tenant in read_tenants(folder).items()
        if not factories or tenant.platform in factories
    }
    if not tenants and not any(not factories or name in factories for name in with_files(folder)):
        _refuse_a_tenants_own(folder)
        wanted = " or ".join(factories)
        raise SettingError(
            "SACCADE_CONFIG",
            repr(str(folder)),
            f"holds no tenant{f' of platform {wanted}' if wanted else ''}",
            "add one with `saccade tenant add`, or name another folder with --config",
        )
    return tenants


def _refuse_a_tenants_own(folder: Path) -> None:
    """Where the folder, or the file, is one tenant's instead of that which holds them."""
    own = folder.parent if folder.is_file() else folder
    if (own / "tenant.toml").exists():
        raise SettingError(
            "SACCADE_CONFIG",
            repr(str(folder)),
            "is one tenant",
            f"name the folder that holds its folder: {own.absolute().parent}",
        )


def _factory_of(tenant: Tenant, folder: Path) -> AdapterFactory:
    try:
        return adapter_factory(tenant.platform)
    except SettingError as error:
        raise ConfigurationError(
            str(folder / tenant.name / "tenant.toml"),
            "platform",
            f"{tenant.platform!r} {error.problem}",
            error.fix,
        ) from None


def _refuse_shared_keys(tenants: Mapping[str, Tenant], made: Mapping[str, Keys]) -> None:
    owners: dict[str, str] = {}
    for name, tenant in tenants.items():
        for key in (tenant.site.key, *made[name].site_keys):
            if key and owners.setdefault(key, name) != name:
                raise ConfigurationError(
                    f"{name}/tenant.toml",
                    "site.key",
                    f"is that of {owners[key]!r} too",
                    "give each tenant its own",
                )
