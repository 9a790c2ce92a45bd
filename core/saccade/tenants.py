"""A tenant as its merchant writes it: ``tenant.toml``, read strictly, errors with the fix in them.

A folder of tenants holds one folder each: ``FOLDER/NAME/tenant.toml`` and, beside it,
``campaigns.toml``. Unknown keys are refused.
"""

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from saccade.domain import Basis, Moment, Op

_TENANT = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")
TenantName = Annotated[str, Field(pattern=_TENANT.pattern)]
SlotName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]


SCHEMES_IN_PUBLIC = ("https",)
"""What a platform may be spoken to by that is not in a private network."""

POLLUTING = frozenset({"__proto__", "constructor", "prototype"})
"""Names that change every object of a program which copies them carelessly."""

_SHOWN = 80
"""Characters of a bad value an error repeats."""

_CREDENTIALS = re.compile(r"//[^/@'\"]*@")
"""Of a URL somebody wrote a password into."""

_ORIGIN = re.compile(r"https?://[a-z0-9.\[\]:-]+")
"""As browsers write one: lower case, no path, no slash at its end."""


class ConfigurationError(Exception):
    """A setting that cannot be used: names the file, the key path, the value and the fix."""

    def __init__(self, file: str, key: str, problem: str, fix: str) -> None:
        super().__init__(f"{file}: {key}: {problem}. Fix: {fix}")
        self.file, self.key, self.problem, self.fix = file, key, problem, fix


class Strict(BaseModel):
    """Base of every configuration table: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Site(Strict):
    """The browser's side: the public site key, and who may send with it."""

    key: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9_-]*$")
    open: bool = False
    """Unsigned session ids are accepted: for demos and tests."""
    origins: tuple[str, ...] = ()

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


class Slot(Strict):
    """A named place in a moment, and what may be done to it."""

    moment: Moment
    operations: tuple[Op, ...] = tuple(Op)
    fallback: Literal["default", "rule"] = "default"
    """Where no mode may act: the page's own, or the slot's first campaign for everybody (R23)."""
    selector: str | None = None
    """CSS selector; absent, the page marks the slot with ``data-saccade-slot``."""
    gate: float | None = Field(default=None, ge=0.0, le=1.0)


class Signal(Strict):
    """Where on the tenant's pages a signal is measured."""

    selector: str


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
    slots: dict[SlotName, Slot] = Field(default_factory=dict)
    signals: dict[str, Signal] = Field(default_factory=dict)
    adapter: dict[str, str | int | bool] = Field(default_factory=dict)
    """The adapter's own settings: it checks them when it is built."""


def read_toml(path: Path) -> dict[str, object]:
    """A TOML file as a dictionary, or a `ConfigurationError` naming line and fix."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))  # some editors begin with a mark
    except FileNotFoundError:
        raise ConfigurationError(
            str(path), "file", "does not exist", "create it with `saccade tenant add`"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            str(path),
            "file",
            f"cannot be read ({error.strerror})",
            "let this user read a file there",
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(str(path), "file", "is not UTF-8", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            str(path), "file", f"is not TOML: {error}", "correct the line named"
        ) from None


def explained(path: Path | str, error: ValidationError) -> ConfigurationError:
    """The first complaint of a validation as one line: file, key path, value, fix."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "file"
    if first["type"] == "extra_forbidden":
        return ConfigurationError(
            str(path), key, "is not a known key", "remove it or correct its spelling"
        )
    if first["type"] == "missing":
        return ConfigurationError(str(path), key, "is missing", "add it")
    shown = _CREDENTIALS.sub("//***@", repr(first.get("input")))
    value = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    fix = first["msg"].removeprefix("Value error, ")
    return ConfigurationError(str(path), key, f"{value} is not valid", fix)


def read_tenant(folder: Path) -> Tenant:
    """The tenant of one folder. Raises `ConfigurationError`."""
    path = folder / "tenant.toml"
    try:
        return Tenant.model_validate(read_toml(path))
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
