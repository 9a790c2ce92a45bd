"""What was bought together, counted from the orders of the last 60 days.

A bulk operation reads them (Shopify 18), and asks for nothing of a person: no customer, no address,
no attribute, so not whose session it was either. The counts live in memory as long as one run; no
order's lines are kept, neither with people nor without. 60 days are what ``read_orders`` gives;
``read_all_orders`` is granted app by app, and tables of what sells now need no more.
"""

from collections.abc import AsyncIterable
from datetime import UTC, datetime, timedelta

import msgspec

from saccade_shopify.bulk import decoded
from saccade_shopify.nodes import Named
from saccade_shopify.offers import Together
from saccade_shopify.payloads import plain

DAYS = 60

_QUERY = (
    '{{ orders(query: "created_at:>={since}") {{ edges {{ node {{ id test cancelledAt '
    "lineItems {{ edges {{ node {{ id product {{ id }} }} }} }} }} }} }} }}"
)


class _Row(msgspec.Struct, rename="camel"):
    """An order, or a line of the one before it."""

    test: bool = False
    cancelled_at: str | None = None
    product: Named | None = None
    parent: str | None = msgspec.field(default=None, name="__parentId")

    @property
    def counts(self) -> bool:
        """An order that somebody meant."""
        return not self.test and self.cancelled_at is None


def query(now: float) -> str:
    """The bulk operation's, for orders of the days before ``now``."""
    since = datetime.fromtimestamp(now, UTC) - timedelta(days=DAYS)
    return _QUERY.format(since=since.strftime("%Y-%m-%d"))


async def counted(rows: AsyncIterable[bytes]) -> Together:
    """Of a bulk operation's lines. A line that cannot be read counts nothing."""
    together = Together()
    bought: set[str] = set()
    counts = False
    async for row in decoded(rows, _Row):
        if row.parent is None:
            together.add(bought)
            bought, counts = set[str](), row.counts
        elif counts and row.product is not None and (name := plain(row.product.id)) is not None:
            bought.add(name)
    together.add(bought)
    return together
