"""One simulated shopper's visit as the batches a tracker would send, flush by flush."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saccade.signals import SIGNAL_NAMES, Signals
from saccade_demo import shoppers_world as world
from saccade_demo.shoppers import Shopper, depth_pct, dwell_ms, signals_of
from saccade_demo.shoppers_world import Numbers

FLUSH_S = 2.0
"""The tracker's interval (R3)."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What will happen on one product's page; moments in seconds since it was opened."""

    opened: float
    glances: NDArray[np.int64]
    """Where each glance falls in turn, as an index into `world.AREAS`."""
    reversals: Numbers
    switches: Numbers


def timeline(
    shopper: Shopper, *, until_s: float = 120.0, every_s: float = FLUSH_S
) -> Iterator[tuple[float, Signals]]:
    """Seconds into the visit, and all that has been measured by then.

    ``products_viewed`` grows where the shopper opens another product: from there on the page's
    signals start over, as a tracker's would on the new page. At any moment the signals are
    distributed as in `shoppers.snapshots`.
    """
    rng = np.random.default_rng(shopper.seed)
    opened = np.concatenate(([0.0], _moments(shopper.rates["products"], until_s, rng)))
    pages = [_page(shopper, float(start), until_s, rng) for start in opened]
    exits = _moments(shopper.rates["exit_intents"], until_s, rng)
    firsts = {
        signal: rng.exponential(1 / shopper.rates[name])
        for signal, name in (
            ("compare_tool_opened", "compare_tool"),
            ("add_to_cart_clicked", "add_to_cart"),
            ("checkout_clicked", "checkout"),
        )
    }
    unfinished = rng.random(2)
    for flush in range(1, int(until_s / every_s) + 1):
        now = flush * every_s
        viewed = int(np.searchsorted(opened, now, side="right"))
        values = _of_page(pages[viewed - 1], shopper, now, unfinished)
        values |= {name: float(first <= now) for name, first in firsts.items()}
        values |= {
            "exit_intent_count": float(np.searchsorted(exits, now, side="right")),
            "products_viewed": float(viewed),
            "session_duration_ms": now * 1_000,
            "visit_count": float(shopper.visits),
        }
        measured = [values[n] if n in shopper.measured else np.nan for n in SIGNAL_NAMES]
        yield now, signals_of(np.array(measured))


def _moments(rate: float, until_s: float, rng: np.random.Generator) -> Numbers:
    """Moments of a Poisson process, in order."""
    return np.sort(rng.random(rng.poisson(rate * until_s)) * until_s)


def _page(shopper: Shopper, opened: float, until_s: float, rng: np.random.Generator) -> _Page:
    rest = until_s - opened
    areas, later = len(world.AREAS), int(rest / world.GLANCE_S) + 1
    glances = (
        rng.choice(areas, size=world.ORIENTATION, p=shopper.orientation),
        rng.choice(areas, size=later, p=shopper.attention),
    )
    return _Page(
        opened,
        np.concatenate(glances).astype(np.int64),
        _moments(shopper.rates["scroll_reversals"], rest, rng),
        _moments(shopper.rates["variant_switches"], rest, rng),
    )


def _of_page(page: _Page, shopper: Shopper, now: float, unfinished: Numbers) -> dict[str, float]:
    page_s = now - page.opened
    areas = np.bincount(page.glances[: int(page_s / world.GLANCE_S)], minlength=len(world.AREAS))
    reviews = areas[2] + areas[3]
    spec_ms, review_ms = dwell_ms(np.array([areas[1], reviews]), unfinished).tolist()
    return {
        "spec_hover_ms": spec_ms,
        "review_dwell_ms": review_ms,
        "negative_review_dwell_ms": float(np.floor(review_ms * areas[3] / max(int(reviews), 1))),
        "scroll_reversals": float(np.searchsorted(page.reversals, page_s, side="right")),
        "variant_switches": float(np.searchsorted(page.switches, page_s, side="right")),
        "scroll_speed_px_sec": shopper.rates["scroll_speed"],
        "max_scroll_depth_pct": float(
            depth_pct(np.array(shopper.rates["scroll_depth"]), np.array(page_s))
        ),
    }
