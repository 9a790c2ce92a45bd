"""Rounds, interleaved, and what is read out of them: medians, and medians of per-round ratios."""

import asyncio
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from contenders import Contender
from load import UNDECIDED, Request, Round, drive

MOST_UNDECIDED = 0.1
"""Of all answers. What is only passed is never undecided."""
SETTLE_S = 0.15
"""What is owed off the path, such as the journal's commits, is charged to its round too."""


class Load(NamedTuple):
    """How much, how often."""

    rounds: int
    requests: int
    """A round and contender."""
    connections: int


class Spread(NamedTuple):
    """A median with its quartiles over the rounds."""

    median: float
    low: float
    high: float


@dataclass(slots=True)
class Series:
    """All rounds of one contender at one kind of call."""

    contender: Contender
    requests: Iterator[Request]
    rounds: list[Round] = field(default_factory=list[Round])
    batches: list[float] = field(default_factory=list[float])
    parts: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    """CPU microseconds a right answer by process, a round each."""

    @property
    def name(self) -> str:
        """Of the contender."""
        return self.contender.name

    def cpu_us(self) -> float:
        """CPU microseconds a right answer, median of the rounds."""
        return statistics.median(each.cpu_us for each in self.rounds)

    def by_process(self) -> dict[str, float]:
        """CPU microseconds a right answer of each process, medians of the rounds."""
        names = self.parts[0] if self.parts else {}
        return {name: statistics.median(each[name] for each in self.parts) for name in names}

    def latency_ms(self, share: float) -> float:
        """A quantile of what the client waited, median of the rounds."""
        return statistics.median(each.percentile(share) for each in self.rounds)

    def worst_ms(self) -> float:
        """The longest the client waited for any answer."""
        return max(each.percentile(1.0) for each in self.rounds)

    def batch(self) -> float | None:
        """Decisions a state read carried, median of the rounds."""
        return statistics.median(self.batches) if self.batches else None

    def wrong(self) -> list[str]:
        """Every complaint about an answer that was not right, or about too much undone."""
        wrong = [one for one in self._complaints() if not one.startswith(UNDECIDED)]
        asked = sum(each.requests for each in self.rounds)
        if self.undecided() > MOST_UNDECIDED * asked:
            wrong.append(f"{self.undecided():,} of {asked:,} answers undecided: no comparison")
        return wrong

    def undecided(self) -> int:
        """Answers that were whole, and came without a decision."""
        return sum(one.startswith(UNDECIDED) for one in self._complaints())

    def _complaints(self) -> list[str]:
        return [complaint for each in self.rounds for complaint in each.wrong]


def ratio(mine: Series, other: Series) -> Spread:
    """CPU a right answer over another's, round by round."""
    return spread(mine, other, lambda one, two: one / two)


def difference(mine: Series, other: Series) -> Spread:
    """CPU microseconds a right answer beyond another's, round by round."""
    return spread(mine, other, lambda one, two: one - two)


def spread(mine: Series, other: Series, make: Callable[[float, float], float]) -> Spread:
    """The median and the quartiles of what is made of each round's pair."""
    pairs = zip(mine.rounds, other.rounds, strict=True)
    values = sorted(make(one.cpu_us, two.cpu_us) for one, two in pairs)
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


async def interleaved(
    series: Sequence[Series], load: Load, said: Callable[[str], None], *, warm_up: int = 1
) -> None:
    """So many rounds to warm up, then those that count: each contender once a round, a different
    one first."""
    for each in series:
        await one_round(each, load._replace(requests=load.requests * warm_up), counted=False)
    for number in range(load.rounds):
        first = number % len(series)
        for each in [*series[first:], *series[:first]]:
            await one_round(each, load)
        said(f"round {number + 1} of {load.rounds}")


async def one_round(series: Series, load: Load, *, counted: bool = True) -> None:
    """Load one contender, and charge it what the kernel says its processes used meanwhile.

    Wrong and undecided answers count as nothing done.
    """
    contender = series.contender
    reads, asks = await _batches(contender)
    before = {server.name: server.cpu_ns() for server in contender.accounted}
    result = await drive(
        contender.port, series.requests, connections=load.connections, count=load.requests
    )
    await asyncio.sleep(SETTLE_S)
    right = max(1, result.requests - len(result.wrong))
    used = {
        server.name: (server.cpu_ns() - before[server.name]) / 1_000 / right
        for server in contender.accounted
    }
    result.cpu_us = sum(used.values())
    if not counted:
        return
    series.rounds.append(result)
    series.parts.append(used)
    if contender.batch is not None:
        reads_now, asks_now = await _batches(contender)
        if reads_now > reads:
            series.batches.append((asks_now - asks) / (reads_now - reads))


async def _batches(contender: Contender) -> tuple[float, float]:
    """Asked for outside what is accounted."""
    return await asyncio.to_thread(contender.batch) if contender.batch else (0.0, 0.0)
