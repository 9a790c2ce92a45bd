"""Configuration files: read strictly, errors in one line with the fix in them."""

import re
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

_SHOWN = 80
"""Characters of a bad value an error repeats."""

_CREDENTIALS = re.compile(r"//[^/@'\"]*@")
"""Of a URL somebody wrote a password into."""

_OF_A_KEY = "[key]"
"""How a location says that the name of an entry is wrong, and not what it holds."""


class ConfigurationError(Exception):
    """A setting that cannot be used: names the file, the key path, the value and the fix."""

    def __init__(self, file: str, key: str, problem: str, fix: str) -> None:
        super().__init__(f"{file}: {key}: {problem}. Fix: {fix}")
        self.file, self.key, self.problem, self.fix = file, key, problem, fix


class Strict(BaseModel):
    """Base of every configuration table: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    key = ".".join(str(part) for part in first["loc"] if part != _OF_A_KEY) or "file"
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
