"""Files an integrator has at hand, read as JSON or YAML; what they are instead is told."""

import json
from pathlib import Path
from typing import Any

import yaml

from saccade.strict import ConfigurationError

LARGEST = 16_777_216
"""Bytes of a file of JSON."""
LARGEST_YAML = 2_097_152
"""Bytes of one of YAML, which takes ten seconds a megabyte."""


def loaded(path: Path) -> Any:  # Any: JSON or YAML of whatever shape
    """Raises `ConfigurationError`."""
    text = _text(path)
    start = text.lstrip()[:1]
    if not start:
        fix = "save the platform's answers, or its OpenAPI document, there"
        raise ConfigurationError(str(path), "file", "is empty", fix)
    if start == "<":
        fix = (
            "a page to log in, or one that shows the document, was saved in its place: "
            "save what the address of the JSON itself answers"
        )
        raise ConfigurationError(str(path), "file", "is HTML or XML, not JSON", fix)
    return _json(path, text) if start in "{[" else _yaml(path, text)


def _json(path: Path, text: str) -> Any:  # Any: as above
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        problem = f"is no JSON: {error.msg} (line {error.lineno})"
        raise ConfigurationError(
            str(path), "file", problem, "correct it there, or save the whole answer"
        ) from None
    except (ValueError, RecursionError):
        fix = "name a file of JSON, or an OpenAPI document of YAML"
        raise ConfigurationError(str(path), "file", "cannot be read as JSON", fix) from None


def _no_number(name: str) -> Any:  # Any: nothing, it raises
    raise ValueError(f"{name} is no JSON")


def _yaml(path: Path, text: str) -> Any:  # Any: as above
    if len(text) > LARGEST_YAML:
        raise _too_large(path, len(text), LARGEST_YAML, "convert it to JSON, which is read faster")
    try:
        return yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        problem = "is neither JSON nor YAML" + ("" if line is None else f" (line {line + 1})")
        fix = "name a file of JSON, or an OpenAPI document of YAML"
        raise ConfigurationError(str(path), "file", problem, fix) from None


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            fix = "record a few calls for --sample: one page of products is enough"
            raise _too_large(path, size, LARGEST, fix)
        return path.read_text("utf-8-sig")
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise ConfigurationError(str(path), "file", problem, "name a file that can") from None
    except UnicodeDecodeError:
        fix = "save it as UTF-8, unpacked"
        raise ConfigurationError(str(path), "file", "is not UTF-8 text", fix) from None


def _too_large(path: Path, size: int, most: int, fix: str) -> ConfigurationError:
    problem = f"is too large ({size >> 20} MB; at most {most >> 20} are read)"
    return ConfigurationError(str(path), "file", problem, fix)
