"""What each duty costs: Saccade with all of them, and with one taken out, in one run.

Settings switch off what a tenant may switch off; what the product has no switch for is replaced
from outside (`wired`). The cost is the difference of CPU a request, round by round. A batch that
grows or shrinks with the duty changes every other cost too, so the batch size stands beside it.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import shop
from contenders import Contender, Wiring, saccade, saccade_contender
from processes import Server, redis
from rounds import Load, Series, Spread, difference, interleaved

ALL = "every duty, Redis"


class Cost(NamedTuple):
    """One duty: what it costs, and what is left without it."""

    duty: str
    costs_us: Spread | None
    """``None`` for the row with every duty."""
    cpu_us: float
    batch: float | None
    wrong: list[str]


def variants(store: Server) -> dict[str, Wiring]:
    """By the duty that is missing."""
    every = Wiring(state=f"redis://127.0.0.1:{store.port}/0")
    return {
        ALL: every,
        "journal": replace(every, without=("journal",)),
        "consent read from the call": replace(every, consent=False),
        "holdout": replace(every, holdout=0.0),
        "caps": replace(every, cap=None),
        "metrics and Server-Timing": replace(every, without=("metrics",)),
        "Redis instead of memory": replace(every, state="memory://"),
        "50 candidates instead of 1": replace(every, candidates=1),
        "model instead of rules": replace(every, without=("model",)),
    }


async def costs(
    folder: Path,
    product: bytes,
    upstream: int,
    core: int,
    load: Load,
    said: Callable[[str], None],
) -> list[Cost]:
    """Every variant measured, interleaved."""
    home = folder / "duties"
    home.mkdir()
    store = redis(home, core)
    servers = [store]
    series: list[Series] = []
    try:
        for number, (name, wiring) in enumerate(variants(store).items()):
            server = saccade(home, f"duty-{number}", wiring.state, upstream, core, wiring)
            servers.append(server)
            names = shop.crowd(load.requests)
            contender = await saccade_contender(name, server, product, names, wiring)
            series.append(_series(contender, store, wiring))
            said(f"started without: {name}" if number else "started with every duty")
        await interleaved(series, load, said)
    finally:
        for server in reversed(servers):
            server.stop()
    every = series[0]
    return [_cost(each, every) for each in series]


def _series(contender: Contender, store: Server, wiring: Wiring) -> Series:
    if wiring.state.startswith("redis"):
        contender.accounted.append(store)
    return Series(contender, contender.pages)


def _cost(without: Series, every: Series) -> Cost:
    costs_us = None if without is every else difference(every, without)
    return Cost(without.name, costs_us, without.cpu_us(), without.batch(), without.wrong())
