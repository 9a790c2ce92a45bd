"""Settings by environment: the only place that reads it.

A setting is ``SACCADE_NAME``; a command-line option of the same name wins over it. What cannot be
used is told in one line that names the setting, its value and the fix.
"""

import difflib
import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from saccade.deadline import BUDGET_MS

Network = IPv4Network | IPv6Network

PREFIX = "SACCADE_"
_NUMBERED = re.compile(r"(/[0-9]{0,5})?\Z")
"""Path of a Redis URL. Clients take any other for database 0, unasked."""
CLUSTER = "+cluster"
STATE_SCHEMES = ("memory", "redis", "rediss", f"redis{CLUSTER}", f"rediss{CLUSTER}")
BAD_CONFIGURATION = 2
"""Exit code of a program whose settings cannot be used."""

_NAMED = 50
"""Characters of a bad network an error repeats."""

HIDDEN = frozenset({"secret"})
"""Settings whose value is never shown."""

_SECRET = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH")
"""In the name of what is no setting: its value is not shown either."""

FIXES: Mapping[str, str] = {
    "state_url": "use memory://, or redis://HOST:6379/0 for several workers, or "
    "redis+cluster://HOST:6379,HOST:6379",
    "database_url": "use sqlite:///FOLDER/saccade.db, or postgresql://USER@HOST/NAME",
    "data": "name a folder that can be written",
    "config": "name the folder that holds one folder a tenant",
    "host": "use 127.0.0.1, or 0.0.0.0 to be reached from outside",
    "port": "use a number from 0 (any free port) to 65535",
    "workers": "use a number from 1 to 64",
    "idle_s": "use seconds from 1 to 3600, more than your proxy keeps an idle connection",
    "shed_lag_ms": "use milliseconds from 20 to 60000",
    "log_format": "use auto, console or json",
    "log_level": "use debug, info, warning or error",
    "trusted_hops": "name the networks of your own proxies: 10.0.0.0/8, 192.0.2.7",
    "secret": "use at least 32 characters, such as `openssl rand -hex 32` prints",
}


class SettingError(Exception):
    """A setting that cannot be used: one line naming it, its value and the fix."""

    def __init__(self, name: str, value: str, problem: str, fix: str) -> None:
        super().__init__(f"{name}: value {value} {problem}. Fix: {fix}")
        self.name, self.value, self.problem, self.fix = name, value, problem, fix


def _state_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in STATE_SCHEMES:
        raise ValueError("is no state store")
    if parts.scheme != "memory" and not all(_named_host(node) for node in _nodes(parts)):
        raise ValueError("names no host and port that can be used")
    if parts.scheme != "memory" and not _NUMBERED.match(parts.path):
        raise ValueError("names no database by its number")
    return url


def _nodes(parts: SplitResult) -> list[SplitResult]:
    """A cluster's URL names several, the first with the user and the password."""
    if not parts.scheme.endswith(CLUSTER):
        return [parts]
    return [parts._replace(netloc=node) for node in parts.netloc.split(",")]


def _named_host(parts: SplitResult) -> bool:
    try:
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # it quotes what may be a password
        return False


_SERVER = re.compile(r"postgresql(\+psycopg)?://(?=[^/]*[^/@:])")


def _database_url(url: str) -> str:
    if _SERVER.match(url):
        return _SERVER.sub("postgresql+psycopg://", url, count=1)
    file = url.removeprefix("sqlite:///")
    if file in {url, ""}:
        raise ValueError("is no database")
    if "?" in file or file == ":memory:":
        raise ValueError("is no plain file")
    return url


def _folder(path: Path) -> Path:
    if "?" in str(path):
        raise ValueError("is no plain folder")  # the journal's URL would end at it
    return path


def _networks(hops: str) -> tuple[Network, ...]:
    """Raises `ValueError` for what is no network, and for one that holds everybody."""
    named = [part.strip() for part in hops.split(",") if part.strip()]
    found: list[Network] = []
    for name in named:
        try:
            found.append(ip_network(name))
        except ValueError:
            raise ValueError(f"names {name[:_NAMED]!r}, which is no network") from None
        if found[-1].prefixlen == 0:
            raise ValueError("names everybody: any shopper could then forge X-Forwarded-For")
    return tuple(found)


