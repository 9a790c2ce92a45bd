"""What the OCC adapter needs to know of a tenant: ``[adapter]`` of ``tenant.toml``, and more."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError

from saccade.catalog import CatalogError
from saccade.tenants import ConfigurationError, Strict, Tenant, explained
from saccade_sap_occ.webhooks import Destination

TOKEN_PATH = "/authorizationserver/oauth/token"  # noqa: S105 - a path, not a secret
_ENVIRONMENT = "keep it in an environment variable and name that: client_secret_env"
_NAMES_OF_SECRETS = frozenset({"client_secret_env", "webhook_secret_env"})


class OccCarrier(StrEnum):
    """How experiences travel to this shop's pages."""

    PROXIED = "proxied_json"
    """Inside the platform's answers, which then no cache may keep."""
    STANDALONE = "standalone_json"
    """Beside them: the page reads ``/v1/experience``, answers stay the platform's own."""


class AdapterTable(Strict):
    """``[adapter]`` as its merchant writes it."""

    consent_template: str = Field(default="PROFILE", min_length=1, max_length=255)
    """Code of the consent template that permits personalising."""
    carrier: OccCarrier = OccCarrier.PROXIED
    catalog_page_size: int = Field(default=100, ge=1, le=1_000)
    """Products asked for at once by the catalog sync."""
    client_id: str = Field(default="", pattern=r"^[\x21-\x7e]{0,255}$")
    """OAuth client for catalog sync and ``/api/product``; none reads what anyone may read."""
    client_secret_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]{0,127})?$")
    """Name of the environment variable that holds its secret."""
    client_secret_file: str = Field(default="", max_length=4_096)
    """Or the file that does: read for every token, so a new secret needs no restart."""
    client_auth: Literal["post", "basic"] = "post"
    """How the secret is sent: in the form, as SAP's own examples do, or by HTTP Basic."""
    webhook_user: str = Field(default="", pattern=r"^[^:\x00-\x1f\x7f]{0,255}$")
    """Who Commerce's destination logs in as, by HTTP Basic; none, and no webhook is taken."""
    webhook_secret_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]{0,127})?$")
    """Name of the environment variable that holds its password."""
    token_url: AnyHttpUrl | None = None
    """Absent, `TOKEN_PATH` on the platform."""


class OccSettings(AdapterTable):
    """All of it, checked."""

    tenant: str
    base: str
    """The platform's base URL; paths on it begin with ``/occ/v2/``."""
    site: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.~-]+$")
    """OCC base site id: the only one served."""
    key: str
    """Name of our key in the platform's JSON, and of our token in ``fields``."""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """Who we are to the authorization server."""

    id: str
    url: str
    secret: Callable[[], SecretStr]
    """Reads it; raises `CatalogError` where it is gone."""
    basic: bool
    fix: str
    """What to correct where the client is refused."""


def read_settings(tenant: Tenant) -> OccSettings:
    """Raises `ConfigurationError`."""
    file = f"{tenant.name}/tenant.toml"
    if "client_secret" in tenant.adapter:
        raise _wrong(tenant, "client_secret", "does not belong in this file", _ENVIRONMENT)
    try:
        table = AdapterTable.model_validate(tenant.adapter)
    except ValidationError as error:
        wrong = explained(file, error)
        if wrong.key in _NAMES_OF_SECRETS:  # it may be the secret itself
            raise _wrong(tenant, wrong.key, "is no variable's name", _ENVIRONMENT) from None
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


def read_client(tenant: Tenant, settings: OccSettings) -> OAuthClient | None:
    """``None`` where no client is set. Raises `ConfigurationError`."""
    variable, path = settings.client_secret_env, settings.client_secret_file
    if not settings.client_id:
        if variable or path:
            raise _wrong(tenant, "client_id", "is missing", "name the OAuth client")
        return None
    if bool(variable) == bool(path):
        fix = "name client_secret_env or client_secret_file, one of them"
        raise _wrong(tenant, "client_id", "has no secret, or two", fix)
    if settings.token_url and (settings.token_url.username or settings.token_url.password):
        raise _wrong(tenant, "token_url", "holds a user or a password", "write it without them")
    url = str(settings.token_url or f"{settings.base}{TOKEN_PATH}")
    if not url.startswith("https://") and not tenant.upstream.allow_private:
        fix = "use https, or upstream.allow_private for a platform in a private network"
        raise _wrong(tenant, "token_url", "would carry the secret in clear", fix)
    place = f"the environment variable {variable}" if variable else f"the file {path}"
    return OAuthClient(
        id=settings.client_id,
        url=url,
        secret=_from_environment(tenant, variable) if variable else _from_file(tenant, path),
        basic=settings.client_auth == "basic",
        fix=f"correct adapter.client_id in {tenant.name}/tenant.toml, or the secret in {place}",
    )


def read_destination(tenant: Tenant, settings: OccSettings) -> Destination:
    """How Commerce's webhooks log in. Raises `ConfigurationError`."""
    user, variable = settings.webhook_user, settings.webhook_secret_env
    if bool(user) != bool(variable):
        missing = "webhook_secret_env" if user else "webhook_user"
        raise _wrong(tenant, missing, "is missing", "name both, or neither")
    if not user:
        return Destination()
    return Destination(user, _from_environment(tenant, variable, "webhook_secret_env"))


def _from_environment(
    tenant: Tenant, name: str, key: str = "client_secret_env"
) -> Callable[[], SecretStr]:
    if name.upper().startswith("SACCADE_"):
        fix = "give it another name: those that begin with SACCADE_ are the server's own"
        raise _wrong(tenant, key, f"{name} is taken for a setting", fix)
    secret = SecretStr(os.environ.get(name, ""))
    if not secret.get_secret_value():  # the name is not shown: it may be the secret itself
        problem = "the variable it names is not set"
        fix = "set it, or name another; the secret itself does not belong in this file"
        raise _wrong(tenant, key, problem, fix)
    return lambda: secret


def _from_file(tenant: Tenant, name: str) -> Callable[[], SecretStr]:
    path = Path(name)
    if not path.is_absolute():
        fix = "write its whole path, such as /run/secrets/occ"
        raise _wrong(tenant, "client_secret_file", f"{name!r} is no absolute path", fix)
    try:
        _read_secret(path)
    except CatalogError as error:
        fix = "put the secret, and nothing else, into a file the server may read"
        raise _wrong(tenant, "client_secret_file", str(error), fix) from None
    return partial(_read_secret, path)


def _read_secret(path: Path) -> SecretStr:
    try:
        with path.open(encoding="utf-8") as file:
            secret = file.read(4_097).strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path} cannot be read ({type(error).__name__})") from None
    if not secret or len(secret) > 4_096:  # noqa: PLR2004 - as read above: a secret is one line
        raise CatalogError(f"{path} holds no secret")
    return SecretStr(secret)


def _wrong(tenant: Tenant, key: str, problem: str, fix: str) -> ConfigurationError:
    return ConfigurationError(f"{tenant.name}/tenant.toml", f"adapter.{key}", problem, fix)
