"""What the OCC adapter needs to know of a tenant: ``[adapter]`` of ``tenant.toml``, and more."""

from pydantic import Field, ValidationError

from saccade.tenants import ConfigurationError, Strict, Tenant, explained


class AdapterTable(Strict):
    """``[adapter]`` as its merchant writes it."""

    consent_template: str = Field(default="PROFILE", min_length=1, max_length=255)
    """Code of the consent template that permits personalising."""
    catalog_page_size: int = Field(default=100, ge=1, le=1_000)
    """Products asked for at once by the catalog sync."""


class OccSettings(AdapterTable):
    """All of it, checked."""

    tenant: str
    base: str
    """The platform's base URL; paths on it begin with ``/occ/v2/``."""
    site: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.~-]+$")
    """OCC base site id: the only one served."""
    key: str
    """Name of our key in the platform's JSON, and of our token in ``fields``."""


def read_settings(tenant: Tenant) -> OccSettings:
    """Raises `ConfigurationError`."""
    file = f"{tenant.name}/tenant.toml"
    try:
        table = AdapterTable.model_validate(tenant.adapter)
    except ValidationError as error:
        wrong = explained(file, error)
        raise ConfigurationError(file, f"adapter.{wrong.key}", wrong.problem, wrong.fix) from None
    try:
        return OccSettings(
            **table.model_dump(),
            tenant=tenant.name,
            base=tenant.upstream.base,
            site=tenant.platform_site,
            key=tenant.decisioning.key,
        )
    except ValidationError:
        raise ConfigurationError(
            file,
            "platform_site",
            f"{tenant.platform_site!r} is no OCC base site id",
            'name the base site, such as platform_site = "electronics"',
        ) from None
