"""The app's client secret, and the former one while they are rotated: from environment or file.

A file is read anew when it changes, so a rotation needs no restart; one that cannot be read leaves
what was read last.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

LOOK_EVERY_S = 1.0
_LONGEST = 4_096

_log = logging.getLogger(__name__)


class UnusableSecretError(ValueError):
    """Says what is wrong with it and what to do."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem, self.fix = problem, fix


class Place(NamedTuple):
    """Where a secret is kept: the one or the other is named."""

    variable: str
    file: str


class ClientSecrets:
    """Those that are good now, the newest first. Raises `UnusableSecretError` when made."""

    def __init__(
        self, places: Sequence[Place], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._places = places
        self._clock = clock
        self._known = tuple(_read(place) for place in places)
        self._looked_at = clock()

    def __call__(self) -> tuple[SecretStr, ...]:
        """Never raises."""
        now = self._clock()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            try:
                self._known = tuple(_read(place) for place in self._places)
            except UnusableSecretError as error:
                _log.warning("the client secret cannot be read anew: %s", error)
        return self._known


def _read(place: Place) -> SecretStr:
    return _from_file(Path(place.file)) if place.file else _from_environment(place.variable)


def _from_environment(name: str) -> SecretStr:
    if name.upper().startswith("SACCADE_"):
        raise UnusableSecretError(
            f"{name} is taken for a setting",
            "give it another name: those that begin with SACCADE_ are the server's own",
        )
    value = os.environ.get(name, "").strip()
    if not value:  # the name is not shown: it may be the secret itself
        raise UnusableSecretError(
            "the variable it names is not set",
            "set it, or name another; the secret itself does not belong in this file",
        )
    return SecretStr(value)


def _from_file(path: Path) -> SecretStr:
    fix = "put the secret alone into a file the server may read, and write the file's whole path"
    if not path.is_absolute():
        raise UnusableSecretError(f"{str(path)!r} is no absolute path", fix)
    try:
        with path.open(encoding="utf-8-sig") as file:  # some editors begin with a mark
            value = file.read(_LONGEST + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableSecretError(f"{path} cannot be read ({type(error).__name__})", fix) from None
    if not value or len(value) > _LONGEST:
        raise UnusableSecretError(f"{path} holds no secret", fix)
    return SecretStr(value)
