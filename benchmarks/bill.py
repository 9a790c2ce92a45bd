"""What a thousand decided pages cost (R29): CPU time as measured, money if a core has a price."""

from collections.abc import Sequence
from typing import NamedTuple

from record import NGINX, named
from rounds import Series, difference

PAGES = 1_000
HOUR_S = 3_600


class Bill(NamedTuple):
    """For `PAGES` pages of one contender."""

    contender: str
    cpu_s: float
    """Seconds of one core, the passing on of the product among them."""
    deciding_s: float | None
    """What of it nginx, which only passes on, does not take; ``None`` where it did not run."""
    cost: float | None
    """``cpu_s`` in the money the price is in; ``None`` without a price."""


def bills(line: Sequence[Series], core_hour: float | None) -> list[Bill]:
    """Of those that decide. ``core_hour`` is what a core costs an hour."""
    nginx = named(line, NGINX)
    found: list[Bill] = []
    for mine in line:
        if not mine.contender.decides:
            continue
        cpu_s = mine.cpu_us() * PAGES / 1e6
        more = difference(mine, nginx).median * PAGES / 1e6 if nginx else None
        cost = None if core_hour is None else cpu_s / HOUR_S * core_hour
        found.append(Bill(mine.name, cpu_s, more, cost))
    return found
