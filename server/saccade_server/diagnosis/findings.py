"""What was found: the thing, its value, what is wrong with it, the fix."""

from dataclasses import dataclass
from enum import IntEnum

from saccade_server.settings import BAD_CONFIGURATION


class Level(IntEnum):
    """How bad it is; the number is the program's exit code."""

    WELL = 0
    UNREACHED = 1
    """A connection, or what is behind it, does not work."""
    MISCONFIGURED = BAD_CONFIGURATION
    """What is written is wrong, whatever the connections do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `saccade check`. No value in it is a secret."""

    name: str
    """File and key, setting, or part."""
    value: str = ""
    problem: str = ""
    """Empty where it is well."""
    fix: str = ""
    level: Level = Level.WELL

    @property
    def warning(self) -> bool:
        """Something that works and will surprise."""
        return bool(self.problem) and self.level is Level.WELL

    def line(self) -> str:
        """As it is printed after its mark."""
        shown = f"{self.name} {self.value}".rstrip()
        return f"{shown}: {self.problem}. Fix: {self.fix}" if self.problem else shown


def well(name: str, value: str = "") -> Finding:
    """It works."""
    return Finding(name, value)


def warned(name: str, value: str, problem: str, fix: str) -> Finding:
    """It works, and will surprise."""
    return Finding(name, value, problem, fix)


def unreached(name: str, value: str, problem: str, fix: str) -> Finding:
    """What is asked for does not answer as it must."""
    return Finding(name, value, problem, fix, Level.UNREACHED)


def misconfigured(name: str, value: str, problem: str, fix: str) -> Finding:
    """It is written wrongly."""
    return Finding(name, value, problem, fix, Level.MISCONFIGURED)
