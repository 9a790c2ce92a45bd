"""What became of deliveries, and a checker that reads it: none lost, none doubled, none stale.

It believes nobody: what the platform heard is compared with the inbox's records, the journal and
what is known of products at the end.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ENDED = frozenset({"done", "stale"})


class Sent(NamedTuple):
    """A delivery: an order, or the state of a product at a version."""

    key: str
    order: str | None = None
    product: str | None = None
    version: int = 0


@dataclass(slots=True)
class History:
    """Of one run."""

    sent: dict[str, Sent] = field(default_factory=dict[str, Sent])
    """By key, each once however often it was sent."""
    acknowledged: set[str] = field(default_factory=set[str])
    records: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """The states of the inbox's records, by key."""
    orders: Counter[str] = field(default_factory=Counter[str])
    """How often each was journaled."""
    products: dict[str, int] = field(default_factory=dict[str, int])
    """The version that is known of each at the end."""


class Verdict(NamedTuple):
    """What is wrong, a line each."""

    lost: list[str]
    doubled: list[str]
    stale: list[str]

    @property
    def clean(self) -> bool:
        """Whether nothing is."""
        return not (self.lost or self.doubled or self.stale)


def judged(history: History) -> Verdict:
    """The verdict on one run."""
    return Verdict(list(_lost(history)), list(_doubled(history)), list(_stale(history)))


def _lost(history: History) -> Iterator[str]:
    """Acknowledged and without effect."""
    for key in sorted(history.acknowledged):
        sent = history.sent[key]
        states = history.records.get(key, [])
        if not states:
            yield f"{key}: acknowledged, and the inbox does not know it"
        elif not ENDED.issuperset(states):
            yield f"{key}: acknowledged, and still {', '.join(states)}"
        elif sent.order is not None and not history.orders[sent.order]:
            yield f"{key}: acknowledged, and order {sent.order} is not journaled"
        elif sent.product is not None and sent.product not in history.products:
            yield f"{key}: acknowledged, and product {sent.product} is not known"


def _doubled(history: History) -> Iterator[str]:
    """With effect more than once, or never sent."""
    for key, states in sorted(history.records.items()):
        if states.count("done") > 1:
            yield f"{key}: {states.count('done')} records of it took effect"
        if key not in history.sent:
            yield f"{key}: nobody sent it"
    for order, count in sorted(history.orders.items()):
        if count > 1:
            yield f"order {order}: journaled {count} times"


def _stale(history: History) -> Iterator[str]:
    """Known in another state than the newest that was acknowledged."""
    newest: dict[str, int] = {}
    for key in history.acknowledged:
        sent = history.sent[key]
        if sent.product is not None:
            newest[sent.product] = max(sent.version, newest.get(sent.product, 0))
    for product, version in sorted(newest.items()):
        known = history.products.get(product, version)  # one that is not known is lost
        if known != version:
            yield f"product {product}: known at version {known}, the newest is {version}"


def read(folder: Path, history: History) -> None:
    """What the databases of a server say, a file each."""
    with closing(sqlite3.connect(folder / "saccade-webhooks.db")) as inbox:
        for key, state in inbox.execute("SELECT key, state FROM webhook_deliveries"):
            history.records.setdefault(key, []).append(state)
        for product, record in inbox.execute("SELECT product, record FROM webhook_products"):
            history.products[product] = int(json.loads(record)["name"])
    with closing(sqlite3.connect(folder / "saccade.db")) as journal:
        for (record,) in journal.execute("SELECT record FROM outcomes"):
            history.orders[json.loads(record)["order_id"]] += 1


def waiting(folder: Path) -> int:
    """How many deliveries have not ended."""
    with closing(sqlite3.connect(folder / "saccade-webhooks.db")) as inbox:
        query = "SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting'"
        return int(inbox.execute(query).fetchone()[0])
