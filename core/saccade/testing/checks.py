"""A check: what it stands for, what breaks it, and what came of it."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from saccade.domain import Frozen
from saccade.testing.subject import Subject

PATIENCE_S = 120.0
"""For one check, unless the adapter blocks the loop itself."""
_SHOWN = 400
"""Characters of what was got that a report repeats."""


class BrokenError(Exception):
    """A rule that is not kept: what was asked, what should have come of it, and what did."""

    def __init__(self, request: str, expected: object, got: object) -> None:
        super().__init__(f"{request}: expected {expected}, got {got}")
        self.request, self.expected, self.got = request, shown(expected), shown(got)


class NothingToCheckError(Exception):
    """The samples hold nothing for this check."""


Run = Callable[[Subject], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule of the contract. ``run`` raises `BrokenError` where it is not kept."""

    id: str
    rule: str
    """The row it stands for: ``R38``, ``F12``."""
    title: str
    fix: str
    """What to look at where it is broken."""
    needs: tuple[str, ...]
    """Names in `Samples` without which there is nothing to check."""
    after: tuple[str, ...]
    """Checks whose breaking leaves nothing to be learnt from this one."""
    run: Run


def check(
    id: str,  # noqa: A002 - the field's own name
    rule: str,
    fix: str,
    *,
    needs: Sequence[str] = (),
    after: Sequence[str] = (),
) -> Callable[[Run], Check]:
    """Makes a check of a function, whose docstring is its title."""

    def made(run: Run) -> Check:
        title = (run.__doc__ or id).splitlines()[0].rstrip(".")
        return Check(id, rule, title, fix, tuple(needs), tuple(after), run)

    return made


class Outcome(StrEnum):
    """What came of a check."""

    KEPT = "kept"
    BROKEN = "broken"
    EXEMPT = "exempt"
    """Not run, for the reason the adapter states."""
    BLOCKED = "blocked"
    """Not run: another check that broke leaves nothing to be learnt from it."""


class Result(Frozen, frozen=True):
    """One line of a certificate. ``request``, ``expected``, ``got`` and ``fix`` of what broke."""

    id: str
    rule: str
    title: str
    outcome: Outcome
    request: str = ""
    expected: str = ""
    got: str = ""
    fix: str = ""
    reason: str = ""
    """Why it was not run."""
    seconds: float = 0.0


async def examine(subject: Subject, one: Check) -> Result:
    """Run one check, whatever it raises."""
    began = time.perf_counter()
    broken: tuple[str, str, str, str] | None = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            _need(subject, one)
            await one.run(subject)
    except BrokenError as error:
        broken = (error.request, error.expected, error.got, one.fix)
    except NothingToCheckError as error:
        fix = f"add it to samples, or exempt {one.id} there with the reason why it cannot be had"
        broken = (f"samples.{error}", "something to check with", "nothing", fix)
    # SystemExit: who ends the program is not certified by its exit code.
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises broke the check
        broken = ("the check itself", "no error", described(error), one.fix)
    seconds = round(time.perf_counter() - began, 4)
    if broken is None:
        return Result(one.id, one.rule, one.title, Outcome.KEPT, seconds=seconds)
    return Result(one.id, one.rule, one.title, Outcome.BROKEN, *broken, seconds=seconds)


def exemption(subject: Subject, one: Check) -> str | None:
    """The reason stated for leaving a check out, by its id or its family; ``None``: none is."""
    exempt = subject.samples.exempt
    if one.id in exempt:
        return exempt[one.id]
    return next((why for name, why in exempt.items() if fnmatchcase(one.id, name)), None)


@contextlib.contextmanager
def asking(request: str, expected: object = "no error") -> Generator[None]:
    """Inside, whatever an adapter raises breaks the check."""
    try:
        yield
    except (BrokenError, NothingToCheckError):
        raise
    except (Exception, SystemExit) as error:
        raise BrokenError(request, expected, described(error)) from error


def same(request: str, expected: object, got: object) -> None:
    """Raises `BrokenError` unless the two are equal."""
    if expected != got:
        raise BrokenError(request, expected, got)


def shown(value: object) -> str:
    """As a report shows it, cut where it is long."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]}…{text[-_SHOWN // 2 :]}"


def described(error: BaseException) -> str:
    """An error in one line."""
    return f"raised {type(error).__name__}: {error}".rstrip(": ")


def _need(subject: Subject, one: Check) -> None:
    for name in one.needs:
        if not getattr(subject.samples, name):
            raise NothingToCheckError(name)
