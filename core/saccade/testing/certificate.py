"""All checks run over one adapter, and what came of them."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from fnmatch import fnmatchcase

from saccade import __version__
from saccade.domain import Frozen
from saccade.testing.checks import Check, Outcome, Result, examine, exemption
from saccade.testing.subject import Subject

EXEMPTIONS = "exemptions"
"""Id of the line about what is exempt: each names a check there is, and states a reason."""

_SHORTEST_REASON = 12
"""Characters: ``n/a`` states none."""
_FEWEST_WORDS = 3

_FAMILY = re.compile(r"[a-z]+\.\*")
"""As an exemption may name it: what goes for all checks at once is no reason for any."""


class Certificate(Frozen, frozen=True):
    """Of one adapter, by one version of the kit."""

    adapter: str
    saccade: str
    passed: bool
    counts: dict[str, int]
    """Of results, by outcome."""
    results: tuple[Result, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """Ids of the checks that are not kept."""
        return tuple(one.id for one in self.results if one.outcome is Outcome.BROKEN)


async def certify(subject: Subject, checks: Sequence[Check]) -> Certificate:
    """Run all, in order."""
    return certificate(subject, [result async for result in examined(subject, checks)])


def certificate(subject: Subject, results: Sequence[Result]) -> Certificate:
    """Of results there are."""
    counts = Counter(str(result.outcome) for result in results)
    # Where all is exempt nothing is known of the adapter.
    examined_any = any(one.outcome is Outcome.KEPT and one.id != EXEMPTIONS for one in results)
    return Certificate(
        adapter=subject.factory.name,
        saccade=__version__,
        passed=not counts[Outcome.BROKEN] and not counts[Outcome.BLOCKED] and examined_any,
        counts=dict(counts),
        results=tuple(results),
    )


async def examined(subject: Subject, checks: Sequence[Check]) -> AsyncIterator[Result]:
    """Results as they come. A check whose ground broke is blocked by it."""
    yield exemptions(subject, checks)
    broken: set[str] = set()
    for one in checks:
        result = await _result(subject, one, broken)
        if result.outcome in {Outcome.BROKEN, Outcome.BLOCKED}:
            broken.add(one.id)
        yield result


def exemptions(subject: Subject, checks: Sequence[Check]) -> Result:
    """Whether every exemption names checks there are, and says why."""
    title = "What is exempt says why"
    for name, why in subject.samples.exempt.items():
        known = any(fnmatchcase(one.id, name) for one in checks)
        if not known or not (_FAMILY.fullmatch(name) or any(one.id == name for one in checks)):
            got = "many at once" if known else f"none is called {name!r}"
            expected = "a check there is, or a family such as 'delivery.*'"
        elif len(why.strip()) < _SHORTEST_REASON or len(why.split()) < _FEWEST_WORDS:
            expected, got = "the reason, in a sentence", repr(why)
        else:
            continue
        request, fix = f"samples.exempt[{name!r}]", "state why the platform cannot keep this rule"
        return Result(
            EXEMPTIONS, "R36", title, Outcome.BROKEN, request, expected, got, f"{fix}, or keep it"
        )
    return Result(EXEMPTIONS, "R36", title, Outcome.KEPT)


async def _result(subject: Subject, one: Check, broken: set[str]) -> Result:
    reason = exemption(subject, one)
    if reason is not None:
        return Result(one.id, one.rule, one.title, Outcome.EXEMPT, reason=reason)
    ground = [name for name in one.after if name in broken]
    if ground:
        return Result(one.id, one.rule, one.title, Outcome.BLOCKED, reason=f"{ground[0]} broke")
    return await examine(subject, one)
