"""What the Shopify adapter needs to know of a tenant: ``[adapter]`` of ``tenant.toml``, and more.

A tenant is one shop. Its name is the shop's, so that a delivery names its tenant by itself, and two
tenants cannot be one shop.
"""

from typing import Annotated

from pydantic import Field, ValidationError

from saccade.tenants import ConfigurationError, Strict, Tenant, explained
from saccade_shopify.client_secrets import ClientSecrets, Place, UnusableSecretError
from saccade_shopify.shops import shop_of, tenant_of

Variable = Annotated[str, Field(pattern=r"^([A-Za-z_][A-Za-z0-9_]{0,127})?$")]
SecretFile = Annotated[str, Field(max_length=4_096)]

API_VERSION = "2026-10"
_ENVIRONMENT = "keep it in an environment variable and name that: client_secret_env"


class AppTable(Strict):
    """The app as Shopify knows it: the same for each of its shops."""

    client_id: str = Field(pattern=r"^[\x21-\x7e]{1,255}$")
    client_secret_env: Variable = ""
    """Name of the environment variable that holds the client secret."""
    client_secret_file: SecretFile = ""
    """Or the file that does, read anew when it changes."""
    former_secret_env: Variable = ""
    """The secret before it, good until its rotation is over (one hour)."""
    former_secret_file: SecretFile = ""
    api_version: str = Field(default=API_VERSION, pattern=r"^(20[0-9]{2}-(01|04|07|10)|unstable)$")


class AdapterTable(AppTable):
    """``[adapter]`` as it stands in a tenant's file."""

    test_orders: bool = False
    """Whether orders Shopify marks as tests count: on a development store there are no others."""


class ShopifySettings(AdapterTable):
    """All of it, checked."""

    tenant: str
    shop: str
    base: str
    """Where the shop's Admin API is: ``https://`` and the shop, but for a stand-in's."""
    currency: str | None
    """Of the shop's prices; webhooks of products do not say it. Absent, products are asked for."""


def read_settings(tenant: Tenant) -> ShopifySettings:
    """Raises `ConfigurationError`."""
    file = f"{tenant.name}/tenant.toml"
    if "client_secret" in tenant.adapter:
        raise wrong(file, "adapter.client_secret", "does not belong in this file", _ENVIRONMENT)
    try:
        table = AdapterTable.model_validate(tenant.adapter)
    except ValidationError as error:
        told = explained(file, error)
        if told.key.endswith("_env"):  # it may be the secret itself
            raise wrong(
                file, f"adapter.{told.key}", "is no variable's name", _ENVIRONMENT
            ) from None
        raise wrong(file, f"adapter.{told.key}", told.problem, told.fix) from None
    shop = tenant.platform_site or shop_of(tenant.name)
    if tenant_of(shop) != tenant.name:
        raise wrong(
            file,
            "platform_site",
            f"{shop!r} is not the shop {shop_of(tenant.name)}",
            "call the tenant what stands before .myshopify.com in its shop's domain",
        )
    return ShopifySettings(
        **table.model_dump(),
        tenant=tenant.name,
        shop=shop,
        base=tenant.upstream.base,
        currency=tenant.site.currency,
    )


def read_secrets(file: str, table: AppTable, prefix: str = "adapter.") -> ClientSecrets:
    """Raises `ConfigurationError`."""
    places: list[Place] = []
    for kind in ("client", "former"):
        place = Place(getattr(table, f"{kind}_secret_env"), getattr(table, f"{kind}_secret_file"))
        if all(place):
            fix = f"name {kind}_secret_env or {kind}_secret_file, one of them"
            raise wrong(file, f"{prefix}{kind}_secret_env", "has a file beside it", fix)
        if any(place):
            places.append(place)
        elif kind == "client":
            raise wrong(file, f"{prefix}client_secret_env", "is missing", "name client_secret_env")
    try:
        return ClientSecrets(places)
    except UnusableSecretError as error:
        raise wrong(file, f"{prefix}client_secret_env", error.problem, error.fix) from None


def wrong(file: str, key: str, problem: str, fix: str) -> ConfigurationError:
    """An error of a file of this adapter's."""
    return ConfigurationError(file, key, problem, fix)