def _hops(hops: str) -> str:
    _networks(hops)
    return hops


SHED_LAG_MS = BUDGET_MS / 2
"""A decision takes two turns of the event loop, one to ask and one to answer: turns longer than
this do not fit its budget."""


class Settings(BaseSettings):
    """Everything that is decided outside a tenant's own files."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    state_url: Annotated[str, AfterValidator(_state_url)] = "memory://"
    database_url: Annotated[str, AfterValidator(_database_url)] | None = None
    """Absent, a file in `data`."""
    data: Annotated[Path, AfterValidator(_folder)] = Path(".saccade")
    config: Path = Path("tenants")
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8080, ge=0, le=65_535)
    workers: int = Field(default=1, ge=1, le=64)
    trusted_hops: Annotated[str, AfterValidator(_hops)] = ""
    """Networks, separated by commas, of the proxies whose ``X-Forwarded-*`` is believed."""
    idle_s: float = Field(default=8.0, ge=1.0, le=3_600.0)
    """A connection that brings no call for so long is closed. A proxy that keeps connections to us
    open must let them go sooner, or it loses calls."""
    shed_lag_ms: float = Field(default=SHED_LAG_MS, ge=20.0, le=60_000.0)
    """An event loop later than this decides nothing: pages pass as they are, ``/v1`` says 503."""
    log_format: Literal["auto", "console", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    secret: SecretStr | None = Field(default=None, min_length=32)
    """Signs tokens and keys hashes; absent, one is made once and kept in `data`."""

    @property
    def records_url(self) -> str:
        """Where the journal is kept."""
        return self.database_url or f"sqlite:///{self.data / 'saccade.db'}"

    @property
    def inbox_url(self) -> str:
        """Where webhooks are kept. A file has one writer at a time: beside the journal's, so that
        neither waits for the other."""
        url = self.records_url
        if not url.startswith("sqlite:"):
            return url
        file = Path(url.removeprefix("sqlite:///"))
        return f"sqlite:///{file.with_name(f'{file.stem}-webhooks{file.suffix}')}"

    @property
    def trusted_networks(self) -> tuple[Network, ...]:
        """`trusted_hops` as networks."""
        return _networks(self.trusted_hops)

    @property
    def shares_state(self) -> bool:
        """Whether several processes see one state."""
        return not self.state_url.startswith("memory")


def read_settings(**options: object) -> Settings:
    """Settings of the environment under command-line ``options``; those that are ``None`` are not
    given. Raises `SettingError`."""
    given = {name: value for name, value in options.items() if value is not None}
    _refuse_unknown(os.environ)
    try:
        settings = Settings(**given)  # type: ignore[arg-type]  # options are checked by the model itself
    except ValidationError as error:
        raise _explained(error, frozenset(given)) from None
    if settings.workers > 1 and not settings.shares_state:
        raise SettingError(
            f"{PREFIX}STATE_URL",
            repr(settings.state_url),
            f"is the memory of one worker, and {settings.workers} are asked for",
            "set it to redis://HOST:6379/0, or use one worker",
        )
    return settings


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if not name.upper().startswith(PREFIX) or name.upper() in known:
            continue
        near = difflib.get_close_matches(name.upper(), known, n=1)
        fix = f"call it {near[0]}, or remove it" if near else "remove it"
        hidden = _SECRET.search(name.upper()) is not None
        value = "(hidden)" if hidden else repr(_shown(environment[name]))
        raise SettingError(name, value, "belongs to no setting", fix)


def _explained(error: ValidationError, options: frozenset[str]) -> SettingError:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    shown = "(hidden)" if name in HIDDEN else repr(_shown(str(first.get("input"))))
    problem = first["msg"].removeprefix("Value error, ")
    told = f"--{name.replace('_', '-')}" if name in options else PREFIX + name.upper()
    if not problem.startswith(("is ", "names ")):
        problem = f"is not valid ({problem[:1].lower()}{problem[1:]})"
    return SettingError(told, shown, problem, FIXES[name])


def _shown(value: str) -> str:
    """A value as it may be printed: short, and a URL without its password."""
    if "@" in value:
        value = f"{value.partition(':')[0]}://***@{value.rpartition('@')[2]}"
    return value if len(value) <= 80 else value[:77] + "..."  # noqa: PLR2004 - one line of a terminal
