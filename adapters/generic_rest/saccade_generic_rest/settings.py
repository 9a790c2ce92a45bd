"""What the adapter needs to know of a tenant: ``[adapter]`` of ``tenant.toml``, and the mapping."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError

from saccade.strict import ConfigurationError, Strict, explained
from saccade.tenants import Tenant, Upstream
from saccade_generic_rest.authentication import NoAuth, OAuth
from saccade_generic_rest.mapping import Mapping
from saccade_generic_rest.reading import read_mapping
from saccade_generic_rest.signatures import Signature, StandardWebhooks, Unsigned

BESIDE = "write ./mapping.toml for the file beside tenant.toml, or its whole path"


class AdapterTable(Strict):
    """``[adapter]`` as its merchant writes it."""

    mapping: str = Field(default="", max_length=4_096)
    """The mapping file: ``./mapping.toml`` stands beside ``tenant.toml``."""


@dataclass(frozen=True, slots=True)
class RestSettings:
    """All of it, checked, its secrets read."""

    tenant: str
    file: str
    """The mapping, for what is said about it."""
    base: str
    """Where the catalog is, without a slash at its end."""
    key: str
    """Name of our key in the platform's JSON."""
    mapping: Mapping
    secret: SecretStr
    """Ours to the platform; empty where it wants none."""
    signing: SecretStr
    """The platform's to us; empty where it signs nothing."""

    @property
    def revision(self) -> str:
        """Of what the mapping says: comments and blanks make no other."""
        return hashlib.sha256(repr(self.mapping).encode()).hexdigest()


def read_settings(tenant: Tenant) -> RestSettings:
    """Raises `ConfigurationError`."""
    path = _mapping_path(tenant)
    mapping = read_mapping(path)
    private = tenant.upstream.allow_private
    base = tenant.upstream.base if mapping.base_url is None else _base(path, mapping, private)
    secret = signing = SecretStr("")
    if not isinstance(mapping.auth, NoAuth):
        secret = _secret(path, "auth.secret_env", mapping.auth.secret_env)
    if isinstance(mapping.auth, OAuth):
        _check_token_url(path, mapping.auth.token_url, private=private)
    if mapping.events is not None:
        signature = mapping.events.signature
        if not isinstance(signature, Unsigned):
            signing = _secret(path, "events.signature.secret_env", signature.secret_env)
            _check_signing(path, signature, signing)
        elif not private:
            raise ConfigurationError(
                str(path),
                "events.signature",
                "lets anybody on the internet say what was bought",
                "have deliveries signed, or set upstream.allow_private for a platform that shares "
                "a private network with this server",
            )
    return RestSettings(
        tenant.name, str(path), base, tenant.decisioning.key, mapping, secret, signing
    )


def _mapping_path(tenant: Tenant) -> Path:
    file = f"{tenant.name}/tenant.toml"
    try:
        table = AdapterTable.model_validate(tenant.adapter)
    except ValidationError as error:
        wrong = explained(file, error)
        raise ConfigurationError(file, f"adapter.{wrong.key}", wrong.problem, wrong.fix) from None
    if not table.mapping:
        raise ConfigurationError(file, "adapter.mapping", "is missing", BESIDE)
    path = Path(table.mapping)
    if not path.is_absolute():
        raise ConfigurationError(file, "adapter.mapping", f"{table.mapping!r} is relative", BESIDE)
    return path


def _base(path: Path, mapping: Mapping, private: bool) -> str:
    """Checked as every platform's URL is: https, and no user in it."""
    try:
        return Upstream.model_validate(
            {"allow_private": private, "url": str(mapping.base_url)}
        ).base
    except ValidationError as error:
        wrong = explained(path, error)
        raise ConfigurationError(str(path), "base_url", wrong.problem, wrong.fix) from None


def _check_token_url(path: Path, url: AnyHttpUrl, *, private: bool) -> None:
    if url.username or url.password:
        problem, fix = "holds a user or a password", "write it without them"
    elif url.scheme != "https" and not private:
        problem = "would carry the secret in clear"
        fix = "use https, or upstream.allow_private for a platform in a private network"
    else:
        return
    raise ConfigurationError(str(path), "auth.token_url", problem, fix)


def _check_signing(path: Path, signature: Signature, signing: SecretStr) -> None:
    """By one that is none every delivery would be refused, and nobody would know why."""
    if isinstance(signature, StandardWebhooks) and not signature.key(
        signing.get_secret_value().encode("ascii")
    ):
        raise ConfigurationError(
            str(path),
            "events.signature.secret_env",
            "the variable it names holds no secret of Standard Webhooks",
            "put it there as the platform shows it: whsec_ and base64",
        )


def _secret(path: Path, key: str, variable: str) -> SecretStr:
    if variable.upper().startswith("SACCADE_"):
        fix = "give it another name: those that begin with SACCADE_ are the server's own"
        raise ConfigurationError(str(path), key, f"{variable} is taken for a setting", fix)
    secret = os.environ.get(variable, "")
    if not secret:  # the name is not shown: it may be the secret itself
        problem = "the variable it names is not set"
        fix = "set it, or name another; the secret itself does not belong in this file"
        raise ConfigurationError(str(path), key, problem, fix)
    if not secret.isascii() or not secret.isprintable():
        fix = "put the secret, and nothing else, into the variable it names"
        raise ConfigurationError(str(path), key, "the variable holds more than one line", fix)
    return SecretStr(secret)
