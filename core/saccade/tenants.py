"""A tenant as its merchant writes it: ``tenant.toml``, read strictly, errors with the fix in them.

A folder of tenants holds one folder each: ``FOLDER/NAME/tenant.toml`` and, beside it,
``campaigns.toml``. Unknown keys are refused.
"""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AnyHttpUrl,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from saccade.domain import Basis
from saccade.presets import with_preset
from saccade.slots import Signal, SignalName, Signals, Slot, SlotName
from saccade.strict import ConfigurationError, Strict, explained, read_toml
from saccade.wording import Reading

__all__ = [
    "POLLUTING",
    "ConfigurationError",
    "Consent",
    "Decisioning",
    "Phase",
    "Signal",
    "Site",
    "Slot",
    "SlotName",
    "Strict",
    "Tenant",
    "TenantName",
    "Upstream",
    "explained",
    "read_tenant",
    "read_tenants",
    "read_toml",
]

_TENANT = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")
TenantName = Annotated[str, Field(pattern=_TENANT.pattern)]

SCHEMES_IN_PUBLIC = ("https",)
"""What a platform may be spoken to by that is not in a private network."""

POLLUTING = frozenset({"__proto__", "constructor", "prototype"})
"""Names that change every object of a program which copies them carelessly."""

_ORIGIN = re.compile(r"https?://[a-z0-9.\[\]:-]+")
"""As browsers write one: lower case, no path, no slash at its end."""


class Phase(StrEnum):
    """Shadow decides and journals but serves the default; live serves."""

    SHADOW = "shadow"
    LIVE = "live"


class Upstream(Strict):
    """The platform behind this tenant."""

    allow_private: bool = False
    """Permit loopback and private addresses: for the lab and on-premise platforms."""
    url: AnyHttpUrl
    connect_timeout_s: float = Field(default=3.0, gt=0, le=60)
    read_timeout_s: float | None = Field(default=None, gt=0, le=600)

    @field_validator("url")
    @classmethod
    def _a_base_alone(cls, url: AnyHttpUrl, info: ValidationInfo) -> AnyHttpUrl:
        if url.username or url.password:
            raise ValueError("write it without user and password: they would be shown and logged")
        if url.query is not None or url.fragment is not None:
            raise ValueError("end it before ? and #: each call's path is put behind it")
        if url.scheme not in SCHEMES_IN_PUBLIC and not info.data.get("allow_private"):
            raise ValueError("use https, or allow_private for a platform in a private network")
        return url

    @property
    def base(self) -> str:
        """Scheme, host, port and path without a trailing slash."""
        return str(self.url).rstrip("/")


class Consent(Strict):
    """Legal basis: under ``opt_in`` an absent answer is a no."""

    basis: Basis = Basis.OPT_IN
    tcf_vendor: int | None = Field(default=None, ge=1, le=65_535)
    """Vendor of the IAB list whose consent a TCF string must hold too; absent, purposes decide."""


class Site(Strict):
    """The browser's side: the public site key, and who may send with it."""

    key: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9_-]*$")
    open: bool = False
    """Unsigned session ids are accepted: for demos and tests."""
    origins: tuple[str, ...] = ()
    language: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")
    """Of pages that name none."""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """Of pages that name none."""

    @property
    def reading(self) -> Reading:
        """What campaigns are told in where a page says nothing."""
        return Reading(self.language, self.currency)

    @field_validator("origins")
    @classmethod
    def _as_browsers_write_them(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not _ORIGIN.fullmatch(origin.removesuffix("/")):
                raise ValueError(
                    'write each as a browser does, such as "https://www.shop.example": scheme and '
                    "host in lower case, no path and no *"
                )
        return origins


class Decisioning(Strict):
    """How this tenant decides."""

    phase: Phase = Phase.SHADOW
    holdout: float = Field(default=0.10, ge=0.0, le=0.5)
    gate: float = Field(default=0.6, ge=0.0, le=1.0)
    """Confidence below which a mode does not act by itself (R11); a slot may set its own."""
    paused: bool = False
    exposure: Literal["measured", "assumed"] = "measured"
    key: str = Field(default="saccade", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,31}$")
    """Name of the one key merged into the platform's JSON."""

    @field_validator("key")
    @classmethod
    def _no_trap(cls, key: str) -> str:
        if key in POLLUTING:
            raise ValueError("choose another name: programs trip over this one")
        return key


class Tenant(Strict):
    """One shop, base site or REST instance."""

    name: TenantName
    platform: str
    platform_site: str = ""
    """The platform's own name of the site: an OCC base site id."""
    upstream: Upstream
    consent: Consent = Consent()
    site: Site = Site()
    decisioning: Decisioning = Decisioning()
    preset: str | None = None
    """Whose `saccade.presets` the slots and signals start from."""
    slots: dict[SlotName, Slot] = Field(default_factory=dict)
    signals: Signals = Field(default_factory=dict[SignalName, Signal])
    adapter: dict[str, str | int | bool] = Field(default_factory=dict)
    """The adapter's own settings: it checks them when it is built."""


def read_tenant(folder: Path) -> Tenant:
    """The tenant of one folder. Raises `ConfigurationError`."""
    path = folder / "tenant.toml"
    try:
        return Tenant.model_validate(with_preset(str(path), read_toml(path)))
    except ValidationError as error:
        raise explained(path, error) from None


def read_tenants(folder: Path) -> dict[str, Tenant]:
    """Every tenant below ``folder``, by name.

    Raises `ConfigurationError` for the first bad one, and where this user may not look: a shop left
    out in silence is missed by its shoppers first.
    """
    tenants: dict[str, Tenant] = {}
    for path in _files(folder):
        tenant = read_tenant(path.parent)
        if tenant.name != path.parent.name:
            raise ConfigurationError(
                str(path),
                "name",
                f"{tenant.name!r} is not the folder's name",
                f"call it {path.parent.name!r}",
            )
        tenants[tenant.name] = tenant
    return tenants


def _files(folder: Path) -> list[Path]:
    """Every ``tenant.toml``. Raises `ConfigurationError`, where `glob` would pass a folder over."""
    found: list[Path] = []
    for path in sorted(_within(folder)):
        try:
            inside = _within(path)
        except ConfigurationError:
            if _TENANT.fullmatch(path.name):
                raise
            continue  # no tenant's: a file system's lost+found
        found.extend(file for file in inside if file.name == "tenant.toml")
    return found


def _within(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ConfigurationError(
            str(folder), "folder", f"cannot be read ({error.strerror})", "let this user read it"
        ) from None
